/// What to fit, apart from the data.
public struct PathOptions: Sendable {
  public var grid: LambdaGrid
  /// A λ that an automatic grid is made to hold.
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
  ///   - moments: of p predictors and, last, the target.
  ///   - penalty: one factor a predictor.
  /// - Throws: ``PathError``
  /// - Complexity: O(p²) and, for each λ, O(p · support) for each column that enters or leaves.
  public init(_ moments: Moments, _ penalty: ElasticNet, _ options: PathOptions)
    throws(PathError)
  {
    var solver = try PathSolver(moments, penalty, options)
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

  let moments: Moments
  let standardization: Standardization
  let loss: Quadratic
  let penalty: ElasticNet
  var exclusions: [RegularizationPath.Exclusion?]
  var solver: ActiveSet
  /// ½‖y‖² once the unpenalized columns are fitted.
  var nullObjective: Double
  var lambdaMax: Double

  init(_ moments: Moments, _ penalty: ElasticNet, _ options: PathOptions) throws(PathError) {
    let p = moments.width - 1
    precondition(penalty.factors.count == p, "one penalty factor a predictor")
    for j in 0...p where !moments.comoment(j, j).isFinite || !moments.mean[j].isFinite {
      throw .overflow(column: j)
    }
    guard moments.weight > 0, moments.comoment(p, p) > 0 else { throw .constantTarget }
    self.moments = moments
    self.penalty = penalty
    standardization = Standardization(
      moments, standardize: options.standardize, intercept: options.intercept)
    loss = Quadratic(moments, standardization, intercept: options.intercept)

    exclusions = (0..<p).map { [standardization] j in
      standardization.isConstant[j] ? .constant : penalty.factors[j].isFinite ? nil : .shutOut
    }
    let candidates = (0..<p).filter { [exclusions] in exclusions[$0] == nil }
    let standIns = Twins.find(loss, penalty, among: candidates)
    for (j, standIn) in standIns.enumerated() {
      if let standIn { exclusions[j] = .twin(of: standIn) }
    }
    let live = candidates.filter { standIns[$0] == nil }

    // The null model, where λ begins: the intercept and the columns without a penalty.
    let unpenalized = live.filter { penalty.factors[$0] == 0 }
    var null = ActiveSet(loss, penalty, columns: unpenalized)
    _ = null.solve(lambda: 0, tolerance: options.tolerance * loss.targetNorm / 2)
    for j in null.dependent { exclusions[j] = .dependent }
    var (residual, largest) = (loss.targetNorm, 0.0)
    for j in unpenalized { residual -= null.b[j] * (loss.correlation[j] + null.g[j]) }
    for j in live where penalty.factors[j] > 0 {
      largest = max(largest, abs(null.g[j]) / penalty.factors[j])
    }
    nullObjective = max(residual, .ulpOfOne * loss.targetNorm) / 2
    // A target that no column correlates with still gets a grid, of solutions that are all zero.
    lambdaMax = max(largest / max(penalty.alpha, 1e-3), .ulpOfOne)
    solver = ActiveSet(
      loss, penalty, columns: live.filter { [exclusions] in exclusions[$0] == nil })
  }

  mutating func path(_ options: PathOptions) -> RegularizationPath {
    let scale = standardization.targetScale
    var grid = options.grid.resolved(
      lambdaMax: lambdaMax * scale, isTall: moments.rows >= loss.count)
    var mayStop = false
    if case .automatic = options.grid {
      mayStop = true
      if let including = options.including, !grid.contains(including) {
        grid.insert(including, at: grid.firstIndex { $0 < including } ?? grid.count)
      }
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
    for j in solver.dependent { exclusions[j] = .dependent }
    return RegularizationPath(
      points: points, standardization: standardization, penalty: penalty, exclusions: exclusions,
      rows: moments.rows, nullMeanSquaredError: loss.targetNorm * scale * scale)
  }

  private mutating func point(
    _ lambda: Double, _ standardized: Double, _ tolerance: Double
  ) -> RegularizationPath.Point {
    let outcome = solver.solve(lambda: standardized, tolerance: tolerance * nullObjective)
    let support = solver.columns.filter { solver.b[$0] != 0 }
    let explained = support.reduce(0) { sum, j in
      sum + solver.b[j] * (loss.correlation[j] + solver.g[j])
    }
    return RegularizationPath.Point(
      lambda: lambda, support: support, values: support.map { solver.b[$0] },
      devianceRatio: min(1, max(0, explained / loss.targetNorm)),
      gap: outcome.gap / nullObjective, isDirect: outcome.isDirect)
  }
}
