internal import RealModule

/// How far knockoffs may be from their columns: the diagonal S with 0 ≤ S ≤ 2G that makes it hardest to
/// tell a column from the others and all knockoffs.
///
/// Minimized is the trace of the inverse of the Gram matrix of columns and knockoffs, which is that of
/// S⁻¹ + (2G − S)⁻¹ up to a factor: *minimum variance-based reconstructability* (Spector & Janson, 2022).
/// Its argument is convex, and along one s the minimum is known: with D = 2G − S, d = (D⁻¹)ⱼⱼ and a the
/// length of column j of D⁻¹, s ← (s d + 1) / (d + a). Sweeps from S = 0 end where they gain less than
/// 1e-5. All coordinates of a term share one s, so that a term's basis does not matter.
enum Reconstructability {
  /// Relative gain below which sweeps end, and how many there are at most.
  private static let (leastGain, mostSweeps) = (1e-5, 100)

  /// - Parameters:
  ///   - gram: `p × p`, positive definite; blocks of a group are the identity.
  ///   - groups: coordinates that share an s.
  /// - Returns: s, one entry a coordinate; nil if `gram` is not positive definite to rounding.
  /// - Complexity: O(p³) a sweep; a dozen sweeps.
  static func scales(_ gram: [Double], _ groups: [Range<Int>]) -> [Double]? {
    let p = groups.last?.upperBound ?? 0
    precondition(gram.count == p * p, "scales: shapes differ")
    var (s, last) = ([Double](repeating: 0, count: p), Double.infinity)
    for _ in 0..<mostSweeps {
      var rest = gram.map { 2 * $0 }
      for j in 0..<p { rest[j * p + j] -= s[j] }
      guard var inverse = LinearAlgebra.inverse(of: rest, count: p) else { return nil }
      let trace = (0..<p).reduce(0) { $0 + 1 / s[$1] + inverse[$1 * p + $1] }
      if trace > last * (1 - leastGain) { break }
      last = trace
      for group in groups {
        let new =
          group.count == 1
          ? single(group.lowerBound, s, inverse) : shared(group, s, inverse)
        let step = s[group.lowerBound] - new
        // D grows by the step on the group's diagonal; its inverse follows (Sherman & Morrison, 1950).
        for j in group {
          let column = Array(inverse[j * p..<(j + 1) * p])
          LinearAlgebra.addOuterProduct(
            column, times: -step / (1 + step * column[j]), to: &inverse)
          s[j] = new
        }
      }
    }
    return s
  }

  private static func single(_ j: Int, _ s: [Double], _ inverse: [Double]) -> Double {
    let p = s.count
    let column = Array(inverse[j * p..<(j + 1) * p])
    let length = LinearAlgebra.dot(column, column).squareRoot()
    return (s[j] * column[j] + 1) / (column[j] + length)
  }

  /// The same for m coordinates with one s.
  ///
  /// With A and B the group's blocks of D⁻¹ and D⁻², a step δ, s ← s − δ, changes the trace by
  /// m / (s − δ) − m / s − tr(δ B (I + δA)⁻¹). Its derivative m / (s − δ)² − tr(B (I + δA)⁻²) rises in δ;
  /// halving finds its zero.
  private static func shared(_ group: Range<Int>, _ s: [Double], _ inverse: [Double]) -> Double {
    let (p, m, old) = (s.count, group.count, s[group.lowerBound])
    let columns = group.map { Array(inverse[$0 * p..<($0 + 1) * p]) }
    let b = columns.flatMap { x in columns.map { LinearAlgebra.dot(x, $0) } }
    func slopes(down step: Double) -> Bool {
      var a = columns.flatMap { column in group.map { step * column[$0] } }
      for j in 0..<m { a[j * m + j] += 1 }
      guard let inner = LinearAlgebra.inverse(of: a, count: m) else { return true }
      var trace = 0.0
      for j in 0..<m {
        let row = LinearAlgebra.product(b, Array(inner[j * m..<(j + 1) * m]))
        trace += LinearAlgebra.dot(row, Array(inner[j * m..<(j + 1) * m]))
      }
      let rest = old - step
      return Double(m) / (rest * rest) < trace
    }
    // D stays positive definite for steps above −1 / (largest eigenvalue of A), which the trace bounds.
    var low = old - 2
    var high = old
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if slopes(down: middle) { low = middle } else { high = middle }
    }
    return old - high
  }
}
