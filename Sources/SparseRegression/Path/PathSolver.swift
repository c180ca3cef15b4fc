/// What to fit, apart from the data.
public struct PathOptions: Sendable {
  public var grid: LambdaGrid
  /// A λ that the grid is made to hold.
  public var including: Double?
  /// Whether columns are divided by their standard deviation.
  public var standardize: Bool
  /// Whether there is an intercept; it is never penalized.
  public var intercept: Bool
  /// The relative duality gap that every λ must reach.
  public var tolerance: Double

  public init(
    grid: LambdaGrid = .automatic(), including: Double? = nil, standardize: Bool = true,
    intercept: Bool = true,
    tolerance: Double = 1e-7
  ) {
    self.grid = grid
    self.including = including
    self.standardize = standardize
    self.intercept = intercept
    self.tolerance = tolerance
  }
}

/// Why there is no path.
public enum PathError: Error, Equatable {
  /// The target holds a single value, or there are no rows.
  case constantTarget
  /// Sums of a column overflow.
  case overflow(column: Int)
}

extension RegularizationPath {
  /// Fits least squares with an elastic-net penalty along a grid of λ.
  ///
  /// - Parameters:
  ///   - moments: of the predictors and, last, the target.
  ///   - terms: what is selected, over the predictors; each predictor a number of its own if nil.
  ///   - penalty: one factor a term; a group's is multiplied by √(its size).
  /// - Throws: ``PathError``
  /// - Complexity: O(p²) and, for each λ, O(p · support) for each column that enters or leaves.
  public init(
    _ moments: Moments, terms: [Term]? = nil, _ penalty: ElasticNet, _ options: PathOptions
  ) throws(PathError) {
    let terms = terms ?? (0..<moments.width - 1).map { .number($0) }
    var solver = try PathSolver(moments, terms, penalty, options)
    self = solver.path(options)
  }
}

/// Prepares the problem, then walks down the grid.
private struct PathSolver {
  /// Relative gain of the deviance ratio below which an automatic grid ends (glmnet's `fdev`).
  static let leastGain = 1e-5
  /// Deviance ratio above which an automatic grid ends (glmnet's `devmax`).
  static let largestRatio = 0.999
  /// An automatic grid never ends before so many values (glmnet's `mnlam`).
  static let leastCount = 5

  let rows: Int
  let design: Design
  let loss: Quadratic
  let penalty: ElasticNet
  var exclusions: [RegularizationPath.Exclusion?]
  /// The terms that take part.
  let live: [Int]
  var solver: any PathEngine
  /// ½‖y‖² once the unpenalized terms are fitted.
  let nullObjective: Double
  let lambdaMax: Double

  init(_ moments: Moments, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions)
    throws(PathError)
  {
    let y = moments.width - 1
    precondition(penalty.factors.count == terms.count, "one penalty factor a term")
    for j in 0...y where !moments.comoment(j, j).isFinite || !moments.mean[j].isFinite {
      throw .overflow(column: j)
    }
    guard moments.weight > 0, moments.comoment(y, y) > 0 else { throw .constantTarget }
    rows = moments.rows
    self.penalty = penalty
    let design = Design(
      moments, terms, standardize: options.standardize, intercept: options.intercept)
    let loss = design.quadratic(moments)
    (self.design, self.loss) = (design, loss)

    var exclusions: [RegularizationPath.Exclusion?] = terms.indices.map {
      design.isConstant[$0] ? .constant : penalty.factors[$0].isFinite ? nil : .shutOut
    }
    let candidates = terms.indices.filter { exclusions[$0] == nil }
    let standIns = Twins.find(loss, design, penalty, among: candidates)
    for (term, standIn) in standIns.enumerated() {
      if let standIn { exclusions[term] = .twin(of: standIn) }
    }
    let free = candidates.filter { standIns[$0] == nil }

    // The null model, where λ begins: the intercept and the terms without a penalty.
    let unpenalized = free.filter { penalty.factors[$0] == 0 }
    let expanded = penalty.expanded(to: design)
    var null = ActiveSet(loss, expanded, columns: unpenalized.flatMap { design.coordinates[$0] })
    _ = null.solve(lambda: 0, tolerance: options.tolerance * loss.targetNorm / 2)
    for term in unpenalized where null.dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    live = free.filter { exclusions[$0] == nil }
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
    self.exclusions = exclusions
    let groups = live.map { design.coordinates[$0] }
    solver =
      design.isSingle
      ? ActiveSet(loss, expanded, columns: groups.map(\.lowerBound))
      : GroupActiveSet(loss, expanded, groups: groups)
  }

  mutating func path(_ options: PathOptions) -> RegularizationPath {
    let scale = design.targetScale
    var grid = options.grid.resolved(
      lambdaMax: lambdaMax * scale, isTall: rows >= loss.count)
    var mayStop = false
    if case .automatic = options.grid { mayStop = true }
    if let including = options.including, !grid.contains(including) {
      grid.insert(including, at: grid.firstIndex { $0 < including } ?? grid.count)
    }
    // λmax does not know sign constraints, so that a bounded path may begin without any gain; as in
    // glmnet it is then never cut for want of it.
    let isBounded = penalty.signs.contains { $0 != .free }
    var points: [RegularizationPath.Point] = []
    for lambda in grid {
      points.append(point(lambda, lambda / scale, options.tolerance))
      guard mayStop, points.count >= Self.leastCount, lambda <= options.including ?? .infinity
      else { continue }
      let ratio = points[points.count - 1].devianceRatio
      let gain = ratio - points[points.count - 2].devianceRatio
      if (!isBounded && gain < Self.leastGain * ratio) || ratio > Self.largestRatio { break }
    }
    for term in live where solver.dependent.isSuperset(of: design.coordinates[term]) {
      exclusions[term] = .dependent
    }
    return RegularizationPath(
      points: points, design: design, penalty: penalty, exclusions: exclusions,
      targetCorrelations: targetCorrelations, rows: rows,
      nullMeanSquaredError: loss.targetNorm * scale * scale)
  }

  private var targetCorrelations: [Double] {
    design.coordinates.map { group in
      let square = group.reduce(0.0) { sum, j in
        let diagonal = loss.gram(j, j)
        let c = loss.correlation[j]
        return diagonal > 0 ? sum + c * c / diagonal : sum
      }
      return min(1, (square / loss.targetNorm).squareRoot())
    }
  }

  private mutating func point(
    _ lambda: Double, _ standardized: Double, _ tolerance: Double
  ) -> RegularizationPath.Point {
    let outcome = solver.solve(lambda: standardized, tolerance: tolerance * nullObjective)
    let (b, g) = (solver.b, solver.g)
    let support = live.filter { design.coordinates[$0].contains { b[$0] != 0 } }
    let values = support.flatMap { term in design.coordinates[term].map { b[$0] } }
    let explained = support.reduce(0) { sum, term in
      design.coordinates[term].reduce(sum) { $0 + b[$1] * (loss.correlation[$1] + g[$1]) }
    }
    return RegularizationPath.Point(
      lambda: lambda, support: support, values: values,
      norms: support.map { term in
        design.coordinates[term].reduce(0) { $0 + b[$1] * b[$1] }.squareRoot()
      },
      devianceRatio: min(1, max(0, explained / loss.targetNorm)),
      gap: outcome.gap / nullObjective, isDirect: outcome.isDirect)
  }
}
