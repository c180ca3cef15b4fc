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

  /// Standardizes the moments, whose last column is the target.
  ///
  /// - Complexity: O(p²)
  public init(_ moments: Moments, _ standardization: Standardization, intercept: Bool = true) {
    let p = moments.width - 1
    let (weight, scale) = (moments.weight, standardization.scale)
    func product(_ j: Int, _ k: Int) -> Double {
      moments.comoment(j, k) / weight + (intercept ? 0 : moments.mean[j] * moments.mean[k])
    }
    let s = standardization.targetScale
    count = p
    correlation = (0..<p).map { product($0, p) / (scale[$0] * s) }
    targetNorm = product(p, p) / (s * s)
    gram = Array(repeating: 0, count: p * p)
    fillGram(
      &gram, moments.upper, width: p + 1, weight: weight, scale: scale,
      mean: intercept ? Array(repeating: 0, count: p) : moments.mean)
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

/// G_jk = (C_jk / W + x̄ⱼ x̄ₖ) / (sⱼ sₖ), both halves; `mean` is zero where columns are centred.
private func fillGram(
  _ gram: inout [Double], _ upper: [Double], width: Int, weight: Double, scale: [Double],
  mean: [Double]
) {
  let p = scale.count
  let inverse = scale.map { 1 / $0 }
  var g = gram.mutableSpan
  let (upper, mean, inverseSpan) = (upper.span, mean.span, inverse.span)
  for j in 0..<p {
    let (from, to, a, m) = (j &* width, j &* p, inverse[j], mean[j])
    for k in j..<p {
      g[to &+ k] = (upper[from &+ k] / weight + m * mean[k]) * (a * inverseSpan[k])
    }
  }
  for j in 0..<p { for k in j + 1..<max(p, j + 1) { g[k &* p &+ j] = g[j &* p &+ k] } }
}
