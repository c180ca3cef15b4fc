/// Finds the support and the coefficients at one λ after the other, each from where the last one ended.
protocol SupportSolver: Sendable {
  /// One coefficient a coordinate.
  var b: [Double] { get }
  /// c − G b
  var g: [Double] { get }
  /// Unpenalized coordinates that those before them already span; their coefficient is zero.
  var dependent: Set<Int> { get }

  /// Solves at `lambda`.
  ///
  /// - Parameters:
  ///   - lambda: in `[0, ∞)`, not above that of the last call.
  ///   - tolerance: the gap that will do, in units of the objective.
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome
}

/// How a λ was solved.
struct Outcome: Sendable {
  /// The duality gap, in units of the objective.
  var gap: Double
  /// Whether the coefficients come from a direct solve on their support.
  var isDirect: Bool
}
