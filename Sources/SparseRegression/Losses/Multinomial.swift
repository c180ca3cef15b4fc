internal import CLosses
internal import RealModule

/// Several classes: ℓ = log Σ_k e^η_k − η_y, with e^η_k / Σ e^η_m the chance of class k.
struct Multinomial: RowLoss {
  /// The class of each row, from 0.
  let target: [Int]
  let responses: Int

  func evaluate(_ block: inout LossBlock) {
    let (classes, stride) = (responses, block.stride)
    // The largest of a row is taken off, so that nothing overflows.
    var chances = block.eta
    var largest = [Double](repeating: 0, count: block.rows.count * block.fits)
    for place in 0..<block.rows.count {
      for fit in 0..<block.fits {
        let at = place * stride + fit * classes
        var most = chances[at]
        for k in 1..<classes { most = max(most, chances[at + k]) }
        for k in 0..<classes { chances[at + k] -= most }
        largest[place * block.fits + fit] = most
      }
    }
    unsafe chances.withUnsafeMutableBufferPointer {
      unsafe closses_exp($0.baseAddress!, $0.count)
    }
    for (place, row) in block.rows.enumerated() {
      let weight = block.weights[block.weights.startIndex + place]
      for fit in 0..<block.fits {
        let (at, slot) = (place * stride + fit * classes, fit * classes)
        var sum = 0.0
        for k in 0..<classes { sum += chances[at + k] }
        let loss =
          .log(sum) + largest[place * block.fits + fit] - block.eta[at + target[row]]
        block.value[slot] += weight * loss
        var cross = 0.0
        for k in 0..<classes {
          let pull = weight * ((k == target[row] ? 1 : 0) - chances[at + k] / sum)
          cross += pull * block.eta[at + k]
          block.eta[at + k] = pull
        }
        block.cross[slot] += cross
      }
    }
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    let all = (0..<rows.count).map { chances(eta[$0 * responses..<($0 + 1) * responses]) }
    var curvature: [[Double]] = []
    for k in 0..<responses {
      for m in k..<responses {
        curvature.append(all.map { $0[k] * ((k == m ? 1 : 0) - $0[m]) })
      }
    }
    return curvature
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
