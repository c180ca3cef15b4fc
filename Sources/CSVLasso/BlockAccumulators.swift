internal import CSVRecords
internal import SparseRegression

/// The accumulators of all blocks.
///
/// Blocks are worked on at once, each by one task and in the order of its rows, so that no sum depends on
/// the number of threads.
struct BlockAccumulators {
  /// Made when the first rows of the block come.
  private var blocks: [MomentAccumulator?] = []
  /// What is taken off the values of columns that sit far from zero.
  var shift: [Int: Double] = [:]

  /// Takes rows in.
  ///
  /// - Parameters:
  ///   - count: blocks so far.
  ///   - width: of the moments, columns that these rows brought included.
  ///   - stride: numbers a parsed row.
  ///   - weight: where in a parsed row its weight stands.
  mutating func take(
    _ waiting: [WaitingRows], blocks count: Int, width: Int, stride: Int, weight: Int?,
    threads: Int
  ) {
    let rows = Self.dealt(waiting.map(\.places), blocks: count)
    let size = waiting.reduce(0) { $0 + $1.places.count } * width
    let threads = size < Self.aloneBelow ? 1 : threads
    forEachBlock(count, width: width, threads: threads) { block, accumulator in
      var row = [Double](repeating: 0, count: width)
      for (item, rows) in zip(waiting, rows[block]) {
        let numbers = item.piece.numbers
        for index in rows {
          let start = Int(index) * stride
          let weight = weight.map { numbers[start + $0] } ?? 1
          if item.encoding.isPlain && item.encoding.width == width {
            accumulator.add(numbers, at: start, weight: weight)
          } else {
            item.encoding.encode(item.piece, Int(index), stride: stride, into: &row)
            accumulator.add(row, weight: weight)
          }
        }
      }
    }
  }

  /// Numbers that are taken in sooner than a thread wakes up.
  private static let aloneBelow = 1 << 14

  /// Takes in rows that were kept.
  mutating func take(_ store: RowStore, blocks count: Int, width: Int, threads: Int) {
    let places = (0..<store.count).map { store.place($0).block }
    let rows = Self.dealt([places], blocks: count)
    forEachBlock(count, width: width, threads: threads) { block, accumulator in
      var row = [Double](repeating: 0, count: width)
      for index in rows[block][0] {
        store.copy(Int(index), into: &row)
        accumulator.add(row, weight: store.place(Int(index)).weight)
      }
    }
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
  ) {
    while blocks.count < count { blocks.append(nil) }
    let shift = shift
    concurrently(&blocks, threads: threads) { index, block in
      // Taken out while it is worked on, or it would be copied.
      var accumulator = block.take() ?? MomentAccumulator(width: width, shift: shift)
      accumulator.widen(to: width)
      body(index, &accumulator)
      block = accumulator
    }
  }

  /// The moments of all blocks; nothing is left here.
  mutating func finish(count: Int, width: Int) -> [Moments] {
    var moments: [Moments] = []
    for index in 0..<count {
      // Taken out, or its matrix would be copied.
      let accumulator =
        (index < blocks.count ? blocks[index].take() : nil)
        ?? MomentAccumulator(width: width, shift: shift)
      moments.append((consume accumulator).finish())
    }
    return moments
  }
}
