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
    /// Whether the objective is convex on the columns in, here and at every λ before: with a concave penalty
    /// it may have other local minima where it is not.
    public let isConvex: Bool
    /// For families other than `gaussian`, one intercept a response; empty where the design knows it.
    let intercepts: [Double]
    /// The same terms without a penalty; nil where the path is not relaxed.
    var refit: Refit?

    /// The fit of a point's terms without a penalty.
    struct Refit: Sendable {
      /// As the point's.
      let values: [Double]
      /// As the point's.
      let intercepts: [Double]
      /// For each blend of the path, 1 − RSS / (RSS of the intercept alone).
      let devianceRatios: [Double]
    }

    /// - Parameters:
    ///   - groups: for each term of `support`, where its coordinates are in `b`, response by response.
    ///   - b: coefficients of coordinates.
    ///   - devianceRatio: clamped to `[0, 1]`.
    init(
      lambda: Double, support: [Int], groups: [Range<Int>], b: [Double],
      devianceRatio: Double, gap: Double, isDirect: Bool, isConvex: Bool = true,
      intercepts: [Double] = []
    ) {
      (self.lambda, self.support, self.gap, self.isDirect) = (lambda, support, gap, isDirect)
      self.isConvex = isConvex
      self.intercepts = intercepts
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

    /// A blend with the refit: γ of what there is, 1 − γ of the refit.
    ///
    /// - Parameters:
    ///   - blend: which of the blends it is.
    ///   - counts: for each term of the support, the length of its part of `values`.
    fileprivate func blended(_ gamma: Double, _ blend: Int, counts: [Int]) -> Point {
      guard let refit, gamma < 1 else { return self }
      func mixed(_ a: [Double], _ b: [Double]) -> [Double] {
        zip(a, b).map { gamma * $0 + (1 - gamma) * $1 }
      }
      var start = 0
      let groups = counts.map { count in
        defer { start += count }
        return start..<start + count
      }
      return Point(
        lambda: lambda, support: support, groups: groups, b: mixed(values, refit.values),
        devianceRatio: refit.devianceRatios[blend], gap: gap, isDirect: isDirect,
        intercepts: mixed(intercepts, refit.intercepts))
    }

    /// The number of nonzero coefficients of a response; a group counts its coordinates.
    public var df: Int { values.count / max(1, intercepts.count) }
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

  /// What ends a path before its time.
  public enum End: Sendable, Equatable {
    /// At the next λ no solution is known to be within the tolerance of the optimum; how near one is known to be.
    case uncertain(WorstGap)
    /// More work would be more than a table of its size is worth.
    case spent
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
  /// The mean deviance of the intercept alone; for least squares its mean squared error.
  public let nullDeviance: Double
  public let family: Family
  /// For `binomial`, how the columns tell the classes apart; nil if they do not, and for other families.
  public internal(set) var separation: Separation?
  /// Why the path ends where it does; nil where a rule of its family, or the grid, says so.
  public internal(set) var end: End?

  /// The number of terms.
  public var count: Int { exclusions.count }

  /// The number of coordinates of a term.
  public func rank(_ term: Int) -> Int { design.coordinates[term].count }

  /// Coefficients of the raw columns of the moments on the original scale, and the intercept.
  ///
  /// - Parameter response: which of several linear predictors, from 0.
  /// - Returns: `columns` and `values` go together; columns that are not named have a coefficient of zero.
  public func original(_ step: Int, response: Int = 0) -> (
    intercept: Double, columns: [Int], values: [Double]
  ) {
    let raw = design.unshifted(shifted(step, response: response))
    return (raw.intercept, raw.columns, raw.values)
  }

  /// The same of columns and a target whose shift was taken off (``Moments/shift``): as moments have them.
  func shifted(_ step: Int, response: Int = 0) -> RawCoefficients {
    let point = points[step]
    var raw = design.raw(
      support: point.support, values: point.values, response: response,
      of: family.responses)
    if !point.intercepts.isEmpty { raw.intercept += point.intercepts[response] }
    return raw
  }

  /// The path of one blend, γ of the penalized fits and 1 − γ of their refits; supports, λ and gaps are
  /// those of the penalized fits.
  ///
  /// - Parameter gamma: one of ``PathOptions/gammas``.
  public func blended(_ gamma: Double, of gammas: [Double]) -> RegularizationPath {
    guard gamma < 1, let blend = gammas.firstIndex(of: gamma) else { return self }
    var path = self
    path.points = points.map { point in
      point.blended(gamma, blend, counts: point.support.map { rank($0) * family.responses })
    }
    return path
  }

  /// The first step at which each term has a nonzero coefficient; nil if it never has.
  public var entries: [Int?] {
    var entry = [Int?](repeating: nil, count: count)
    for (step, point) in points.enumerated() {
      for j in point.support where entry[j] == nil { entry[j] = step }
    }
    return entry
  }

  /// The mean deviance of the fit to its own rows at `step`: for least squares the mean squared error.
  public func meanDeviance(_ step: Int) -> Double {
    max(0, 1 - points[step].devianceRatio) * nullDeviance
  }

  /// −2 log L of the fit to its own rows at `step`, up to a constant.
  func minusTwoLogLikelihood(_ step: Int) -> Double {
    family.minusTwoLogLikelihood(meanDeviance: meanDeviance(step), rows: rows)
  }

  /// The smallest λ down to which the objective is locally convex; nil if it is on the whole path.
  public var convexDownTo: Double? {
    guard let first = points.firstIndex(where: { !$0.isConvex }) else { return nil }
    return first > 0 ? points[first - 1].lambda : .infinity
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
