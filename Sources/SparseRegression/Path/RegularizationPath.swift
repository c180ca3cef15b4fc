/// The solutions along a grid of λ, largest λ first.
public struct RegularizationPath: Sendable {
  /// The solution at one λ.
  public struct Point: Sendable {
    /// On the scale of the target, as glmnet reports it.
    public let lambda: Double
    /// The nonzero coefficients, in column order: standardized columns, standardized target.
    public let support: [Int]
    /// One entry for each of `support`.
    public let values: [Double]
    /// 1 − RSS / (RSS of the intercept alone), in `[0, 1]`.
    public let devianceRatio: Double
    /// The duality gap over the objective of the null model: no other coefficients lower the objective
    /// by more than this share of it.
    public let gap: Double
    /// Whether the coefficients come from a direct solve on their support, exact to rounding.
    public let isDirect: Bool

    /// The number of nonzero coefficients.
    public var df: Int { support.count }
  }

  /// Why a column can have no coefficient, whatever λ.
  public enum Exclusion: Sendable, Equatable {
    /// It holds a single value.
    case constant
    /// It equals another column, up to centre, scale and sign.
    case twin(of: Int)
    /// The unpenalized columns before it already say what it says.
    case dependent
    /// Its penalty factor is infinite.
    case shutOut
  }

  /// Decreasing in λ.
  public internal(set) var points: [Point]
  /// Centres and scales that relate the coefficients to the columns as they came.
  public let standardization: Standardization
  /// The penalty, its factors rescaled.
  public let penalty: ElasticNet
  /// One entry a column; nil for those that took part.
  public let exclusions: [Exclusion?]
  /// The rows of positive weight.
  public let rows: Int
  /// ‖y‖² of the standardized target times its squared scale: the mean squared error of the intercept
  /// alone.
  public let nullMeanSquaredError: Double

  /// The number of columns.
  public var count: Int { exclusions.count }

  /// Coefficients on the original scale of columns and target, and the intercept.
  ///
  /// - Returns: `values` goes with `points[step].support`.
  public func original(_ step: Int) -> (intercept: Double, values: [Double]) {
    let s = standardization
    let point = points[step]
    var intercept = s.targetCenter
    let values = zip(point.support, point.values).map { j, b in
      let beta = b * s.targetScale / s.scale[j]
      intercept -= beta * s.center[j]
      return beta
    }
    return (intercept, values)
  }

  /// The first step at which each column has a nonzero coefficient; nil if it never has.
  public var entries: [Int?] {
    var entry = [Int?](repeating: nil, count: count)
    for (step, point) in points.enumerated() {
      for j in point.support where entry[j] == nil { entry[j] = step }
    }
    return entry
  }

  /// The mean squared error of the fit to its own rows at `step`.
  public func meanSquaredError(_ step: Int) -> Double {
    max(0, 1 - points[step].devianceRatio) * nullMeanSquaredError
  }

  /// The largest relative duality gap on the path, and the λ where it stands; nil for an empty path.
  public var worstGap: (gap: Double, lambda: Double)? {
    points.max { $0.gap < $1.gap }.map { ($0.gap, $0.lambda) }
  }
}
