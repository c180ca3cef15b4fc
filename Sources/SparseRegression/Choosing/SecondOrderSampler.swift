internal import RealModule

/// Draws knockoffs for rows of columns that are taken for random ones.
///
/// With Σ the covariance of the columns, 0 < S ≤ 2Σ diagonal and E rows of independent standard normal numbers,
///
///   X̃ = X (I − Σ⁻¹S) + E C,    C'C = 2S − S Σ⁻¹ S,
///
/// has the same means and covariances as X, jointly with X, also where a column and its knockoff are exchanged
/// (*model-X* knockoffs of second order: Candès, Fan, Janson & Lv, 2018). Were the columns normal and Σ known, the
/// rate would hold whatever the number of rows and the loss. Σ is estimated: correlations R are shrunk towards zero,
/// Σ = (1 − κ) R + κ I, by κ = Σ var(r) / Σ r² over pairs of columns (Schäfer & Strimmer, 2005), var(r) ≈
/// (1 − r²)² / (n − 1) as for normal columns. So the rate is approximate.
///
/// Where columns outnumber the rows, all have one s, and R is not made. With K = (κ I + (1 − κ) X X')⁻¹, a matrix of
/// the rows,
///
///   X Σ⁻¹ = K X,    2S − S Σ⁻¹ S = (2s − s²/κ) I + (s² (1 − κ) / κ) X' K X,
///
/// so that with K = L L' and two sets E, F of normal numbers
///
///   X̃ = (I − s K + s √((1 − κ) / κ) F L') X + √(2s − s²/κ) E.
struct SecondOrderSampler: Sendable {
  /// p, columns.
  let count: Int
  /// n, rows.
  let height: Int
  /// Columns that are orthonormal, and have one s.
  private let groups: [Range<Int>]
  /// Of each row, in sums of squares.
  private let shares: [Double]
  /// What is taken off all columns: vectors of length 1, orthogonal to each other.
  private let basis: [[Double]]
  private let law: Law

  private enum Law: Sendable {
    /// I − Σ⁻¹S and C, `p × p`, column-major.
    case columns(kept: [Double], noise: [Double])
    /// I − s K and √b L', `n × n`, column-major, and √(2s − s²/κ).
    case rows(kept: [Double], factor: [Double], noise: Double)
  }

  /// More columns than this have one s for all, the largest that S ≤ 2Σ allows, for time.
  private static let mostSweptColumns = 500
  /// The least κ: something is always left, or Σ has no inverse where columns outnumber rows.
  private static let leastShrinkage = 0.01
  /// Rows, or columns, that a task draws at once.
  private static let (rowsAtOnce, columnsAtOnce) = (2048, 256)

  /// - Parameters:
  ///   - x: `n × count`, column-major; of mean square 1 over `shares`, orthonormal within a group.
  ///   - freedom: rows less what was taken off.
  ///   - basis: what was taken off.
  /// - Returns: nil if Σ is singular to rounding.
  /// - Complexity: O(p³ + n p²), or O(n² p) where columns outnumber rows.
  init?(
    _ x: NumberBuffer, count: Int, groups: [Range<Int>], shares: [Double], freedom: Int,
    basis: [[Double]] = [], threads: Int = 1
  ) {
    (self.count, height, self.groups) = (count, shares.count, groups)
    (self.shares, self.basis) = (shares, basis)
    let law =
      count > max(shares.count, Self.mostSweptColumns)
      ? Self.lawOfRows(x, count: count, shares, freedom: freedom)
      : Self.lawOfColumns(x, count: count, groups, shares, freedom: freedom)
    guard let law else { return nil }
    self.law = law
  }

  /// κ, told from Σ r² over pairs of columns, and Σ (1 − r²)².
  private static func shrinkage(squares: Double, rests: Double, freedom: Int) -> Double {
    squares > 0 ? min(1, max(leastShrinkage, rests / Double(freedom) / squares)) : 1
  }

  private static func lawOfColumns(
    _ x: NumberBuffer, count p: Int, _ groups: [Range<Int>], _ shares: [Double], freedom: Int
  ) -> Law? {
    let n = shares.count
    var gram = [Double](repeating: 0, count: p * p)
    for start in stride(from: 0, to: n, by: rowsAtOnce) {
      let rows = start..<min(start + rowsAtOnce, n)
      let roots = shares[rows].map { $0.squareRoot() }
      var chunk = [Double](repeating: 0, count: rows.count * p)
      unsafe x.withNumbers(0..<n * p) { x in
        for j in 0..<p {
          for (place, row) in rows.enumerated() {
            chunk[j &* rows.count &+ place] = unsafe x[j &* n &+ row] * roots[place]
          }
        }
      }
      unsafe LinearAlgebra.addSquares(
        of: chunk, leading: rows.count, count: p, rows: rows.count, sign: 1, to: &gram)
    }
    LinearAlgebra.mirror(&gram, count: p)
    var (squares, rests) = (0.0, 0.0)
    for j in 0..<p {
      for k in 0..<p where k != j {
        let r = gram[j * p + k]
        squares += r * r
        rests += (1 - r * r) * (1 - r * r)
      }
    }
    let shrinkage = shrinkage(squares: squares, rests: rests, freedom: freedom)
    var sigma = gram.map { (1 - shrinkage) * $0 }
    for j in 0..<p { sigma[j * p + j] += shrinkage }
    guard let inverse = LinearAlgebra.inverse(of: sigma, count: p),
      let scales = p <= mostSweptColumns
        ? Reconstructability.scales(sigma, groups)
        : Array(repeating: largestScale(inverse, count: p), count: p)
    else { return nil }
    var square = [Double](repeating: 0, count: p * p)
    var kept = square
    for j in 0..<p {
      for k in 0..<p {
        square[j * p + k] = -scales[j] * inverse[j * p + k] * scales[k]
        kept[j * p + k] = -scales[j] * inverse[j * p + k]
      }
      square[j * p + j] += 2 * scales[j]
      kept[j * p + j] += 1
    }
    guard LinearAlgebra.factorize(&square, stride: p, count: p) else { return nil }
    // C = L' of 2S − SΣ⁻¹S = L L'; row-major, L is column-major what its transpose is.
    for j in 0..<p { for k in j + 1..<max(p, j + 1) { square[j * p + k] = 0 } }
    return .columns(kept: kept, noise: square)
  }

  /// The largest s that 2Σ allows for all columns, at most 1, by powers of Σ⁻¹.
  private static func largestScale(_ inverse: [Double], count: Int) -> Double {
    var random = SplitMix64(seed: 0, stream: 0)
    var vector = (0..<count).map { _ in random.normal() }
    var length = 1.0
    for _ in 0..<50 {
      vector = LinearAlgebra.product(inverse, vector)
      length = LinearAlgebra.dot(vector, vector).squareRoot()
      vector = vector.map { $0 / length }
    }
    // Powers end a little below the largest value of Σ⁻¹.
    return min(1, 2 / (1.05 * length))
  }

  private static func lawOfRows(
    _ x: NumberBuffer, count p: Int, _ shares: [Double], freedom: Int
  ) -> Law? {
    let n = shares.count
    let roots = shares.map { $0.squareRoot() }
    var gram = [Double](repeating: 0, count: n * n)
    for start in stride(from: 0, to: p, by: columnsAtOnce) {
      let columns = start..<min(start + columnsAtOnce, p)
      let chunk = unsafe x.withNumbers(columns.lowerBound * n..<columns.upperBound * n) { x in
        x.indices.map { unsafe x[$0] * roots[$0 % n] }
      }
      LinearAlgebra.addGram(of: chunk, count: columns.count, width: n, to: &gram)
    }
    LinearAlgebra.mirror(&gram, count: n)
    // Columns have length 1, so that Σ r² is that of X X' less p. All r² are taken to be their mean.
    let pairs = Double(p) * Double(p - 1)
    let squares = max(0, LinearAlgebra.dot(gram, gram) - Double(p))
    let rest = 1 - min(1, squares / pairs)
    let shrinkage = shrinkage(squares: squares, rests: pairs * rest * rest, freedom: freedom)
    let s = min(1, 2 * shrinkage) * (1 - 1e-6)
    var kernel = gram.map { (1 - shrinkage) * $0 }
    for i in 0..<n { kernel[i * n + i] += shrinkage }
    guard let inverse = LinearAlgebra.inverse(of: kernel, count: n) else { return nil }
    var factor = inverse
    guard LinearAlgebra.factorize(&factor, stride: n, count: n) else { return nil }
    let scale = s * ((1 - shrinkage) / shrinkage).squareRoot()
    // From rows times √share to rows as they are.
    var (kept, right) = (inverse, [Double](repeating: 0, count: n * n))
    for i in 0..<n {
      for k in 0..<n {
        let ratio = roots[i] > 0 ? roots[k] / roots[i] : 0
        kept[k * n + i] = ((i == k && roots[i] > 0 ? 1 : 0) - s * inverse[i * n + k] * ratio)
        if i <= k { right[k * n + i] = scale * factor[k * n + i] * roots[k] }
      }
    }
    return .rows(
      kept: kept, factor: right, noise: max(0, 2 * s - s * s / shrinkage).squareRoot())
  }

  // MARK: Drawing

  /// Draws knockoffs of columns.
  ///
  /// - Parameters:
  ///   - x: as in ``init(_:count:groups:shares:freedom:basis:threads:)``.
  ///   - out: where knockoffs go, from `place` on, as `x` are; it may be where `x` are.
  /// - Complexity: O(n p min(n, p))
  func draw(
    _ x: NumberBuffer, into out: NumberBuffer, at place: Int, seed: UInt64, threads: Int
  ) {
    switch law {
    case .columns(let kept, let noise):
      let chunks = stride(from: 0, to: height, by: Self.rowsAtOnce).map {
        $0..<min($0 + Self.rowsAtOnce, height)
      }
      _ = concurrentMap(chunks.count, threads: threads) { index in
        var random = SplitMix64(seed: seed, stream: UInt64(index))
        let normals = (0..<chunks[index].count * count).map { _ in random.normal() }
        let rows = chunks[index]
        unsafe x.withNumbers(0..<height * count) { x in
          unsafe out.withMutableNumbers(place..<place + height * count) { out in
            let target = unsafe out.baseAddress! + rows.lowerBound
            unsafe LinearAlgebra.multiply(
              x.baseAddress! + rows.lowerBound, leading: height, kept, rows: rows.count,
              inner: count, columns: count, keeping: 0, to: target, leading: height)
            unsafe LinearAlgebra.multiply(
              normals, leading: rows.count, noise, rows: rows.count, inner: count,
              columns: count, keeping: 1, to: target, leading: height)
          }
        }
      }
    case .rows(let kept, let factor, let noise):
      let turn = turn(kept, factor, seed: seed)
      let chunks = stride(from: 0, to: count, by: Self.columnsAtOnce).map {
        $0..<min($0 + Self.columnsAtOnce, count)
      }
      _ = concurrentMap(chunks.count, threads: threads) { index in
        let range = chunks[index].lowerBound * height..<chunks[index].upperBound * height
        var random = SplitMix64(seed: seed, stream: UInt64(1 + index))
        unsafe x.withNumbers(range) { x in
          unsafe out.withMutableNumbers(place + range.lowerBound..<place + range.upperBound) {
            out in
            for place in out.indices { unsafe out[place] = noise * random.normal() }
            unsafe LinearAlgebra.multiply(
              turn, leading: height, x.baseAddress!, rows: height, inner: height,
              columns: chunks[index].count, keeping: 1, to: out.baseAddress!, leading: height)
          }
        }
      }
    }
    _ = concurrentMap(groups.count, threads: threads) { finish(groups[$0], out, at: place) }
  }

  /// I − s K + √b F L'
  private func turn(_ kept: [Double], _ factor: [Double], seed: UInt64) -> [Double] {
    var random = SplitMix64(seed: seed, stream: 0)
    let normals = (0..<height * height).map { _ in random.normal() }
    var turn = kept
    unsafe turn.withUnsafeMutableBufferPointer { turn in
      unsafe LinearAlgebra.multiply(
        normals, leading: height, factor, rows: height, inner: height, columns: height,
        keeping: 1, to: turn.baseAddress!, leading: height)
    }
    return turn
  }

  /// Makes knockoffs what columns are: free of the basis, of mean square 1, orthonormal within a group.
  private func finish(_ group: Range<Int>, _ out: NumberBuffer, at place: Int) {
    var made = basis
    for j in group {
      let range = place + j * height..<place + (j + 1) * height
      var column = unsafe out.withNumbers(range) { unsafe Array($0) }
      orthonormalize(&column, to: made, shares)
      unsafe out.withMutableNumbers(range) { unsafe _ = $0.update(fromContentsOf: column) }
      made.append(column)
    }
  }
}

/// Takes what some orthonormal vectors span off another, and makes its mean square 1.
///
/// - Parameter shares: of each place, in sums of squares.
/// - Returns: the mean square that was left.
@discardableResult
func orthonormalize(_ vector: inout [Double], to others: [[Double]], _ shares: [Double]) -> Double {
  for _ in 0..<2 {  // twice is enough (Giraud, Langou & Rozložník, 2005)
    for other in others {
      LinearAlgebra.add(other, times: -LinearAlgebra.inner(shares, other, vector), to: &vector)
    }
  }
  let square = LinearAlgebra.inner(shares, vector, vector)
  if square > 0 {
    let scale = 1 / square.squareRoot()
    for place in vector.indices { vector[place] *= scale }
  }
  return square
}
