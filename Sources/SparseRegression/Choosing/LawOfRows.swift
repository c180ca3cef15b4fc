internal import RealModule

/// Knockoffs where columns outnumber the rows: Σ is not made, but a matrix of the rows; see ``SecondOrderSampler``.
///
/// With T block by block, Y = X T⁻¹ and K = (κ I + (1 − κ) X Y')⁻¹ = L L', n × n, Woodbury's identity gives
///
///   X Σ⁻¹ = K Y,    2S − S Σ⁻¹ S = (2S − S T⁻¹ S / κ) + ((1 − κ) / κ) S Y' K Y S,
///
/// so that with S ≤ 2κT block by block, C'C = 2S − S T⁻¹ S / κ and two sets E, F of normal numbers
///
///   X̃ = X + (√((1 − κ) / κ) F L' − K) Y S + E C.
struct LawOfRows: KnockoffLaw {
  private let height: Int
  /// Blocks that are drawn at once.
  private let chunks: [[Block]]
  /// −K and √((1 − κ) / κ) L', `n × n`, column-major, for rows that are not multiplied by √share.
  private let kept: [Double]
  private let factor: [Double]
  /// κ
  let share: Double
  /// S, one entry a column.
  let scales: [Double]

  private struct Block: Sendable {
    let columns: [Int]
    /// S of these columns.
    let scales: [Double]
    /// T⁻¹S and C, column-major.
    let turn: [Double]
    let noise: [Double]
  }

  /// Columns that are drawn at once.
  private static let columnsAtOnce = 256

  /// - Returns: nil if Σ is singular to rounding.
  /// - Complexity: O(n² p)
  init?(
    _ x: NumberBuffer, _ groups: [Range<Int>], _ shares: [Double], freedom: Int, threads: Int
  ) {
    let (n, p) = (shares.count, groups.last?.upperBound ?? 0)
    let roots = shares.map { $0.squareRoot() }
    let blocks = CorrelatedBlocks(
      x, count: p, groups: groups, shares: shares, freedom: freedom, threads: threads)
    let sets = Self.chunked(blocks.blocks)
    // Columns have length 1, so that Σ r² is that of X X' less p. All r² are taken to be their mean.
    let pairs = Double(p) * Double(p - 1) - Double(blocks.pairs)
    let all = Self.gram(x, sets, roots)
    let squares = max(0, LinearAlgebra.dot(all, all) - Double(p) - blocks.squares)
    let rest = 1 - min(1, squares / max(1, pairs))
    let share = Shrinkage.share(squares: squares, rests: pairs * rest * rest, freedom: freedom)

    var isFirst = [Bool](repeating: false, count: p)
    for group in groups { isFirst[group.lowerBound] = true }
    var (made, roofs) = ([[Block]](), [[[Double]]]())
    for set in sets {
      var (chunk, roofsOfChunk) = ([Block](), [[Double]]())
      for columns in set {
        guard
          let (block, roof) = Self.block(
            columns,
            Shrinkage.shrunk(
              CorrelatedBlocks.gram(x, columns, roots), count: columns.count, freedom: freedom),
            isFirst, share)
        else { return nil }
        chunk.append(block)
        roofsOfChunk.append(roof)
      }
      made.append(chunk)
      roofs.append(roofsOfChunk)
    }
    var kernel = Self.gram(x, sets, roots, roofs)
    for place in kernel.indices { kernel[place] *= 1 - share }
    for i in 0..<n { kernel[i * n + i] += share }
    guard let inverse = LinearAlgebra.inverse(of: kernel, count: n),
      let lower = LinearAlgebra.lowerFactor(of: inverse, count: n)
    else { return nil }
    // From rows times √share to rows as they are.
    let scale = ((1 - share) / share).squareRoot()
    var (kept, factor) = (inverse, lower)
    for k in 0..<n {
      for i in 0..<n {
        kept[k * n + i] = roots[i] > 0 ? -inverse[k * n + i] * roots[k] / roots[i] : 0
        factor[k * n + i] = scale * lower[k * n + i] * roots[k]
      }
    }
    (height, chunks, self.kept, self.factor) = (n, made, kept, factor)
    self.share = share
    var scales = [Double](repeating: 0, count: p)
    for block in made.joined() {
      for (column, s) in zip(block.columns, block.scales) { scales[column] = s }
    }
    self.scales = scales
  }

  private static func chunked(_ blocks: [[Int]]) -> [[[Int]]] {
    var (chunks, size) = ([[[Int]]](), columnsAtOnce)
    for block in blocks {
      if size + block.count > columnsAtOnce {
        chunks.append([])
        size = 0
      }
      chunks[chunks.count - 1].append(block)
      size += block.count
    }
    return chunks
  }

  /// A block of T, and U with U U' = T⁻¹, column-major; nil if it is singular.
  private static func block(
    _ columns: [Int], _ target: [Double], _ isFirst: [Bool], _ share: Double
  ) -> (Block, roof: [Double])? {
    let b = columns.count
    // Columns of a group stand together.
    var groups: [Range<Int>] = []
    for (place, column) in columns.enumerated() {
      if isFirst[column] || groups.isEmpty {
        groups.append(place..<place + 1)
      } else {
        groups[groups.count - 1] = groups.last!.lowerBound..<place + 1
      }
    }
    let bound = target.map { share * $0 }
    guard let inverse = LinearAlgebra.inverse(of: target, count: b),
      let scales = b == 1
        ? [min(1, bound[0])] : Reconstructability.scales(bound, groups),
      let roof = LinearAlgebra.lowerFactor(of: inverse, count: b)
    else { return nil }
    var turn = inverse
    for j in 0..<b { for k in 0..<b { turn[j * b + k] *= scales[j] } }
    guard let noise = noise(scales, inverse.map { $0 / share }) else { return nil }
    // U is L of T⁻¹ = L L', whose rows are the columns of what is held.
    var columnsOfRoof = roof
    for j in 0..<b { for k in 0..<b { columnsOfRoof[k * b + j] = roof[j * b + k] } }
    return (
      Block(columns: columns, scales: scales, turn: turn, noise: noise), columnsOfRoof
    )
  }

  /// X U U' X' over all blocks, rows times √share, both halves.
  ///
  /// - Parameter roofs: U of each block of each chunk; nil for I.
  private static func gram(
    _ x: NumberBuffer, _ chunks: [[[Int]]], _ roots: [Double], _ roofs: [[[Double]]]? = nil
  ) -> [Double] {
    let n = roots.count
    var gram = [Double](repeating: 0, count: n * n)
    for (index, chunk) in chunks.enumerated() {
      var values: [Double] = []
      for (place, columns) in chunk.enumerated() {
        let own = gathered(x, columns, n)
        values +=
          roofs.map { multiplied(own, $0[index][place], rows: n, inner: columns.count) } ?? own
      }
      for place in values.indices { values[place] *= roots[place % n] }
      LinearAlgebra.addGram(of: values, count: values.count / n, width: n, to: &gram)
    }
    LinearAlgebra.mirror(&gram, count: n)
    return gram
  }

  /// Some columns, one after the other.
  private static func gathered(_ x: NumberBuffer, _ columns: [Int], _ n: Int) -> [Double] {
    columns.flatMap { column in
      unsafe x.withNumbers(column * n..<(column + 1) * n) { unsafe Array($0) }
    }
  }

  /// A B, column-major, B square.
  private static func multiplied(_ a: [Double], _ b: [Double], rows: Int, inner: Int) -> [Double] {
    var out = [Double](repeating: 0, count: rows * inner)
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe LinearAlgebra.multiply(
        a, leading: rows, b, rows: rows, inner: inner, columns: inner, keeping: 0,
        to: out.baseAddress!, leading: rows)
    }
    return out
  }

  func draw(
    _ x: NumberBuffer, into out: NumberBuffer, at place: Int, seed: UInt64, threads: Int
  ) {
    var random = SplitMix64(seed: seed, stream: 0)
    let normals = (0..<height * height).map { _ in random.normal() }
    var mixed = kept
    unsafe mixed.withUnsafeMutableBufferPointer { mixed in
      unsafe LinearAlgebra.multiply(
        normals, leading: height, factor, rows: height, inner: height, columns: height,
        keeping: 1, to: mixed.baseAddress!, leading: height)
    }
    let turn = mixed
    _ = concurrentMap(chunks.count, threads: threads) { index in
      var random = SplitMix64(seed: seed, stream: UInt64(1 + index))
      var (values, turned) = ([Double](), [Double]())
      for block in chunks[index] {
        let (own, b) = (Self.gathered(x, block.columns, height), block.columns.count)
        turned += Self.multiplied(own, block.turn, rows: height, inner: b)
        let normals = (0..<height * b).map { _ in random.normal() }
        let noise = Self.multiplied(normals, block.noise, rows: height, inner: b)
        values += zip(own, noise).map { $0 + $1 }
      }
      unsafe values.withUnsafeMutableBufferPointer { values in
        unsafe LinearAlgebra.multiply(
          turn, leading: height, turned, rows: height, inner: height,
          columns: values.count / height, keeping: 1, to: values.baseAddress!, leading: height)
      }
      var start = 0
      for column in chunks[index].lazy.flatMap(\.columns) {
        let first = place + column * height
        unsafe out.withMutableNumbers(first..<first + height) {
          unsafe _ = $0.update(fromContentsOf: values[start..<start + height])
        }
        start += height
      }
    }
  }
}
