internal import CSVRecords
internal import SparseRegression

/// The accumulators of all blocks, and the rows that wait to enter them.
struct BlockAccumulators {
  private struct Block: Sendable {
    /// Made when the first rows come.
    var accumulator: MomentAccumulator?
    /// For each waiting piece, the rows of it that belong here.
    var rows: [[Int32]] = []
  }

  private struct Waiting: Sendable {
    let piece: ParsedRows
    let encoding: PieceEncoding
  }

  private var blocks: [Block]
  private var waiting: [Waiting] = []

  init(count: Int) { blocks = Array(repeating: Block(), count: count) }

  mutating func grow(to count: Int) {
    while blocks.count < count {
      blocks.append(Block(rows: Array(repeating: [], count: waiting.count)))
    }
  }

  /// - Parameter places: the block of each row, or -1.
  mutating func queue(_ piece: ParsedRows, _ encoding: PieceEncoding, _ places: [Int]) {
    waiting.append(Waiting(piece: piece, encoding: encoding))
    for index in blocks.indices { blocks[index].rows.append([]) }
    let last = waiting.count - 1
    for (row, place) in places.enumerated() where place >= 0 {
      blocks[place].rows[last].append(Int32(row))
    }
  }

  /// Lets the waiting rows in: blocks at once, each in the order of the rows.
  ///
  /// - Parameters:
  ///   - width: of the moments, columns that the waiting rows brought included.
  ///   - stride: numbers a parsed row.
  ///   - weight: where in a parsed row its weight stands.
  mutating func flush(width: Int, stride: Int, weight: Int?, threads: Int) {
    let waiting = waiting
    concurrently(&blocks, threads: threads) { _, block in
      // Taken out while it is worked on, or it would be copied.
      var accumulator = block.accumulator.take() ?? MomentAccumulator(width: width)
      accumulator.widen(to: width)
      var row = [Double](repeating: 0, count: width)
      for (item, rows) in zip(waiting, block.rows) {
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
      block.accumulator = accumulator
      block.rows.removeAll(keepingCapacity: true)
    }
    self.waiting.removeAll(keepingCapacity: true)
  }

  /// The moments of all blocks; nothing is left here.
  mutating func finish(width: Int) -> [Moments] {
    var moments: [Moments] = []
    for index in blocks.indices {
      // Taken out, or its matrix would be copied.
      let accumulator = blocks[index].accumulator.take() ?? MomentAccumulator(width: width)
      moments.append((consume accumulator).finish())
    }
    return moments
  }
}
