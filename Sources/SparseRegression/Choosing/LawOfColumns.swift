internal import RealModule

/// Knockoffs by a covariance Σ that is made, a matrix of the columns; see ``SecondOrderSampler``.
struct LawOfColumns: KnockoffLaw {
  private let count: Int
  private let height: Int
  /// I − Σ⁻¹S and C, `p × p`, column-major.
  private let kept: [Double]
  private let noise: [Double]

  /// More columns than this have one s for all, the largest that S ≤ 2Σ allows, for time.
  private static let mostSweptColumns = 500
  /// Rows that a task draws at once.
  private static let rowsAtOnce = 2048

  /// - Returns: nil if Σ is singular to rounding.
  /// - Complexity: O(p³ + n p²)
  init?(
    _ x: NumberBuffer, _ groups: [Range<Int>], _ shares: [Double], freedom: Int
  ) {
    let p = groups.last?.upperBound ?? 0
    let gram = CorrelatedBlocks.gram(x, Array(0..<p), shares.map { $0.squareRoot() })
    let blocks = CorrelatedBlocks(gram, count: p, groups: groups, freedom: freedom)
    var blockOf = [Int](repeating: 0, count: p)
    for (index, block) in blocks.blocks.enumerated() { for j in block { blockOf[j] = index } }
    let shrinkage = Shrinkage.share(gram, count: p, freedom: freedom) { blockOf[$0] != blockOf[$1] }
    var sigma = gram.map { (1 - shrinkage) * $0 }
    for block in blocks.blocks {
      let target = Shrinkage.shrunk(
        block.flatMap { j in block.map { gram[j * p + $0] } }, count: block.count, freedom: freedom)
      for (a, j) in block.enumerated() {
        for (b, k) in block.enumerated() {
          sigma[j * p + k] += shrinkage * target[a * block.count + b]
        }
      }
    }
    guard let inverse = LinearAlgebra.inverse(of: sigma, count: p),
      let scales = p <= Self.mostSweptColumns
        ? Reconstructability.scales(sigma, groups)
        : Array(repeating: Self.largestScale(inverse, count: p), count: p)
    else { return nil }
    var kept = [Double](repeating: 0, count: p * p)
    for j in 0..<p {
      for k in 0..<p { kept[j * p + k] = -scales[j] * inverse[j * p + k] }
      kept[j * p + j] += 1
    }
    guard let noise = Self.noise(scales, inverse) else { return nil }
    (self.kept, self.noise, count, height) = (kept, noise, p, shares.count)
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

  func draw(
    _ x: NumberBuffer, into out: NumberBuffer, at place: Int, seed: UInt64, threads: Int
  ) {
    let chunks = stride(from: 0, to: height, by: Self.rowsAtOnce).map {
      $0..<min($0 + Self.rowsAtOnce, height)
    }
    _ = concurrentMap(chunks.count, threads: threads) { index in
      var random = SplitMix64(seed: seed, stream: UInt64(index))
      let rows = chunks[index]
      let normals = (0..<rows.count * count).map { _ in random.normal() }
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
  }
}
