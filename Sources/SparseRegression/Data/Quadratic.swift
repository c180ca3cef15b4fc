/// Least squares as a quadratic in the coefficients of standardized columns.
///
/// ½ Σ w (y − X b)² / W = ½ (‖y‖² − 2 c'b + b'G b), with G = X'WX / W (`gram`), c = X'Wy / W
/// (`correlation`) and ‖y‖² = y'Wy / W. With columns and target standardized, G and c hold
/// correlations.
public struct Quadratic: Sendable {
  /// The number of predictors.
  public let count: Int
  /// `count × count`, symmetric, both halves filled.
  public internal(set) var gram: [Double]
  /// One entry a predictor.
  public internal(set) var correlation: [Double]
  /// ‖y‖², 1 for a standardized target.
  public internal(set) var targetNorm: Double

  /// - Parameters:
  ///   - gram: `p × p`, symmetric and positive semidefinite.
  ///   - correlation: `p` entries.
  public init(gram: [Double], correlation: [Double], targetNorm: Double = 1) {
    precondition(gram.count == correlation.count * correlation.count, "Quadratic: shapes differ")
    count = correlation.count
    self.gram = gram
    self.correlation = correlation
    self.targetNorm = targetNorm
  }

  /// G_jk
  @inline(__always)
  public func gram(_ j: Int, _ k: Int) -> Double { gram[j * count + k] }

  /// c − G b, the gradient of the negative loss, for sparse `b`.
  ///
  /// - Complexity: O(p · support)
  func residualCorrelation(_ b: [Double]) -> [Double] {
    var g = correlation
    for j in 0..<count where b[j] != 0 {
      LinearAlgebra.addRow(j, of: gram, times: -b[j], to: &g)
    }
    return g
  }
}
