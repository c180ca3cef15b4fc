/// Squares for small residuals, lengths for large ones, so that a few wild targets do not rule the fit:
/// h(r) = r²/2 up to |r| = δ, δ|r| − δ²/2 beyond (Huber, 1964).
struct Huber: RowLoss {
  /// One value a row.
  let target: [Double]
  let delta: Double

  /// - Parameters:
  ///   - delta: nil for 1.345 times the scale of the target, 1.4826 times the median of its absolute
  ///     deviations from the median: 95 % as efficient as least squares were the noise normal.
  ///   - told: the targets that tell the scale; nil for all.
  init(_ target: [Double], delta: Double?, told: [Double]? = nil) {
    self.target = target
    self.delta = delta ?? Self.usualDelta(told ?? target)
  }

  private static func usualDelta(_ target: [Double]) -> Double {
    let center = median(target)
    let deviation = median(target.map { abs($0 - center) })
    // Where half of the targets are the same, their mean deviation tells a scale all the same.
    let spread = target.reduce(0) { $0 + abs($1 - center) } / Double(max(1, target.count))
    return 1.345 * (deviation > 0 ? 1.4826 * deviation : 1.2533 * spread)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  var responses: Int { 1 }
  var isSelfConcordant: Bool { false }
  var hasKinks: Bool { true }

  func evaluate(_ block: inout LossBlock) {
    block.evaluate { [target] row, eta in
      let residual = target[row] - eta
      return (loss(residual), min(max(residual, -delta), delta))
    }
  }

  private func loss(_ residual: Double) -> Double {
    let size = abs(residual)
    return size <= delta ? size * size / 2 : delta * size - delta * delta / 2
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    // Beyond δ there is none, and Newton's steps would run away. The weights of iterated least squares bound
    // the loss by a parabola through it, so that each step brings it down (Huber, 1964).
    [zip(rows, eta).map { min(1, delta / max(abs(target[$0] - $1), .leastNormalMagnitude)) }]
  }

  func secondDerivatives(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    [zip(rows, eta).map { abs(target[$0] - $1) <= delta ? 1 : 0 }]
  }

  func least(_ row: Int) -> Double { 0 }

  func start(_ shares: [Double]) -> [Double] {
    [Self.median(zip(shares, target).compactMap { $0 > 0 ? $1 : nil })]
  }

  var devianceReach: Double { .infinity }

  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double {
    2 * loss(target[row] - eta.first!)
  }
}
