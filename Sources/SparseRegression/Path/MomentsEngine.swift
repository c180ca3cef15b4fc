/// The engine for tall data: all fits from the moments of the same blocks of rows.
///
/// Rows are gone, and n with them: what a λ costs depends on p and on the support alone.
struct MomentsEngine: PathEngine {
  let family = Family.gaussian
  /// The fit to all rows, then one a fold.
  private var fits: [MomentsFit]
  private let targets: [Moments?]
  private let penalty: ElasticNet
  private let options: PathOptions
  private let threads: Int

  /// - Throws: ``PathError``
  init(
    _ blocks: [Moments], _ plan: CrossValidation.Plan?, _ terms: [Term], _ penalty: ElasticNet,
    _ options: PathOptions, threads: Int
  ) throws(PathError) {
    let blocks = blocks.contains { $0.weight > 0 } ? blocks.filter { $0.weight > 0 } : blocks
    let all = try MomentsFit(TrainingMoments(blocks), terms, penalty, options, twins: nil)
    let folds = plan?.folds(of: blocks.count) ?? []
    precondition(plan == nil || folds.count >= 2, "cross-validation needs two folds")
    let made = concurrentMap(folds.count, threads: threads) { index in
      Result { () throws(PathError) in
        try MomentsFit(
          TrainingMoments(folds[index].training.map { blocks[$0] }), terms, penalty, options,
          twins: all.twins)
      }
    }
    fits = [all]
    for fit in made { fits.append(try fit.get()) }
    targets = [nil] + folds.map { blocks[$0.test] }
    (self.penalty, self.options, self.threads) = (penalty, options, threads)
  }

  var lambdaMax: Double { fits[0].lambdaMax * fits[0].design.targetScale }
  var isTall: Bool { fits[0].rows >= fits[0].design.count }
  var isBounded: Bool { penalty.isBounded }
  var foldWeights: [Double] { targets.compactMap { $0?.weight } }

  /// - Complexity: O(p · support) a fit and change of its support.
  mutating func advance(to lambda: Double) -> PathStep {
    let (targets, tolerance) = (targets, options.tolerance)
    concurrently(&fits, threads: threads) { index, fit in
      fit.solve(lambda, tolerance, test: targets[index])
    }
    return PathStep(fits)
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    fits[0].path(points, penalty)
  }
}

/// A fit to the rows of some blocks.
private struct MomentsFit: SolvedFit {
  let rows: Int
  let design: Design
  private let correlation: [Double]
  private let targetNorm: Double
  private let exclusions: [RegularizationPath.Exclusion?]
  private let targetCorrelations: [Double]
  /// The terms that take part.
  private let live: [Int]
  /// On the scale of the standardized target.
  let lambdaMax: Double
  /// ½‖y‖² once the unpenalized terms are fitted.
  private let nullObjective: Double
  private var solver: any SupportSolver
  private(set) var point: RegularizationPath.Point?
  private(set) var testError = 0.0

  /// For each term, the term that stands in for it.
  var twins: [Int?] {
    exclusions.map { if case .twin(let other) = $0 { other } else { nil } }
  }

  /// - Parameter twins: those found among all rows; nil to look for them.
  init(
    _ moments: TrainingMoments, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    twins: [Int?]?
  ) throws(PathError) {
    let y = moments.width - 1
    precondition(penalty.factors.count == terms.count, "one penalty factor a term")
    for j in 0...y where !moments.comoment(j, j).isFinite || !moments.mean[j].isFinite {
      throw .overflow(column: j)
    }
    guard moments.weight > 0, moments.comoment(y, y) > 0 else { throw .constantTarget }
    rows = moments.rows
    let design = Design(
      moments, terms, standardize: options.standardize, intercept: options.intercept)
    var loss = design.quadratic(moments)
    var exclusions: [RegularizationPath.Exclusion?] = design.exclusions(penalty)
    let candidates = terms.indices.filter { exclusions[$0] == nil }
    let standIns = twins ?? Twins.find(&loss, design, penalty, among: candidates)
    for (term, standIn) in standIns.enumerated() where exclusions[term] == nil {
      if let standIn { exclusions[term] = .twin(of: standIn) }
    }
    let free = terms.indices.filter { exclusions[$0] == nil }

    // The null model, where λ begins: the intercept and the terms without a penalty.
    let unpenalized = free.filter { penalty.factors[$0] == 0 }
    let expanded = penalty.expanded(to: design)
    var null = ActiveSet(loss, expanded, columns: unpenalized.flatMap { design.coordinates[$0] })
    _ = null.solve(lambda: 0, tolerance: options.tolerance * loss.targetNorm / 2)
    for term in unpenalized where null.dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    let live = free.filter { exclusions[$0] == nil }
    var (residual, largest) = (loss.targetNorm, 0.0)
    for j in null.columns { residual -= null.b[j] * (loss.correlation[j] + null.g[j]) }
    for term in live where penalty.factors[term] > 0 {
      let group = design.coordinates[term]
      let pull = group.reduce(0) { $0 + null.g[$1] * null.g[$1] }.squareRoot()
      largest = max(largest, pull / expanded.factors[group.lowerBound])
    }
    nullObjective = max(residual, .ulpOfOne * loss.targetNorm) / 2
    // A target that no column correlates with still gets a grid, of solutions that are all zero.
    lambdaMax = max(largest / max(penalty.alpha, 1e-3), .ulpOfOne)
    let groups = live.map { design.coordinates[$0] }
    solver =
      design.isSingle
      ? ActiveSet(loss, expanded, columns: groups.map(\.lowerBound))
      : GroupActiveSet(loss, expanded, groups: groups)
    targetCorrelations = design.coordinates.map { group in
      let square = group.reduce(0.0) { sum, j in
        let c = loss.correlation[j]
        return loss.diagonal[j] > 0 ? sum + c * c / loss.diagonal[j] : sum
      }
      return min(1, (square / loss.targetNorm).squareRoot())
    }
    (correlation, targetNorm) = (loss.correlation, loss.targetNorm)
    (self.design, self.exclusions, self.live) = (design, exclusions, live)
  }

  /// - Parameters:
  ///   - lambda: on the scale of the target.
  ///   - test: rows to be predicted.
  mutating func solve(_ lambda: Double, _ tolerance: Double, test: Moments?) {
    let outcome = solver.solve(
      lambda: lambda / design.targetScale, tolerance: tolerance * nullObjective)
    let (b, g) = (solver.b, solver.g)
    var (support, groups, explained) = ([Int](), [Range<Int>](), 0.0)
    support.reserveCapacity(b.count)
    groups.reserveCapacity(b.count)
    for term in live {
      let group = design.coordinates[term]
      guard group.contains(where: { b[$0] != 0 }) else { continue }
      support.append(term)
      groups.append(group)
      for j in group { explained += b[j] * (correlation[j] + g[j]) }
    }
    let point = RegularizationPath.Point(
      lambda: lambda, support: support, groups: groups, b: b, devianceRatio: explained / targetNorm,
      gap: outcome.gap / nullObjective,
      isDirect: outcome.isDirect)
    self.point = point
    guard let test else { return }
    let raw = design.raw(support: point.support, values: point.values)
    testError = Gaussian.meanSquaredError(
      test, support: raw.columns, beta: raw.values, intercept: raw.intercept)
  }

  func path(_ points: [RegularizationPath.Point], _ penalty: ElasticNet) -> RegularizationPath {
    var exclusions = exclusions
    for term in live where solver.dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    let scale = design.targetScale
    return RegularizationPath(
      points: points, design: design, penalty: penalty, exclusions: exclusions,
      targetCorrelations: targetCorrelations, rows: rows,
      nullDeviance: targetNorm * scale * scale, family: .gaussian)
  }
}
