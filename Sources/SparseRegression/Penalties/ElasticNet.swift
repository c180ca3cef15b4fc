/// The penalty λ Σⱼ vⱼ [ α|βⱼ| + (1 − α) βⱼ² / 2 ] on the coefficients of standardized columns, with
/// factors vⱼ and sign constraints.
///
/// α = 1 is the lasso, which selects; α = 0 is ridge, which shrinks and selects nothing; between them
/// the elastic net (Zou & Hastie, 2005). A factor of 0 leaves a column unpenalized: it is always in
/// the model. An infinite factor shuts it out.
public struct ElasticNet: Sendable, Equatable {
  /// Which signs a coefficient may take.
  public enum Sign: Sendable, Equatable { case free, nonnegative, nonpositive }

  /// In `[0, 1]`.
  public let alpha: Double
  /// One factor a column, in `[0, ∞]`, rescaled to mean 1.
  public private(set) var factors: [Double]
  /// One constraint a column.
  public private(set) var signs: [Sign]

  /// - Parameters:
  ///   - alpha: in `[0, 1]`.
  ///   - factors: in `[0, ∞]`; as in glmnet they are rescaled to mean 1 (an infinite one counting
  ///     as 1, like glmnet's excluded columns), which changes the scale of λ.
  ///   - signs: one a column.
  public init(alpha: Double = 1, factors: [Double], signs: [Sign]) {
    precondition((0...1).contains(alpha), "alpha lies in [0, 1]")
    precondition(factors.count == signs.count && factors.allSatisfy { $0 >= 0 })
    let sum = factors.reduce(0) { $0 + ($1.isFinite ? $1 : 1) }
    self.alpha = alpha
    self.factors = sum > 0 ? factors.map { $0 * (Double(factors.count) / sum) } : factors
    self.signs = signs
  }

  /// The same penalty on the coordinates of a design: each has the factor of its term times √(size of
  /// the group), and the term's sign.
  func expanded(to design: Design) -> ElasticNet {
    var (factors, signs) = ([Double](), [Sign]())
    for (t, term) in design.terms.enumerated() {
      for _ in design.coordinates[t] {
        factors.append(self.factors[t] * Double(term.size).squareRoot())
        signs.append(self.signs[t])
      }
    }
    return ElasticNet(alpha: alpha, exactly: factors, signs)
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
      ElasticNet(alpha: alpha, exactly: raw.map { $0.map { $0 / unit } ?? 1 }, signs), unit
    )
  }

  /// The bounds alone.
  var withoutPrices: ElasticNet {
    ElasticNet(alpha: alpha, exactly: Array(repeating: 0, count: factors.count), signs)
  }

  /// Takes in coordinates, their factors as they are.
  mutating func extend(_ new: NewCoordinates) {
    factors += new.factors
    signs += new.signs
  }

  init(alpha: Double, exactly factors: [Double], _ signs: [Sign]) {
    (self.alpha, self.factors, self.signs) = (alpha, factors, signs)
  }

  /// One penalty for all of `count` columns.
  public init(alpha: Double = 1, count: Int) {
    self.init(
      alpha: alpha, factors: Array(repeating: 1, count: count),
      signs: Array(repeating: .free, count: count))
  }

  /// Whether some coefficient is bounded.
  var isBounded: Bool { signs.contains { $0 != .free } }

  /// Whether `value` is a coefficient that column `j` may have.
  func allows(_ value: Double, _ j: Int) -> Bool {
    switch signs[j] {
    case .free: true
    case .nonnegative: value >= 0
    case .nonpositive: value <= 0
    }
  }

  /// λ vⱼ α, the price of leaving zero.
  func threshold(_ j: Int, _ lambda: Double) -> Double {
    lambda * factors[j] * alpha
  }

  /// λ vⱼ (1 − α), the curvature that the ridge part adds.
  func curvature(_ j: Int, _ lambda: Double) -> Double {
    lambda * factors[j] * (1 - alpha)
  }

  /// Whether column `j` stays at zero unless its gradient asks for more: it has a price or a bound.
  func hasKink(_ j: Int, _ lambda: Double) -> Bool {
    threshold(j, lambda) > 0 || signs[j] != .free
  }

  /// How hard the residual pulls at a group, in the directions that it is allowed to answer.
  func pull(_ group: Range<Int>, _ g: [Double]) -> Double {
    guard group.count == 1 else {
      return group.reduce(0) { $0 + g[$1] * g[$1] }.squareRoot()
    }
    let u = g[group.lowerBound]
    switch signs[group.lowerBound] {
    case .free: return abs(u)
    case .nonnegative: return max(0, u)
    case .nonpositive: return max(0, -u)
    }
  }
}
