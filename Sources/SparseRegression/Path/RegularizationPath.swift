/// The solutions along a grid of λ, largest λ first.
public struct RegularizationPath: Sendable {
  /// The solution at one λ.
  public struct Point: Sendable {
    /// On the scale of the target, as glmnet reports it.
    public let lambda: Double
    /// Terms with a nonzero coefficient, increasing.
    public let support: [Int]
    /// Their coefficients in the design's coordinates, one after the other: standardized columns and
    /// standardized target. A number has one, a group as many as its rank.
    public let values: [Double]
    /// For each term of `support`, ‖b‖ in these coordinates: |b| for a number.
    public let norms: [Double]
    /// 1 − RSS / (RSS of the intercept alone), in `[0, 1]`.
    public let devianceRatio: Double
    /// The duality gap over the objective of the null model: no other coefficients lower the objective
    /// by more than this share of it.
    public let gap: Double
    /// Whether the coefficients come from a direct solve on their support, exact to rounding.
    public let isDirect: Bool

    /// - Parameters:
    ///   - groups: for each term of `support`, where its coordinates are in `b`.
    ///   - b: coefficients of coordinates.
    ///   - devianceRatio: clamped to `[0, 1]`.
    init(
      lambda: Double, support: [Int], groups: [Range<Int>], b: [Double],
      devianceRatio: Double, gap: Double, isDirect: Bool
    ) {
      (self.lambda, self.support, self.gap, self.isDirect) = (lambda, support, gap, isDirect)
      var (values, norms) = ([Double](), [Double]())
      values.reserveCapacity(support.count)
      norms.reserveCapacity(support.count)
      for group in groups {
        var square = 0.0
        for j in group {
          values.append(b[j])
          square += b[j] * b[j]
        }
        norms.append(square.squareRoot())
      }
      (self.values, self.norms) = (values, norms)
      self.devianceRatio = min(1, max(0, devianceRatio))
    }

    /// The number of nonzero coefficients; a group counts its coordinates.
    public var df: Int { values.count }
  }

  /// Why a term can have no coefficient, whatever λ.
  public enum Exclusion: Sendable, Equatable {
    /// It holds a single value.
    case constant
    /// It says what another term says, up to centre, scale and sign.
    case twin(of: Int)
    /// The unpenalized terms before it already say what it says.
    case dependent
    /// Its penalty factor is infinite.
    case shutOut
  }

  /// Decreasing in λ.
  public internal(set) var points: [Point]
  /// The coordinates, with the centres and scales that relate them to the columns as they came.
  public let design: Design
  /// The penalty, its factors rescaled.
  public let penalty: ElasticNet
  /// One entry a term; nil for those that took part.
  public let exclusions: [Exclusion?]
  /// For each term, the multiple correlation of its columns with the target, in `[0, 1]`.
  public let targetCorrelations: [Double]
  /// The rows of positive weight.
  public let rows: Int
  /// ‖y‖² of the standardized target times its squared scale: the mean squared error of the intercept
  /// alone.
  public let nullMeanSquaredError: Double

  /// The number of terms.
  public var count: Int { exclusions.count }

  /// The number of coordinates of a term.
  public func rank(_ term: Int) -> Int { design.coordinates[term].count }

  /// Coefficients of the raw columns of the moments on the original scale, and the intercept.
  ///
  /// - Returns: `columns` and `values` go together; columns that are not named have a coefficient of zero.
  public func original(_ step: Int) -> (intercept: Double, columns: [Int], values: [Double]) {
    let raw = design.raw(support: points[step].support, values: points[step].values)
    return (raw.intercept, raw.columns, raw.values)
  }

  /// The first step at which each term has a nonzero coefficient; nil if it never has.
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
  public var worstGap: WorstGap? {
    points.max { $0.gap < $1.gap }.map { WorstGap(gap: $0.gap, lambda: $0.lambda) }
  }
}

/// A duality gap, relative to the null objective, and the λ where it stands.
public struct WorstGap: Sendable, Equatable {
  public let gap: Double
  public let lambda: Double
}
