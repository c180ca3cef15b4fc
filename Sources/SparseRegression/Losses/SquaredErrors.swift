/// Several numbers at once: ℓ = ½ Σ_k (y_k − η_k)².
struct SquaredErrors: RowLoss {
  /// `rows × responses`, row-major.
  let target: [Double]
  let responses: Int

  func evaluate(_ block: inout LossBlock) {
    block.evaluate { [target] place, eta in
      let residual = target[place] - eta
      return (residual * residual / 2, residual)
    }
  }

  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    [Array(repeating: 1, count: rows.count)]
  }

  var pairing: ResponsePairing { .common }

  func least(_ row: Int) -> Double { 0 }

  func start(_ shares: [Double]) -> [Double] {
    (0..<responses).map { k in
      shares.indices.reduce(0) { $0 + shares[$1] * target[$1 * responses + k] }
    }
  }

  var devianceReach: Double { .infinity }

  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double {
    zip(target[row * responses..<(row + 1) * responses], eta).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
  }
}
