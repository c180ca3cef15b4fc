/// A least-squares problem from moments, with all that is known of it before any λ: the coordinates, the
/// terms that take part, and the null model, where λ begins.
struct MomentsProblem: Sendable {
  let rows: Int
  let design: Design
  let loss: Quadratic
  /// On the coordinates.
  let penalty: ElasticNet
  /// On the terms.
  private let termPenalty: ElasticNet
  /// What weighed factors were divided by; nil where none are weighed.
  let unit: Double?
  private let exclusions: [RegularizationPath.Exclusion?]
  private let targetCorrelations: [Double]
  /// The terms that take part.
  let live: [Int]
  /// The coefficients of the null model: the intercept and the terms without a penalty.
  let nullCoefficients: [Double]
  /// ½‖y‖² once the unpenalized terms are fitted.
  let nullObjective: Double
  /// Where the first term would enter if no sign were bounded; on the scale of the standardized target.
  let lambdaMax: Double

  /// For each term, the term that stands in for it.
  var twins: [Int?] {
    exclusions.map { if case .twin(let other) = $0 { other } else { nil } }
  }

  /// - Parameters:
  ///   - twins: those found among all rows; nil to look for them.
  ///   - unit: what weighed factors are divided by; nil to find it.
  /// - Throws: ``PathError``
  init(
    _ moments: TrainingMoments, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    twins: [Int?]?, unit: Double? = nil
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

    let unpenalized = free.filter { penalty.factors[$0] == 0 }
    var null = ActiveSet(
      loss, penalty.expanded(to: design), columns: unpenalized.flatMap { design.coordinates[$0] })
    _ = null.solve(lambda: 0, tolerance: options.tolerance * loss.targetNorm / 2)
    for term in unpenalized where null.dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    var penalty = penalty
    if let adaptive = options.adaptive {
      let live = free.filter { exclusions[$0] == nil }
      let weighed = penalty.weighed(
        by: try Self.weights(
          adaptive, &loss, design, penalty, live, rows: moments.rows,
          intercept: options.intercept),
        unit: unit)
      (penalty, self.unit) = weighed
      for term in live where !penalty.factors[term].isFinite { exclusions[term] = .shutOut }
    } else {
      self.unit = nil
    }
    let expanded = penalty.expanded(to: design)
    let live = free.filter { exclusions[$0] == nil }
    var (residual, largest) = (loss.targetNorm, 0.0)
    for j in null.columns { residual -= null.b[j] * (loss.correlation[j] + null.g[j]) }
    for term in live where penalty.factors[term] > 0 {
      let group = design.coordinates[term]
      let pull = group.reduce(0) { $0 + null.g[$1] * null.g[$1] }.squareRoot()
      largest = max(largest, pull / expanded.factors[group.lowerBound])
    }
    nullObjective = max(residual, PathOptions.leastLeft * loss.targetNorm) / 2
    lambdaMax = max(largest / max(penalty.alpha, 1e-3), PathOptions.leastPull)
    targetCorrelations = design.coordinates.map { group in
      let square = group.reduce(0.0) { sum, j in
        let c = loss.correlation[j]
        return loss.diagonal[j] > 0 ? sum + c * c / loss.diagonal[j] : sum
      }
      return min(1, (square / loss.targetNorm).squareRoot())
    }
    nullCoefficients = null.b
    (self.design, self.loss, self.penalty) = (design, loss, expanded)
    (self.exclusions, self.live, termPenalty) = (exclusions, live, penalty)
  }

  /// For each term that takes part, what its factor is multiplied by.
  ///
  /// - Complexity: O(p³)
  private static func weights(
    _ adaptive: AdaptiveWeights, _ loss: inout Quadratic, _ design: Design,
    _ penalty: ElasticNet, _ live: [Int], rows: Int, intercept: Bool
  ) throws(PathError) -> [Double?] {
    let coordinates = live.flatMap { design.coordinates[$0] }
    let p = coordinates.count
    guard p <= InitialFit.most else { throw .tooLargeToWeigh }
    for j in coordinates { loss.prepare(j) }
    let c = coordinates.map { loss.correlation[$0] }
    let quadratic = loss
    let gram = coordinates.flatMap { j in coordinates.map { quadratic.gram(j, $0) } }
    let b: [Double]
    switch adaptive.initial {
    case .leastSquares:
      guard p + (intercept ? 1 : 0) < rows,
        let found = InitialFit.leastSquares(gram: gram, correlations: [c])
      else { throw .noLeastSquares }
      b = found[0]
    case .ridge:
      b =
        InitialFit.ridge(
          gram: gram, correlations: [c], norm: loss.targetNorm,
          isPenalized: live.flatMap { term in
            design.coordinates[term].map { _ in penalty.factors[term] > 0 }
          }, rows: rows, spent: intercept ? 1 : 0)[0]
    }
    var (weights, next) = ([Double?](repeating: nil, count: design.terms.count), 0)
    for term in live {
      let some = b[next..<next + design.coordinates[term].count]
      next = some.endIndex
      // In the target's own unit: that of a fold is not to change what a λ means.
      let length = some.reduce(0) { $0 + $1 * $1 }.squareRoot()
      weights[term] = adaptive.weight(design.targetScale * length)
    }
    return weights
  }

  /// What a solution is on a path.
  ///
  /// - Parameters:
  ///   - lambda: on the scale of the target.
  ///   - b: one coefficient a coordinate.
  ///   - g: c − G b
  func point(_ lambda: Double, _ b: [Double], _ g: [Double], _ outcome: Outcome)
    -> RegularizationPath.Point
  {
    // This is done for each λ of each fold, so nothing is made that is not needed.
    var (support, groups, explained) = ([Int](), [Range<Int>](), 0.0)
    support.reserveCapacity(b.count)
    groups.reserveCapacity(b.count)
    for term in live {
      let group = design.coordinates[term]
      guard group.contains(where: { b[$0] != 0 }) else { continue }
      support.append(term)
      groups.append(group)
      for j in group { explained += b[j] * (loss.correlation[j] + g[j]) }
    }
    return RegularizationPath.Point(
      lambda: lambda, support: support, groups: groups, b: b,
      devianceRatio: explained / loss.targetNorm, gap: outcome.gap / nullObjective,
      isDirect: outcome.isDirect, isConvex: outcome.isConvex)
  }

  /// What the refit of a point is on a relaxed path.
  ///
  /// - Parameters:
  ///   - values: one coefficient for each coordinate of the support.
  ///   - loss: knows the rows of G that belong to these.
  func refit(
    _ point: RegularizationPath.Point, _ values: [Double], _ loss: Quadratic, _ gammas: [Double]
  ) -> RegularizationPath.Point.Refit {
    let coordinates = point.support.flatMap { Array(design.coordinates[$0]) }
    let gradient = loss.residualCorrelation(values, of: coordinates)
    // With r = y − X b and s = y − X d: ‖s‖² = ‖y‖² − d'c − d'(c − G d), r's = ‖y‖² − d'c − b'(c − G d).
    let total = loss.targetNorm
    var squares = BlendedSquares(
      penalized: (1 - point.devianceRatio) * total, refitted: total, cross: total)
    for (place, j) in coordinates.enumerated() {
      let explained = values[place] * loss.correlation[j]
      squares.refitted -= explained + values[place] * gradient[place]
      squares.cross -= explained + point.values[place] * gradient[place]
    }
    return RegularizationPath.Point.Refit(
      values: values, intercepts: [],
      devianceRatios: gammas.map { min(1, max(0, 1 - squares($0) / total)) })
  }

  /// - Parameter dependent: coordinates without a penalty that those before them span.
  func path(_ points: [RegularizationPath.Point], dependent: Set<Int>) -> RegularizationPath {
    var exclusions = exclusions
    for term in live where dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    let scale = design.targetScale
    return RegularizationPath(
      points: points, design: design, penalty: termPenalty, exclusions: exclusions,
      targetCorrelations: targetCorrelations, rows: rows,
      nullDeviance: loss.targetNorm * scale * scale, family: .gaussian)
  }
}
