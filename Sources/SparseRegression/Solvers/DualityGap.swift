/// The certificate: how far, at most, an iterate's objective is above the optimum.
///
/// With residual r = y − X b, the point θ = s r is dual for any s; weak duality gives
/// P(b) − P* ≤ P(b) − D(θ), where, over groups g of coordinates (most of a single one),
///
///   P(b) = ½‖r‖² + Σ h(b_g),   D(θ) = θ'y − ½‖θ‖² − Σ h*(X_g'θ).
///
/// For h = λv‖b‖, h* is 0 for ‖X_g'θ‖ ≤ λv and ∞ beyond, so s shrinks r into that set; with a ridge part,
/// h*(u) = (‖u‖ − λvα)₊² / (2λv(1 − α)) is finite and s = 1 serves. A bound of zero drops the side that it
/// forbids; with another bound B, h* is finite on its side, B (‖u‖ − λvα)₊ once that is beyond it. (Fenchel duality; for the lasso: Kim, Koh, Lustig, Boyd & Gorinevsky, 2007.) All of it is
/// read off the moments: xⱼ'r = gⱼ, ‖r‖² = ‖y‖² − c'b − g'b, y'r = ‖y‖² − c'b.
///
/// The dual constraint of an unpenalized group is an equality, X_g'θ = 0, that a direct solve meets to
/// rounding; what is left of it enters as ‖X_g'r‖ max(1, ‖b_g‖).
struct DualityGap {
  let loss: Quadratic
  /// On coordinates; those of a group share a factor.
  let penalty: ElasticNet
  /// The groups that take part.
  let groups: [Range<Int>]

  /// The gap at `b`, with `g` = c − G b.
  ///
  /// - Complexity: O(p)
  func callAsFunction(_ b: [Double], _ g: [Double], lambda: Double) -> Double {
    let sums = PenaltySums(groups, penalty, b, pull: g, lambda: lambda)
    var (fitted, reduction) = (0.0, 0.0)  // c'b and g'b
    for group in groups {
      for j in group where b[j] != 0 {
        fitted += loss.correlation[j] * b[j]
        reduction += g[j] * b[j]
      }
    }
    let residualNorm = max(0, loss.targetNorm - fitted - reduction)
    let targetResidual = loss.targetNorm - fitted
    let best = residualNorm > 0 && sums.conjugate == 0 ? targetResidual / residualNorm : 1
    let s = min(sums.shrink, max(0, best))
    // h* grows with s, so where both kinds meet its value at s = 1 is a bound for s ≤ 1.
    let dual = s * targetResidual - 0.5 * s * s * residualNorm - sums.conjugate
    return max(0, 0.5 * residualNorm + sums.cost - dual) + sums.slack
  }
}

/// What the penalty adds to an objective and to its dual, whatever the loss.
struct PenaltySums {
  /// Σ h(b_g)
  private(set) var cost = 0.0
  /// Σ h*(pull), over the groups where it is finite whatever the pull.
  private(set) var conjugate = 0.0
  /// What is left of the constraints of unpenalized groups.
  private(set) var slack = 0.0
  /// The largest pull over its price.
  private var largest = 0.0

  /// What pulls are to be multiplied by so that h* is finite.
  var shrink: Double { largest > 1 ? 1 / largest : 1 }

  init(
    _ groups: [Range<Int>], _ penalty: ElasticNet, _ b: [Double], pull g: [Double],
    lambda: Double
  ) {
    for group in groups {
      let first = group.lowerBound
      var square = 0.0
      for j in group where b[j] != 0 { square += b[j] * b[j] }
      let (norm, u) = (square.squareRoot(), penalty.pull(group, g))
      let (t, r) = (penalty.threshold(first, lambda), penalty.curvature(first, lambda))
      cost += t * norm + r * square / 2
      let limit = u > t && group.count == 1 ? penalty.limit(first, towards: g[first]) : .infinity
      if limit < .infinity && (r == 0 || u - t > r * limit) {
        conjugate += limit * (u - t) - r * limit * limit / 2
      } else if r > 0 {
        let excess = max(0, u - t)
        conjugate += excess * excess / (2 * r)
      } else if t > 0 {
        largest = max(largest, u / t)
      } else {
        slack += u * max(1, norm)
      }
    }
  }
}
