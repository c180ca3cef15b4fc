internal import CSVRecords
internal import SparseRegression

/// The accumulators of all blocks.
///
/// Blocks are worked on at once, each by one task and in the order of its rows, so that no sum depends on
/// the number of threads.
struct BlockAccumulators {
  private struct Block: Sendable {
    /// Made when the first rows of the block come.
    var accumulator: MomentAccumulator?
    var failure: RowStore.Failure?

    /// The accumulator, which is no longer here; an empty one where there is none yet.
    mutating func take(width: Int, numbers: Int, shift: [Int: Double], _ files: NumberFiles?)
      throws(RowStore.Failure) -> MomentAccumulator
    {
      guard var taken = accumulator.take() else {
        return try MomentAccumulator(width: width, numbers: numbers, shift: shift, in: files)
      }
      try taken.widen(to: width)
      return taken
    }
  }

  /// Raw columns that are numbers, the target included.
  private let numbers: Int
  /// What is taken off the values of numbers that sit far from zero.
  private let shift: [Int: Double]
  /// Where moments lie; nil for memory.
  private let files: NumberFiles?
  private var blocks: [Block] = []

  init(numbers: Int, shift: [Int: Double], _ files: NumberFiles?) {
    (self.numbers, self.shift, self.files) = (numbers, shift, files)
  }

  /// Takes rows in.
  ///
  /// - Parameters:
  ///   - count: blocks so far.
  ///   - width: of the moments, columns that these rows brought included.
  ///   - stride: numbers a parsed row.
  ///   - weight: where in a parsed row its weight stands.
  /// - Throws: ``RowStore/Failure``
  mutating func take(
    _ waiting: [WaitingRows], blocks count: Int, width: Int, stride: Int, weight: Int?,
    threads: Int
  ) throws(RowStore.Failure) {
    let rows = Self.dealt(waiting.map(\.places), blocks: count)
    let size = waiting.reduce(0) { $0 + $1.places.count } * width
    let threads = size < Self.aloneBelow ? 1 : threads
    let numbers = numbers
    try forEachBlock(count, width: width, threads: threads) { block, accumulator in
      var (row, ones) = ([Double](repeating: 0, count: numbers), [Int32]())
      for (item, rows) in zip(waiting, rows[block]) {
        let (piece, encoding) = (item.piece, item.encoding)
        for index in rows {
          let index = Int(index)
          let weight = weight.map { piece.numbers[index * stride + $0] } ?? 1
          guard !encoding.isPlain else {
            accumulator.add(piece.numbers, at: index * stride, weight: weight)
            continue
          }
          unsafe row.withUnsafeMutableBufferPointer {
            unsafe encoding.encodeNumbers(piece, index, stride: stride, into: $0)
          }
          ones.removeAll(keepingCapacity: true)
          encoding.appendOnes(piece, index, stride: stride, to: &ones)
          accumulator.add(row, ones: ones, weight: weight)
        }
      }
    }
  }

  /// Numbers that are taken in sooner than a thread wakes up.
  private static let aloneBelow = 1 << 14

  /// Takes in rows that were kept.
  ///
  /// - Throws: ``RowStore/Failure``
  mutating func take(_ store: RowStore, blocks count: Int, width: Int, threads: Int)
    throws(RowStore.Failure)
  {
    let places = (0..<store.count).map { store.place($0).block }
    let rows = Self.dealt([places], blocks: count)
    let numbers = numbers
    try forEachBlock(count, width: width, threads: threads) { block, accumulator in
      var row = [Double](repeating: 0, count: numbers)
      for index in rows[block][0] {
        let index = Int(index)
        store.copy(index, into: &row)
        accumulator.add(row, ones: store.ones(index), weight: store.place(index).weight)
      }
    }
  }

  /// Has some indicators be zero in every row so far.
  mutating func clear(_ columns: Set<Int>) {
    for index in blocks.indices { blocks[index].accumulator?.clear(columns) }
  }

  /// For each block and piece, the rows of the piece that belong to the block.
  private static func dealt(_ places: [[Int]], blocks count: Int) -> [[[Int32]]] {
    var rows = [[[Int32]]](
      repeating: Array(repeating: [], count: places.count), count: count)
    for (piece, places) in places.enumerated() {
      for (row, place) in places.enumerated() where place >= 0 {
        rows[place][piece].append(Int32(row))
      }
    }
    return rows
  }

  private mutating func forEachBlock(
    _ count: Int, width: Int, threads: Int,
    _ body: @Sendable (Int, inout MomentAccumulator) -> Void
  ) throws(RowStore.Failure) {
    while blocks.count < count { blocks.append(Block()) }
    let (numbers, shift, files) = (numbers, shift, files)
    concurrently(&blocks, threads: threads) { index, block in
      do throws(RowStore.Failure) {
        // Taken out while it is worked on, or it would be copied.
        var accumulator = try block.take(
          width: width, numbers: numbers, shift: shift, files)
        body(index, &accumulator)
        block.accumulator = accumulator
      } catch {
        block.failure = error
      }
    }
    if let failure = blocks.lazy.compactMap(\.failure).first { throw failure }
  }

  /// The moments of all blocks; nothing is left here.
  ///
  /// - Throws: ``RowStore/Failure``
  mutating func finish(count: Int, width: Int) throws(RowStore.Failure) -> [Moments] {
    var moments: [Moments] = []
    for index in 0..<count {
      if index == blocks.count { blocks.append(Block()) }
      // Taken out, or its matrix would be copied.
      let accumulator = try blocks[index].take(
        width: width, numbers: numbers, shift: shift, files)
      moments.append((consume accumulator).finish())
    }
    return moments
  }
}
