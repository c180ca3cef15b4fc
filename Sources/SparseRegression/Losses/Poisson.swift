internal import CLosses
internal import RealModule

/// Counts: ℓ = e^η − y η, with the mean e^η.
struct Poisson: RowLoss {
  /// One value a row, in `[0, ∞)`.
  let target: [Double]
  /// What is added to the linear predictor; empty for nothing.
  let offset: [Double]

  var responses: Int { 1 }

  func evaluate(_ block: inout LossBlock) {
    unsafe block.evaluate(target) { unsafe closses_poisson($0, $1, $2, $3, $4, $5, $6, $7) }
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    [eta.exponentials()]
  }

  /// At η = log y.
  func least(_ row: Int) -> Double {
    let y = target[row]
    return y > 0 ? y - y * .log(y) : 0
  }

  func start(_ shares: [Double]) -> [Double] {
    let mean = zip(shares, target).reduce(0) { $0 + $1.0 * $1.1 }
    let exposure =
      offset.isEmpty ? 1 : zip(shares, offset).reduce(0) { $0 + $1.0 * .exp(min($1.1, 700)) }
    return [.log(mean / exposure)]
  }

  var devianceReach: Double { .infinity }

  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double {
    2 * (.exp(eta.first!) - target[row] * eta.first! - least(row))
  }
}
