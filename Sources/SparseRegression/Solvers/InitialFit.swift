/// Least squares and ridge of some targets on all columns at once, for what the adaptive lasso starts from.
///
/// Ridge's penalty t is that of the smallest generalized cross-validation (Golub, Heath & Wahba, 1979),
///
///   GCV(t) = RSS(t) / (1 − df(t) / n)²,   df(t) = tr G (G + t D)⁻¹ (+ 1 with an intercept),
///
/// RSS summed over the targets, D the identity but for unpenalized coordinates, where it is zero. It is looked
/// for among 13 values, half a power of ten apart, from 100 times tr G / min(n, p) down. No fold of its own is
/// needed, and everything is algebra on the rows that are fitted. The matrix to factorize is that of the
/// coordinates or that of the rows, whichever is smaller: with K = X X' / W the two say the same.
enum InitialFit {
  /// Beyond so many coordinates and rows a matrix of either is too large.
  static let most = 8000

  /// Least squares; nil where the coordinates depend on each other.
  ///
  /// - Parameters:
  ///   - gram: `p × p`, both halves filled.
  ///   - correlations: X'y of each target.
  /// - Complexity: O(p³)
  static func leastSquares(gram: [Double], correlations: [[Double]]) -> [[Double]]? {
    var factor = Cholesky()
    guard factor.reset(lower: gram, count: correlations[0].count) else { return nil }
    return correlations.map { factor.solve($0) }
  }

  /// Ridge on coordinates.
  ///
  /// - Parameters:
  ///   - gram: `p × p`, both halves filled.
  ///   - correlations: X'y of each target.
  ///   - norm: Σ ‖y‖²
  ///   - isPenalized: one entry a coordinate.
  ///   - rows: that were fitted.
  ///   - spent: degrees of freedom that the coordinates do not have: 1 for an intercept.
  /// - Complexity: O(p³)
  static func ridge(
    gram: [Double], correlations: [[Double]], norm: Double, isPenalized: [Bool], rows: Int,
    spent: Int
  ) -> [[Double]] {
    let p = isPenalized.count
    let penalized = isPenalized.indices.filter { isPenalized[$0] }
    let trace = penalized.reduce(0) { $0 + gram[$1 * p + $1] }
    return best(trace, penalized.count, rows) { t in
      var matrix = gram
      for j in penalized { matrix[j * p + j] += t }
      guard let inverse = LinearAlgebra.inverseFactor(of: matrix, count: p) else { return nil }
      let b = correlations.map { LinearAlgebra.applyInverse(inverse, to: $0) }
      let square = b.reduce(0) { sum, b in penalized.reduce(sum) { $0 + b[$1] * b[$1] } }
      let fitted = zip(b, correlations).reduce(0) { $0 + LinearAlgebra.dot($1.0, $1.1) }
      var rest = 0.0  // tr (G + t D)⁻¹ D
      for row in 0..<p {
        for j in penalized { rest += inverse[row * p + j] * inverse[row * p + j] }
      }
      return (b, norm - fitted - t * square, Double(p + spent) - t * rest)
    }
  }

  /// Ridge on rows: a with X'a the coefficients.
  ///
  /// - Parameters:
  ///   - kernel: X X' over the rows that were fitted, each times √(wᵢ / W), both halves filled.
  ///   - targets: of the rows, likewise.
  ///   - coordinates: how many there are, penalized ones.
  ///   - trace: Σ of their squared lengths, before anything was taken off them.
  ///   - spent: degrees of freedom of what was taken off the rows before, the intercept included.
  /// - Complexity: O(n³)
  static func ridge(
    kernel: [Double], targets: [[Double]], coordinates: Int, trace: Double, spent: Int
  ) -> [[Double]] {
    let n = targets[0].count
    return best(trace, coordinates, n) { t in
      var matrix = kernel
      for i in 0..<n { matrix[i * n + i] += t }
      guard let inverse = LinearAlgebra.inverseFactor(of: matrix, count: n) else { return nil }
      let a = targets.map { LinearAlgebra.applyInverse(inverse, to: $0) }
      let square = a.reduce(0) { $0 + LinearAlgebra.dot($1, $1) }
      let rest = inverse.reduce(0) { $0 + $1 * $1 }
      return (a, t * t * square, Double(n + spent) - t * rest)
    }
  }

  /// The answer of the smallest generalized cross-validation; the last penalty that there is a factor for
  /// where none has one.
  private static func best(
    _ trace: Double, _ coordinates: Int, _ rows: Int,
    _ solve: (Double) -> (answer: [[Double]], squares: Double, freedom: Double)?
  ) -> [[Double]] {
    var (best, least) = ([[Double]](), Double.infinity)
    var t = 100 * trace / Double(max(1, min(rows, coordinates)))
    for _ in 0..<13 {
      guard let (answer, squares, freedom) = solve(t) else { break }
      let left = 1 - freedom / Double(rows)
      let value = left > 1e-9 ? max(0, squares) / (left * left) : .infinity
      if value < least || best.isEmpty { (best, least) = (answer, value) }
      t /= 10.0.squareRoot()
    }
    return best
  }
}
