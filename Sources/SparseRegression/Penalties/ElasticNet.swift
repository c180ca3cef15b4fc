/// The penalty λ Σⱼ vⱼ [ α|βⱼ| + (1 − α) βⱼ² / 2 ] on the coefficients of standardized columns, with
/// factors vⱼ and bounds.
///
/// α = 1 is the lasso, which selects; α = 0 is ridge, which shrinks and selects nothing; between them
/// the elastic net (Zou & Hastie, 2005). A factor of 0 leaves a column unpenalized: it is always in
/// the model. An infinite factor shuts it out.
public struct ElasticNet: Sendable, Equatable {
  /// The values that a coefficient may take: an interval that holds zero.
  public struct Bounds: Sendable, Equatable {
    /// In `[−∞, 0]`.
    public let lower: Double
    /// In `[0, ∞]`.
    public let upper: Double

    public static let free = Bounds(-.infinity, .infinity)
    public static let nonnegative = Bounds(0, .infinity)
    public static let nonpositive = Bounds(-.infinity, 0)

    /// - Parameters:
    ///   - lower: in `[−∞, 0]`.
    ///   - upper: in `[0, ∞]`.
    public init(_ lower: Double, _ upper: Double) {
      precondition(lower <= 0 && upper >= 0, "bounds hold zero")
      (self.lower, self.upper) = (lower, upper)
    }

    /// Whether no more than a sign is asked for.
    var isSign: Bool { (lower == 0 || lower == -.infinity) && (upper == 0 || upper == .infinity) }

    /// Those of a coefficient whose unit is `unit` of this one's.
    func inUnits(of unit: Double) -> Bounds { isSign ? self : Bounds(lower / unit, upper / unit) }

    /// The nearest value that is allowed.
    func clamped(_ value: Double) -> Double { min(max(value, lower), upper) }
  }

  /// In `[0, 1]`.
  public let alpha: Double
  /// One factor a column, in `[0, ∞]`, rescaled to mean 1.
  public private(set) var factors: [Double]
  /// One a column. Where columns are terms of a table they are those of the coefficient on the column as it
  /// stands there, where they are coordinates those of the coordinate's.
  public private(set) var bounds: [Bounds]
  /// What thresholds are multiplied by, one a coordinate; empty for 1. Where a concave penalty is approached by
  /// straight ones, its slope over its price.
  var slopes: [Double] = []

  /// - Parameters:
  ///   - alpha: in `[0, 1]`.
  ///   - factors: in `[0, ∞]`; as in glmnet they are rescaled to mean 1 (an infinite one counting
  ///     as 1, like glmnet's excluded columns), which changes the scale of λ.
  ///   - bounds: one a column.
  public init(alpha: Double = 1, factors: [Double], bounds: [Bounds]) {
    precondition((0...1).contains(alpha), "alpha lies in [0, 1]")
    precondition(factors.count == bounds.count && factors.allSatisfy { $0 >= 0 })
    let sum = factors.reduce(0) { $0 + ($1.isFinite ? $1 : 1) }
    self.alpha = alpha
    self.factors = sum > 0 ? factors.map { $0 * (Double(factors.count) / sum) } : factors
    self.bounds = bounds
  }

  /// The same penalty on the coordinates of a design: each has the factor of its term times √(size of
  /// the group), and the term's bounds in its own units.
  func expanded(to design: Design) -> ElasticNet {
    var (factors, bounds) = ([Double](), [Bounds]())
    for (t, term) in design.terms.enumerated() {
      for _ in design.coordinates[t] {
        factors.append(self.factors[t] * Double(term.size).squareRoot())
        bounds.append(self.bounds[t].inUnits(of: design.unit(of: t)))
      }
    }
    return ElasticNet(alpha: alpha, exactly: factors, bounds)
  }

  /// The same penalty with its factors weighed.
  ///
  /// - Parameters:
  ///   - weights: one a term; nil for one that takes no part, whose factor is then 1.
  ///   - unit: what factors are divided by; nil for their mean over the terms that take part, an infinite
  ///     one counting as 1. Folds take the unit of the fit to all rows: then a λ is the same in all.
  func weighed(by weights: [Double?], unit: Double?) -> (penalty: ElasticNet, unit: Double) {
    precondition(weights.count == factors.count)
    let raw = zip(factors, weights).map { factor, weight in
      factor == 0 ? 0 : weight.map { factor * $0 }
    }
    let parts = raw.compactMap(\.self)
    let finite = parts.filter(\.isFinite)
    let others = Double(parts.count - finite.count)
    let mean = (finite.reduce(0, +) + others) / Double(max(1, parts.count))
    let unit = unit ?? (mean > 0 ? mean : 1)
    return (
      ElasticNet(alpha: alpha, exactly: raw.map { $0.map { $0 / unit } ?? 1 }, bounds), unit
    )
  }

  /// The bounds alone.
  var withoutPrices: ElasticNet {
    ElasticNet(alpha: alpha, exactly: Array(repeating: 0, count: factors.count), bounds)
  }

  /// Takes in coordinates, their factors as they are.
  mutating func extend(_ new: NewCoordinates) {
    if !slopes.isEmpty { slopes += new.factors.map { _ in 1 } }
    factors += new.factors
    bounds += new.bounds
  }

  init(alpha: Double, exactly factors: [Double], _ bounds: [Bounds]) {
    (self.alpha, self.factors, self.bounds) = (alpha, factors, bounds)
  }

  /// One penalty for all of `count` columns.
  public init(alpha: Double = 1, count: Int) {
    self.init(
      alpha: alpha, factors: Array(repeating: 1, count: count),
      bounds: Array(repeating: .free, count: count))
  }

  /// Whether some coefficient is bounded.
  var isBounded: Bool { bounds.contains { $0 != .free } }

  /// Whether some coefficient may have one sign only.
  var holdsSigns: Bool { bounds.contains { $0.lower == 0 || $0.upper == 0 } }

  /// Whether `value` is a coefficient that column `j` may have.
  func allows(_ value: Double, _ j: Int) -> Bool { bounds[j].clamped(value) == value }

  /// How far column `j` may go in the direction of a pull.
  func limit(_ j: Int, towards pull: Double) -> Double {
    pull >= 0 ? bounds[j].upper : -bounds[j].lower
  }

  /// Whether some bound is another than zero.
  var hasLimits: Bool { bounds.contains { !$0.isSign } }

  /// λ vⱼ α, the price of leaving zero, times its slope.
  func threshold(_ j: Int, _ lambda: Double) -> Double {
    let price = price(j, lambda)
    return slopes.isEmpty ? price : price * slopes[j]
  }

  /// λ vⱼ α
  func price(_ j: Int, _ lambda: Double) -> Double { lambda * factors[j] * alpha }

  /// λ vⱼ (1 − α), the curvature that the ridge part adds.
  func curvature(_ j: Int, _ lambda: Double) -> Double {
    lambda * factors[j] * (1 - alpha)
  }

  /// Whether column `j` stays at zero unless its gradient asks for more: it has a price or a bound.
  func hasKink(_ j: Int, _ lambda: Double) -> Bool {
    price(j, lambda) > 0 || bounds[j] != .free
  }

  /// How hard the residual pulls at a group, in the directions that it is allowed to answer.
  func pull(_ group: Range<Int>, _ g: [Double]) -> Double {
    guard group.count == 1 else {
      return group.reduce(0) { $0 + g[$1] * g[$1] }.squareRoot()
    }
    let (u, bounds) = (g[group.lowerBound], bounds[group.lowerBound])
    return max(bounds.upper > 0 ? u : 0, bounds.lower < 0 ? -u : 0)
  }
}
