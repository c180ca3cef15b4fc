@testable import SparseRegression

/// Rows made from a seed, for laws that must hold on any data.
struct MadeData {
  var rows: [[Double]]
  var target: [Double]
  var weights: [Double]

  var p: Int { rows[0].count }
  var n: Int { rows.count }

  /// Correlated columns (each half of its neighbour), a few true coefficients, noise.
  init(n: Int, p: Int, seed: UInt64, weighted: Bool = false) {
    var random = SplitMix64(seed: seed, stream: 0)
    func normal() -> Double {
      (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }
    rows = (0..<n).map { _ in
      var row = [normal()]
      for _ in 1..<max(p, 1) { row.append(0.5 * row.last! + 0.8 * normal()) }
      return Array(row.prefix(p))
    }
    target = rows.map { row in
      row.enumerated().reduce(3) { $0 + ($1.offset % 4 == 0 ? 1 : 0) * $1.element } + 2 * normal()
    }
    weights = (0..<n).map { _ in
      weighted ? Double.random(in: 0.2..<3, using: &random) : 1
    }
  }

  func moments(chunkRows: Int = 256, where included: (Int) -> Bool = { _ in true }) -> Moments {
    var accumulator = MomentAccumulator(width: p + 1, chunkRows: chunkRows)
    for i in 0..<n where included(i) {
      accumulator.add(rows[i] + [target[i]], weight: weights[i])
    }
    return accumulator.finish()
  }

  /// The penalty with factors and bounds drawn from the seed.
  static func penalty(p: Int, alpha: Double, seed: UInt64) -> ElasticNet {
    var random = SplitMix64(seed: seed, stream: 1)
    let factors = (0..<p).map { _ in [0, 0.5, 1, 1, 1, 2].randomElement(using: &random)! }
    let bounds = (0..<p).map { _ in
      [ElasticNet.Bounds.free, .free, .free, .nonnegative, .nonpositive]
        .randomElement(using: &random)!
    }
    return ElasticNet(alpha: alpha, factors: factors, bounds: bounds)
  }

  /// The same with limits that bind.
  static func limits(p: Int, alpha: Double, seed: UInt64) -> ElasticNet {
    var random = SplitMix64(seed: seed, stream: 2)
    let factors = (0..<p).map { _ in [0, 0.5, 1, 1, 1, 2].randomElement(using: &random)! }
    let bounds = (0..<p).map { _ in
      [
        .free, .nonnegative, ElasticNet.Bounds(-0.05, 0.1), ElasticNet.Bounds(-.infinity, 0.05),
        ElasticNet.Bounds(-0.1, 0.02),
      ].randomElement(using: &random)!
    }
    return ElasticNet(alpha: alpha, factors: factors, bounds: bounds)
  }
}

/// |a − b| ≤ tolerance · max(1, |a|, |b|)
func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}

/// Every column but the last a number.
func plainDesign(_ moments: Moments) -> Design {
  Design(TrainingMoments([moments]), (0..<moments.width - 1).map { .number($0) })
}

extension Design {
  /// The problem with all rows of its matrix made.
  func quadratic(_ moments: Moments) -> Quadratic {
    var loss = quadratic(TrainingMoments([moments]))
    loss.prepareAll()
    return loss
  }
}

extension CrossValidation {
  /// - Parameter errors: one row a fold, one entry a λ.
  init(errors: [[Double]], weights: [Double], isRelative: Bool = false) throws {
    var collected = Errors(weights: weights, isRelative: isRelative)
    for step in errors[0].indices {
      try collected.append(
        errors.map { [$0[step]] }, votes: [], gap: 0, lambda: 1 / Double(step + 1))
    }
    self = collected.crossValidation!
  }
}

/// sign(x) · max(|x| − t, 0), the answer of the lasso for one orthonormal column.
func softThreshold(_ x: Double, _ t: Double) -> Double {
  x > t ? x - t : x < -t ? x + t : 0
}
