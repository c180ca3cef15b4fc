import SparseRegression

/// What the direct solver is measured against: cyclic coordinate descent on moments, plain or with
/// Anderson acceleration (Bertrand & Massias, 2021).
///
/// Every fifth sweep the last six iterates are combined with weights that would bring their differences to
/// zero; the combination is taken if it lowers the objective. Each λ ends at the same duality gap that the
/// direct solver must reach.
struct CoordinateDescent {
  private let p: Int
  /// `p × p`, correlations.
  private let gram: [Double]
  private let correlation: [Double]
  private let isAccelerated: Bool
  private var b: [Double]
  /// c − G b
  private var g: [Double]
  private(set) var sweeps = 0
  private var past: [[Double]] = []

  private static let span = 5
  private static let mostSweeps = 100_000

  /// - Parameter moments: the last column is the target.
  init(_ moments: Moments, isAccelerated: Bool) {
    let p = moments.width - 1
    let scale = (0...p).map { moments.comoment($0, $0).squareRoot() }
    self.p = p
    gram = (0..<p * p).map { moments.comoment($0 / p, $0 % p) / (scale[$0 / p] * scale[$0 % p]) }
    correlation = (0..<p).map { moments.comoment($0, p) / (scale[$0] * scale[p]) }
    self.isAccelerated = isAccelerated
    b = Array(repeating: 0, count: p)
    g = correlation
  }

  /// Goes down a grid on the scale of the standardized target.
  ///
  /// - Returns: Σ |b| over all λ.
  mutating func path(_ grid: [Double], tolerance: Double) -> Double {
    var sum = 0.0
    for lambda in grid {
      past = []
      for round in 1...Self.mostSweeps {
        sweep(lambda)
        if isAccelerated { extrapolate(lambda) }
        if round % Self.span == 0 && gap(lambda) <= tolerance / 2 { break }
      }
      sum += b.reduce(0) { $0 + abs($1) }
    }
    return sum
  }

  private mutating func sweep(_ lambda: Double) {
    sweeps += 1
    for j in 0..<p {
      let u = g[j] + b[j]
      let new = u > lambda ? u - lambda : u < -lambda ? u + lambda : 0
      let step = new - b[j]
      guard step != 0 else { continue }
      b[j] = new
      subtract(j, times: step)
    }
  }

  private mutating func subtract(_ j: Int, times step: Double) {
    Self.subtract(gram, row: j * p, times: step, from: &g)
  }

  private static func subtract(
    _ gram: [Double], row: Int, times step: Double, from g: inout [Double]
  ) {
    let (count, gram) = (g.count, gram.span)
    var g = g.mutableSpan
    for k in 0..<count { g[k] -= step * gram[row &+ k] }
  }

  private mutating func extrapolate(_ lambda: Double) {
    past.append(b)
    guard past.count > Self.span else { return }
    defer { past = [b] }
    let steps = (0..<Self.span).map { i in zip(past[i + 1], past[i]).map { $0 - $1 } }
    guard let weights = Self.weights(steps) else { return }
    let (before, gradient, value) = (b, g, objective(lambda))
    b = (0..<p).map { j in (0..<Self.span).reduce(0) { $0 + weights[$1] * past[$1 + 1][j] } }
    g = correlation
    for j in 0..<p where b[j] != 0 { subtract(j, times: b[j]) }
    if objective(lambda) > value { (b, g) = (before, gradient) }
  }

  /// w = z / Σ z with U'U z = 1, by elimination; nil where U'U is singular.
  private static func weights(_ steps: [[Double]]) -> [Double]? {
    let n = steps.count
    var a = steps.map { x in
      steps.map { z in zip(x, z).reduce(0) { $0 + $1.0 * $1.1 } } + [1]
    }
    for k in 0..<n {
      guard let pivot = (k..<n).max(by: { abs(a[$0][k]) < abs(a[$1][k]) }), a[pivot][k] != 0
      else { return nil }
      a.swapAt(k, pivot)
      for i in 0..<n where i != k {
        let factor = a[i][k] / a[k][k]
        for j in k...n { a[i][j] -= factor * a[k][j] }
      }
    }
    let z = (0..<n).map { a[$0][n] / a[$0][$0] }
    let sum = z.reduce(0, +)
    return sum != 0 && sum.isFinite ? z.map { $0 / sum } : nil
  }

  private func objective(_ lambda: Double) -> Double {
    var (cross, cost) = (0.0, 0.0)
    for j in 0..<p {
      cross += b[j] * (correlation[j] + g[j])
      cost += lambda * abs(b[j])
    }
    return 0.5 * (1 - cross) + cost
  }

  /// P(b) − D(s r), s the largest that is feasible, up to 1.
  private func gap(_ lambda: Double) -> Double {
    var (fitted, reduction, largest) = (0.0, 0.0, 0.0)
    for j in 0..<p {
      fitted += correlation[j] * b[j]
      reduction += g[j] * b[j]
      largest = max(largest, abs(g[j]))
    }
    let (square, product) = (max(0, 1 - fitted - reduction), 1 - fitted)
    let s = min(largest > lambda ? lambda / largest : 1, square > 0 ? max(0, product / square) : 1)
    return objective(lambda) - (s * product - 0.5 * s * s * square)
  }
}
