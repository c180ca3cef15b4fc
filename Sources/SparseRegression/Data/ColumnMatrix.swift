/// A wide table as raw columns: numbers dense, one run of memory each; indicators as lists of rows.
///
/// Rows are sorted by their block, so a test set is a range of rows. Numbers hold their difference from
/// the mean of all rows where the fit has an intercept, so that a column far from zero keeps its digits.
///
/// - Complexity: 8 n d bytes for n rows and d numbers a row; 4 bytes for each 1 of an indicator.
public final class ColumnMatrix: Sendable {
  /// n, rows of positive weight.
  public let rows: Int
  /// For each block, its rows.
  public let blocks: [Range<Int>]
  let weights: [Double]
  /// The target as it came.
  let target: [Double]
  /// Raw columns: numbers, the target, indicators.
  public let width: Int
  /// Raw columns that are numbers; the target's place.
  let numbers: Int
  /// What was taken off each number.
  let shift: [Double]
  private let buffer: NumberBuffer
  private let ones: [Int32]
  private let firstOne: [Int]

  /// Columns that are turned over at once; the rows they came from are then given back.
  private static let strips = 16

  /// Turns rows into columns.
  ///
  /// - Parameters:
  ///   - store: gives its memory back strip by strip, so that little is held twice.
  ///   - width: raw columns, those of indicators included.
  ///   - blockCount: how many blocks rows were dealt into.
  ///   - centers: whether the mean is taken off the numbers.
  ///   - targetValue: what a target becomes, as where labels were coded as they came.
  /// - Throws: ``RowStore/Failure``
  /// - Complexity: O(n d)
  public init(
    _ store: consuming RowStore, width: Int, blockCount: Int, centers: Bool,
    targetValue: (Double) -> Double = { $0 }, threads: Int
  ) throws(RowStore.Failure) {
    let order = store.blocks.indices.filter { store.weights[$0] > 0 }
      .sorted { (store.blocks[$0], $0) < (store.blocks[$1], $1) }
    let (n, d) = (order.count, store.numbers - 1)
    (rows, self.width, numbers) = (n, width, d)
    var counts = [Int](repeating: 0, count: blockCount)
    for row in order { counts[Int(store.blocks[row])] += 1 }
    var start = 0
    blocks = counts.map { count in
      defer { start += count }
      return start..<start + count
    }
    weights = order.map { store.weights[$0] }
    target = order.map { targetValue(store.target(of: $0)) }
    (ones, firstOne) = Self.columnLists(store, order, width: width)
    let size = max(1, n * d)
    buffer = try RowStore.buffer(size, mapped: 8 * size > store.limit, store.openFile)
    shift = Self.turn(
      store, order, into: buffer, weights: weights, centers: centers, threads: threads)
  }

  /// The rows of each indicator.
  private static func columnLists(_ store: RowStore, _ order: [Int], width: Int)
    -> (rows: [Int32], first: [Int])
  {
    let first = store.numbers
    var count = [Int](repeating: 0, count: max(0, width - first) + 1)
    for row in order {
      for place in store.firstOne[row]..<store.firstOne[row + 1] {
        count[Int(store.ones[place]) - first + 1] += 1
      }
    }
    for column in count.indices.dropFirst() { count[column] += count[column - 1] }
    var (next, rows) = (count, [Int32](repeating: 0, count: count.last!))
    for (place, row) in order.enumerated() {
      for one in store.firstOne[row]..<store.firstOne[row + 1] {
        let column = Int(store.ones[one]) - first
        rows[next[column]] = Int32(place)
        next[column] += 1
      }
    }
    return (rows, count)
  }

  private static func turn(
    _ store: RowStore, _ order: [Int], into buffer: NumberBuffer, weights: [Double],
    centers: Bool, threads: Int
  ) -> [Double] {
    let (n, d) = (order.count, store.numbers - 1)
    let total = weights.reduce(0, +)
    let width = max(64, (d + strips - 1) / strips)
    var shift: [Double] = []
    for left in stride(from: 0, to: d, by: width) {
      let strip = left..<min(left + width, d)
      // Few columns at a time, so that the lines of memory written to stay in the cache.
      let tiles = stride(from: strip.lowerBound, to: strip.upperBound, by: 8).map {
        $0..<min($0 + 8, strip.upperBound)
      }
      shift += concurrentMap(tiles.count, threads: threads) { index in
        let tile = tiles[index]
        return unsafe buffer.withMutableNumbers(tile.lowerBound * n..<tile.upperBound * n) { out in
          for (row, from) in order.enumerated() {
            unsafe store.withNumbers(of: from, tile) { values in
              for k in values.indices { unsafe out[k &* n &+ row] = unsafe values[k] }
            }
          }
          return tile.indices.map { column in
            guard centers, n > 0 else { return 0.0 }
            let start = (column - tile.lowerBound) * n
            return unsafe center(
              UnsafeMutableBufferPointer(rebasing: out[start..<start + n]), weights, total)
          }
        }
      }.flatMap { $0 }
      store.discard(upTo: strip.upperBound)
    }
    return shift
  }

  /// Mean of the target and Σ w (y − ȳ)².
  public var targetStatistics: (mean: Double, square: Double) {
    var all = BlockSummary()
    for (y, weight) in zip(target, weights) {
      all.merge(BlockSummary(weight: weight, mean: y, square: 0))
    }
    return (all.mean, all.square)
  }

  // MARK: Products

  /// Σ xᵢ vᵢ over all rows of a raw column.
  ///
  /// - Complexity: O(n), or O(ones) for an indicator
  func dot(_ column: Int, _ v: [Double]) -> Double {
    precondition(v.count == rows)
    if column < numbers {
      return unsafe withColumn(column) { x in
        unsafe v.withUnsafeBufferPointer { v in unsafe LinearAlgebra.dot(x, v) }
      }
    }
    var sum = 0.0
    for row in list(column) { sum += v[Int(row)] }
    return sum
  }

  /// `y += a · x` for a raw column x.
  func add(_ column: Int, times a: Double, to y: inout [Double]) {
    precondition(y.count == rows)
    if column < numbers {
      unsafe withColumn(column) { x in
        var y = y.mutableSpan
        for row in 0..<x.count { y[row] += unsafe a * x[row] }
      }
      return
    }
    for row in list(column) { y[Int(row)] += a }
  }

  /// X'V for some neighbouring numbers: `out[k · stride + f]` is the product of the k-th of them with the
  /// f-th vector.
  func products(_ columns: Range<Int>, _ vectors: InterleavedVectors) -> [Double] {
    precondition(columns.upperBound <= numbers && vectors.length == rows)
    return unsafe buffer.withNumbers(columns.lowerBound * rows..<columns.upperBound * rows) { x in
      unsafe LinearAlgebra.transposedProduct(x, columns: columns.count, vectors)
    }
  }

  /// The rows where an indicator is 1, increasing.
  public func list(_ column: Int) -> ArraySlice<Int32> {
    ones[firstOne[column - numbers - 1]..<firstOne[column - numbers]]
  }

  /// Lends all numbers, column by column, and how far one column is from the next.
  func withTable<Result>(_ body: (UnsafePointer<Double>, Int) -> Result) -> Result {
    unsafe buffer.withNumbers(0..<buffer.count) { unsafe body($0.baseAddress!, rows) }
  }

  /// The values of a number as they came.
  func values(ofNumber column: Int) -> [Double] {
    unsafe withColumn(column) { x in unsafe x.map { $0 + shift[column] } }
  }

  func withColumn<Result>(
    _ column: Int, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    unsafe buffer.withNumbers(column * rows..<(column + 1) * rows, body)
  }
}

/// Takes the mean off a column.
///
/// The mean is a deviation from the first value: a constant column becomes exactly zero.
private func center(
  _ x: UnsafeMutableBufferPointer<Double>, _ weights: [Double], _ total: Double
) -> Double {
  let first = unsafe x[0]
  var sum = 0.0
  for row in x.indices { sum += unsafe weights[row] * (x[row] - first) }
  let mean = first + sum / total
  for row in x.indices { unsafe x[row] -= mean }
  return mean
}
