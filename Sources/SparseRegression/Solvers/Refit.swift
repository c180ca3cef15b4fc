/// Least squares on the coordinates that are in, without a penalty: the other end of the relaxed lasso.
///
/// From one λ to the next few coordinates enter or leave; the Cholesky factor follows them, and where none
/// did the fit of before still stands. A coordinate that those before it span has no coefficient. Where
/// coefficients are bounded, the bounds hold here, too.
struct Refit: Sendable {
  /// One coefficient a coordinate of the last support.
  private(set) var values: [Double] = []
  private var support: [Int] = []
  private var factor = Cholesky()
  /// The coordinates of the factor, in its order.
  private var members: [Int] = []

  /// Fits some coordinates.
  ///
  /// - Parameters:
  ///   - coordinates: increasing.
  ///   - penalty: its bounds hold.
  /// - Returns: whether the fit is another than before.
  /// - Complexity: O(support²) for each coordinate that entered or left.
  mutating func solve(_ coordinates: [Int], _ loss: Quadratic, _ penalty: ElasticNet) -> Bool {
    guard coordinates != support else { return false }
    support = coordinates
    if penalty.isBounded {
      solveBounded(loss, penalty)
    } else {
      follow(loss)
      solveFree(loss)
    }
    return true
  }

  private mutating func solveBounded(_ loss: Quadratic, _ penalty: ElasticNet) {
    var solver = ActiveSet(loss, penalty.withoutPrices, columns: support)
    // The direct solution as it is: where columns nearly depend on each other no gap could be met.
    _ = solver.solve(lambda: 0, tolerance: .infinity)
    values = support.map { solver.b[$0] }
  }

  /// Brings the factor to the support.
  private mutating func follow(_ loss: Quadratic) {
    let wanted = Set(support)
    for place in members.indices.reversed() where !wanted.contains(members[place]) {
      factor.remove(at: place)
      members.remove(at: place)
    }
    let there = Set(members)
    for j in support where !there.contains(j) {
      let row = members.map { loss.gram(j, $0) }
      if factor.append(row, diagonal: loss.gram(j, j)) { members.append(j) }
    }
  }

  private mutating func solveFree(_ loss: Quadratic) {
    var b = factor.solve(members.map { loss.correlation[$0] })
    // Once more from the gradient that is left: iterative refinement.
    let correction = factor.solve(loss.residualCorrelation(b, of: members))
    for place in b.indices { b[place] += correction[place] }
    let coefficient = Dictionary(uniqueKeysWithValues: zip(members, b))
    values = support.map { coefficient[$0] ?? 0 }
  }
}

/// The squared errors of all blends of a penalized fit and its refit: with r and s their residuals, that
/// of γ r + (1 − γ) s is a quadratic in γ.
struct BlendedSquares: Sendable {
  /// ‖r‖²
  var penalized: Double
  /// ‖s‖²
  var refitted: Double
  /// r's
  var cross: Double

  func callAsFunction(_ gamma: Double) -> Double {
    let rest = 1 - gamma
    return max(0, gamma * gamma * penalized + rest * rest * refitted + 2 * gamma * rest * cross)
  }
}
