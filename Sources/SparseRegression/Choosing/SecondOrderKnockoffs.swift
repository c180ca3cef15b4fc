/// Knockoffs of columns that are taken for random ones, from moments: for tables with few rows.
///
/// ``SecondOrderSampler`` makes them of rows. All rows with the same moments are the same to least squares, its
/// normal numbers having the same law in every orthonormal basis. Those used are a factor of the Gram matrix of
/// columns and target.
struct SecondOrderKnockoffs: Knockoffs {
  let candidates: Candidates
  private let sampler: SecondOrderSampler
  /// `directions × p`, column-major, of mean square 1.
  private let columns: NumberBuffer
  private let target: [Double]

  private var directions: Int { target.count }

  /// - Returns: nil if the covariance is singular to rounding.
  /// - Complexity: O(p³)
  init?(_ candidates: Candidates) {
    let (p, n) = (candidates.count, candidates.freedom)
    // Rows with these moments, in the fewest directions; normal numbers need them all.
    let diagonal = (0..<p).map { candidates.gram[$0 * p + $0] } + [candidates.targetNorm]
    let made = LinearAlgebra.semidefiniteFactor(
      { pivot in
        pivot < p
          ? Array(candidates.gram[pivot * p..<(pivot + 1) * p]) + [candidates.correlation[pivot]]
          : candidates.correlation + [candidates.targetNorm]
      }, diagonal: diagonal, ends: diagonal.map { 1e-10 * $0 }, rank: n)
    guard let columns = NumberBuffer(count: n * p) else { return nil }
    let root = Double(n).squareRoot()
    unsafe columns.withMutableNumbers(0..<n * p) { x in
      for (row, direction) in made.enumerated() {
        for j in 0..<p { unsafe x[j * n + row] = direction[j] * root }
      }
    }
    guard
      let sampler = SecondOrderSampler(
        columns, count: p, groups: candidates.groups,
        shares: Array(repeating: 1 / Double(n), count: n), freedom: n)
    else { return nil }
    target = made.map { $0[p] * root } + [Double](repeating: 0, count: n - made.count)
    (self.candidates, self.columns, self.sampler) = (candidates, columns, sampler)
  }

  func draw(using random: inout SplitMix64) -> Quadratic {
    let (p, n) = (candidates.count, directions)
    // Address space without pages, until they are written.
    let both = NumberBuffer(count: 2 * n * p)!
    unsafe columns.withNumbers(0..<n * p) { x in
      unsafe both.withMutableNumbers(0..<n * p) { unsafe _ = $0.update(fromContentsOf: x) }
    }
    sampler.draw(columns, into: both, at: n * p, seed: random.next(), threads: 1)
    let all = InnerProducts(buffer: both, height: n)
    return Quadratic(
      all, diagonal: (0..<2 * p).map { all.product($0, $0) },
      correlation: candidates.correlation + (p..<2 * p).map { all.product($0, target) },
      targetNorm: candidates.targetNorm)
  }
}

/// Products of columns that are there, over their length.
private struct InnerProducts: GramSource {
  let buffer: NumberBuffer
  let height: Int

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    some.map { j in others.map { product(j, $0) } }
  }

  func product(_ j: Int, _ k: Int) -> Double {
    unsafe buffer.withNumbers(j * height..<(j + 1) * height) { x in
      unsafe buffer.withNumbers(k * height..<(k + 1) * height) { y in
        unsafe LinearAlgebra.dot(x, y) / Double(height)
      }
    }
  }

  func product(_ j: Int, _ vector: [Double]) -> Double {
    unsafe buffer.withNumbers(j * height..<(j + 1) * height) { x in
      unsafe vector.withUnsafeBufferPointer { y in
        unsafe LinearAlgebra.dot(x, y) / Double(height)
      }
    }
  }
}
