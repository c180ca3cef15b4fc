internal import CLosses
internal import RealModule

/// Logistic regression: y is 0 or 1, ℓ = log(1 + e^η) − y η, and e^η / (1 + e^η) the chance of 1.
struct Binomial: RowLoss {
  /// One value a row.
  let target: [Double]

  var responses: Int { 1 }

  func evaluate(_ block: inout LossBlock) {
    unsafe block.evaluate(target) { unsafe closses_binomial($0, $1, $2, $3, $4, $5, $6, $7) }
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    [eta.map { -abs($0) }.exponentials().map { $0 / ((1 + $0) * (1 + $0)) }]
  }

  func least(_ row: Int) -> Double { 0 }

  func start(_ shares: [Double]) -> [Double] {
    let mean = zip(shares, target).reduce(0) { $0 + $1.0 * $1.1 }
    return [.log(mean / (1 - mean))]
  }

  /// As cv.glmnet has it, chances nearer to 0 or 1 than 1e-5 count as that near: one row that is
  /// confidently wrong is not to decide.
  static let leastChance = 1e-5

  /// Nearer to 0 or 1 chances are clamped.
  var devianceReach: Double { -.log(Self.leastChance) - 1e-4 }

  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double {
    let chance = Self.chance(eta.first!)
    if metric == .error { return (chance > 0.5) == (target[row] == 1) ? 0 : 1 }
    let kept = min(max(chance, Self.leastChance), 1 - Self.leastChance)
    return -2 * .log(target[row] == 1 ? kept : 1 - kept)
  }

  static func chance(_ eta: Double) -> Double { 1 / (1 + .exp(-eta)) }

  /// 1 − the area under the receiver's curve: the chance that a random row of class 0 ranks above one of
  /// class 1, ties counting half; weighted.
  ///
  /// - Complexity: O(n log n)
  static func oneMinusArea(_ target: [Double], _ eta: [Double], _ weights: [Double]) -> Double {
    let order = eta.indices.sorted { eta[$0] < eta[$1] }
    var (below, all, swaps) = (0.0, 0.0, 0.0)  // weight of class 1 so far; of class 0; wrong pairs
    var first = 0
    while first < order.count {
      var last = first
      var (ones, zeros) = (0.0, 0.0)
      while last < order.count, eta[order[last]] == eta[order[first]] {
        let row = order[last]
        if target[row] == 1 { ones += weights[row] } else { zeros += weights[row] }
        last += 1
      }
      swaps += zeros * (below + ones / 2)
      (below, all, first) = (below + ones, all + zeros, last)
    }
    return below > 0 && all > 0 ? swaps / (below * all) : 0.5
  }
}
