/// The certificate: how far, at most, an iterate's objective is above the optimum.
///
/// With residual r = y − X b, the point θ = s r is dual for any s; weak duality gives
/// P(b) − P* ≤ P(b) − D(θ), where
///
///   P(b) = ½‖r‖² + Σⱼ h(bⱼ),   D(θ) = θ'y − ½‖θ‖² − Σⱼ h*(xⱼ'θ).
///
/// For the lasso h* is 0 for |xⱼ'θ| ≤ λvⱼ and ∞ beyond, so s shrinks r into that box; with a ridge
/// part, h*(u) = (|u| − λvⱼα)₊² / (2λvⱼ(1 − α)) is finite and s = 1 serves. A sign constraint drops
/// the side that it forbids. (Fenchel duality; for the lasso: Kim, Koh, Lustig, Boyd & Gorinevsky,
/// 2007.) All of it is read off the moments: xⱼ'r = gⱼ, ‖r‖² = ‖y‖² − c'b − g'b, y'r = ‖y‖² − c'b.
///
/// An unpenalized column's dual constraint is an equality, xⱼ'θ = 0, that a direct solve meets to
/// rounding; what is left of it enters as |gⱼ| max(1, |bⱼ|).
struct DualityGap {
  let loss: Quadratic
  let penalty: ElasticNet
  /// The columns that take part.
  let columns: [Int]

  /// The gap at `b`, with `g` = c − G b.
  ///
  /// - Complexity: O(p)
  func callAsFunction(_ b: [Double], _ g: [Double], lambda: Double) -> Double {
    var (fitted, reduction) = (0.0, 0.0)  // c'b and g'b
    for j in columns where b[j] != 0 {
      fitted += loss.correlation[j] * b[j]
      reduction += g[j] * b[j]
    }
    let residualNorm = max(0, loss.targetNorm - fitted - reduction)
    let targetResidual = loss.targetNorm - fitted
    let primal = 0.5 * residualNorm + penalty.value(b, lambda)

    var (largest, conjugate, slack) = (0.0, 0.0, 0.0)
    for j in columns {
      let u = feasibleSide(g[j], j)
      let (t, r) = (penalty.threshold(j, lambda), penalty.curvature(j, lambda))
      if r > 0 {
        let excess = max(0, u - t)
        conjugate += excess * excess / (2 * r)
      } else if t > 0 {
        largest = max(largest, u / t)
      } else {
        slack += u * max(1, abs(b[j]))
      }
    }
    let limit = largest > 1 ? 1 / largest : 1
    let best = residualNorm > 0 && conjugate == 0 ? targetResidual / residualNorm : 1
    let s = min(limit, max(0, best))
    // With a ridge part and a box at once (a column without curvature), s scales the conjugate too:
    // h* grows with s, so its value at s = 1 is a bound for s ≤ 1.
    let dual = s * targetResidual - 0.5 * s * s * residualNorm - conjugate
    return max(0, primal - dual) + slack
  }

  /// How far xⱼ'θ goes in a direction that column `j` is allowed to answer.
  private func feasibleSide(_ u: Double, _ j: Int) -> Double {
    switch penalty.signs[j] {
    case .free: abs(u)
    case .nonnegative: max(0, u)
    case .nonpositive: max(0, -u)
    }
  }
}
