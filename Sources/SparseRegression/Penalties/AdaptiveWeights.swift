internal import RealModule

/// The adaptive lasso (Zou, 2006): what an initial fit holds for small costs much.
///
/// The factor of a term is multiplied by ‖b₀‖^−γ, with b₀ its coefficients in an initial fit to the same
/// rows, standardized; for a group that is the length of all of them (Wang & Leng, 2008). The initial fit
/// is least squares, or ridge with the penalty of the smallest generalized cross-validation
/// (``InitialFit``).
public struct AdaptiveWeights: Sendable, Equatable {
  public enum Initial: String, Sendable, CaseIterable {
    /// Least squares: needs fewer columns than rows, none of which depends on the others.
    case leastSquares = "ols"
    /// Ridge: for any table.
    case ridge
  }

  public var initial: Initial
  /// γ, above 0.
  public var exponent: Double

  public init(_ initial: Initial, exponent: Double = 1) {
    precondition(exponent > 0)
    (self.initial, self.exponent) = (initial, exponent)
  }

  /// ‖b₀‖^−γ; infinite for a term that the initial fit leaves at zero.
  func weight(_ length: Double) -> Double { 1 / .pow(length, exponent) }
}
