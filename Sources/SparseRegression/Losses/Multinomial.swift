internal import CLosses
internal import RealModule

/// Several classes: ℓ = log Σ_k e^η_k − η_y, with e^η_k / Σ e^η_m the chance of class k.
struct Multinomial: RowLoss {
  /// The class of each row, from 0.
  let target: [Int]
  let responses: Int

  var curvatureSumsToZero: Bool { true }

  func evaluate(_ block: inout LossBlock) {
    let (rows, stride, fits, weights) = (block.rows, block.stride, block.fits, block.weights)
    precondition(rows.upperBound <= target.count && block.eta.count == rows.count * stride)
    var work = [Double](repeating: 0, count: stride + 2 * fits + 9 * LossBlock.lanes)
    unsafe block.eta.withUnsafeMutableBufferPointer { eta in
      unsafe target.withUnsafeBufferPointer { target in
        unsafe weights.withUnsafeBufferPointer { weights in
          unsafe closses_multinomial(
            eta.baseAddress!, rows.count, stride, fits, responses,
            target.baseAddress! + rows.lowerBound, weights.baseAddress!, &work, &block.value,
            &block.cross)
        }
      }
    }
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    let chances = chances(rows, eta)
    return pairing.pairs(of: responses).map { k, m in
      k == m ? chances[k].map { $0 * (1 - $0) } : zip(chances[k], chances[m]).map { -($0 * $1) }
    }
  }

  /// For each class its chance in some rows.
  private func chances(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    // Class by class, so that rows are worked on side by side.
    var all = [Double](repeating: 0, count: eta.count)
    for row in 0..<rows.count {
      let first = row * responses
      let most = eta[first..<first + responses].max()!
      for k in 0..<responses { all[k * rows.count + row] = eta[first + k] - most }
    }
    let odds = all.exponentials()
    var sums = [Double](repeating: 0, count: rows.count)
    for k in 0..<responses { for row in sums.indices { sums[row] += odds[k * rows.count + row] } }
    return (0..<responses).map { k in
      zip(odds[k * rows.count..<(k + 1) * rows.count], sums).map { $0 / $1 }
    }
  }

  private func chances(_ eta: ArraySlice<Double>) -> [Double] {
    let most = eta.max()!
    let odds = eta.map { Double.exp($0 - most) }
    let sum = odds.reduce(0, +)
    return odds.map { $0 / sum }
  }

  func least(_ row: Int) -> Double { 0 }

  /// The logarithms of the shares of the classes, with mean zero.
  func start(_ shares: [Double]) -> [Double] {
    var logs = [Double](repeating: 0, count: responses)
    for (row, share) in shares.enumerated() { logs[target[row]] += share }
    logs = logs.map { .log($0) }
    let mean = logs.reduce(0, +) / Double(responses)
    return logs.map { $0 - mean }
  }

  /// A class has at least the chance e^−2|η| / classes.
  var devianceReach: Double { (-.log(Binomial.leastChance) - .log(Double(responses))) / 2 }

  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double {
    let chances = chances(eta)
    if metric == .error {
      return chances.indices.max { chances[$0] < chances[$1] }! == target[row] ? 0 : 1
    }
    let kept = min(max(chances[target[row]], Binomial.leastChance), 1 - Binomial.leastChance)
    return -2 * .log(kept)
  }
}
