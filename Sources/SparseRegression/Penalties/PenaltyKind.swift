/// How a penalty goes on beyond its price: straight, or level, so that large coefficients are not shrunk.
///
/// With t the length of a term's coefficients and u = λ α v its price, for t ≥ 0:
///
/// - lasso: P(t) = u t
/// - MCP (Zhang, 2010), γ > 1: u t − t² / (2γ) up to t = γ u, γ u² / 2 beyond
/// - SCAD (Fan & Li, 2001), γ > 2: u t up to t = u, (2γ u t − t² − u²) / (2(γ − 1)) up to γ u,
///   u² (γ + 1) / 2 beyond
///
/// The last two are concave in t, so that the objective may have several local minima. On a group they act
/// on its length (Breheny & Huang, 2015).
public enum PenaltyKind: Sendable, Equatable {
  case lasso
  case mcp(gamma: Double)
  case scad(gamma: Double)

  /// By how much P bends down at most: −P'' ≤ this.
  var concavity: Double {
    switch self {
    case .lasso: 0
    case .mcp(let gamma): 1 / gamma
    case .scad(let gamma): 1 / (gamma - 1)
    }
  }

  /// P(t)
  func value(_ t: Double, price u: Double) -> Double {
    switch self {
    case .lasso: return u * t
    case .mcp(let gamma):
      return t <= gamma * u ? u * t - t * t / (2 * gamma) : gamma * u * u / 2
    case .scad(let gamma):
      if t <= u { return u * t }
      return t <= gamma * u
        ? (2 * gamma * u * t - t * t - u * u) / (2 * (gamma - 1)) : u * u * (gamma + 1) / 2
    }
  }

  /// P'(t), and P'' to the left of t, at t > 0.
  func derivatives(_ t: Double, price u: Double) -> (slope: Double, bend: Double) {
    switch self {
    case .lasso: return (u, 0)
    case .mcp(let gamma):
      return t <= gamma * u ? (u - t / gamma, -1 / gamma) : (0, 0)
    case .scad(let gamma):
      if t <= u { return (u, 0) }
      return t <= gamma * u ? ((gamma * u - t) / (gamma - 1), -1 / (gamma - 1)) : (0, 0)
    }
  }

  /// What the price of each coordinate is to be multiplied by so that a straight penalty touches this one.
  ///
  /// - Parameters:
  ///   - groups: of coordinates.
  ///   - unit: t is so many times the length of a group.
  func slopes(
    _ b: [Double], _ groups: [Range<Int>], _ penalty: ElasticNet, _ lambda: Double,
    unit: Double = 1
  ) -> [Double] {
    var slopes = [Double](repeating: 1, count: b.count)
    for group in groups {
      let price = penalty.price(group.lowerBound, lambda)
      let length = group.reduce(0) { $0 + b[$1] * b[$1] }.squareRoot()
      guard price > 0, length > 0 else { continue }
      let slope = derivatives(unit * length, price: price).slope / price
      for j in group { slopes[j] = slope }
    }
    return slopes
  }

  /// What P'(t) is made of does not change between two of these.
  func isSamePiece(_ s: Double, _ t: Double, price u: Double) -> Bool {
    switch self {
    case .lasso: return true
    case .mcp(let gamma): return (s <= gamma * u) == (t <= gamma * u)
    case .scad(let gamma): return (s <= u) == (t <= u) && (s <= gamma * u) == (t <= gamma * u)
    }
  }

  /// The t ≥ 0 that makes d t² / 2 − z t + P(t) smallest (Breheny & Huang, 2011).
  ///
  /// - Parameters:
  ///   - z: at least 0.
  ///   - d: above ``concavity``, so that the smallest is the only local minimum.
  func minimum(_ z: Double, curvature d: Double, price u: Double) -> Double {
    precondition(d > concavity)
    guard z > u else { return 0 }
    switch self {
    case .lasso: return (z - u) / d
    case .mcp(let gamma):
      return z <= gamma * u * d ? (z - u) / (d - 1 / gamma) : z / d
    case .scad(let gamma):
      if z <= u * (1 + d) { return (z - u) / d }
      return z <= gamma * u * d
        ? (z - gamma * u / (gamma - 1)) / (d - 1 / (gamma - 1)) : z / d
    }
  }
}
