/// Columns in the memory that held their rows.
///
/// n rows become columns n at a time. The square that n columns make with the rows is transposed where it
/// stands, xᵢₖ changing places with xₖᵢ; its column k then lies in what was row k of the square. So data
/// that fill the memory are turned without more of it, and no page is touched that was not yet. The
/// columns beside the last square, fewer than n, are copied.
struct TurnedRows: Sendable {
  /// Doubles a column.
  private let height: Int
  /// How many columns lie where rows did.
  private let turned: Int
  private let runs: NumberRuns
  /// The other columns, one after the other; nil if there are none.
  private let rest: NumberBuffer?

  /// Numbers on each side of what is held beside the square, small enough for the nearest cache.
  private static let side = 32
  /// The others are copied in so many strips; the rows they came from are then given back.
  private static let strips = 16
  /// So many rows are told to be touched at once.
  private static let rowsAtOnce = 256

  private init(height: Int, turned: Int, runs: NumberRuns, rest: NumberBuffer?) {
    (self.height, self.turned, self.runs, self.rest) = (height, turned, runs, rest)
  }

  /// Columns that lie one after the other.
  init(table: NumberBuffer, height: Int) {
    self.init(height: height, turned: 0, runs: NumberRuns(length: 0, []), rest: table)
  }

  /// Turns the first columns of some rows.
  ///
  /// - Parameters:
  ///   - order: the rows, in the order that they have in a column.
  ///   - columns: how many, from the first on.
  ///   - finish: called once for each column, with its numbers.
  /// - Returns: the columns, and what `finish` returned for each.
  /// - Throws: ``RowStore/Failure``
  /// - Complexity: O(n d) for n rows and d columns.
  static func turn<Result: Sendable>(
    _ store: RowStore, _ order: [Int], columns: Int, threads: Int,
    _ finish: @Sendable (UnsafeMutableBufferPointer<Double>) -> Result
  ) throws(RowStore.Failure) -> (TurnedRows, [Result]) {
    let height = order.count
    let squares = height > 0 ? columns / height : 0
    let turned = squares * height
    var rest: NumberBuffer?
    if height > 0 && turned < columns {
      let size = height * (columns - turned)
      rest = try RowStore.buffer(size, mapped: 8 * size > store.limit, store.files)
    }
    let made = TurnedRows(
      height: height, turned: turned, runs: store.runs(order), rest: rest)
    var results = concurrentMap(squares, threads: threads) { square in
      made.transpose(square * height)
      return (0..<height).map { row in
        unsafe made.runs.withMutableNumbers(
          of: row, square * height..<(square + 1) * height, finish)
      }
    }.flatMap { $0 }
    if let rest {
      results += unsafe made.copy(turned..<columns, to: rest, store, threads: threads, finish)
    }
    return (made, results)
  }

  /// Transposes the square of the columns from `first` on.
  private func transpose(_ first: Int) {
    let side = Self.side
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * side * side) { room in
      let (one, other) = unsafe (room.baseAddress!, room.baseAddress! + side * side)
      for top in stride(from: 0, to: height, by: side) {
        let rows = top..<min(top + side, height)
        for left in stride(from: top, to: height, by: side) {
          let columns = left..<min(left + side, height)
          runs.lend(2 * side)
          unsafe take(rows, columns, first, to: one)
          unsafe take(columns, rows, first, to: other)
          unsafe put(rows, columns, first, from: other)
          if left > top { unsafe put(columns, rows, first, from: one) }
        }
      }
    }
  }

  private func take(
    _ rows: Range<Int>, _ columns: Range<Int>, _ first: Int, to tile: UnsafeMutablePointer<Double>
  ) {
    for (place, row) in rows.enumerated() {
      unsafe runs.withNumbers(of: row, first + columns.lowerBound..<first + columns.upperBound) {
        unsafe (tile + place * Self.side).update(from: $0.baseAddress!, count: $0.count)
      }
    }
  }

  /// Writes a tile transposed.
  private func put(
    _ rows: Range<Int>, _ columns: Range<Int>, _ first: Int, from tile: UnsafePointer<Double>
  ) {
    for (place, row) in rows.enumerated() {
      unsafe runs.withMutableNumbers(
        of: row, first + columns.lowerBound..<first + columns.upperBound
      ) { out in
        for k in out.indices { unsafe out[k] = unsafe tile[k &* Self.side &+ place] }
      }
    }
  }

  /// Copies columns that no square takes in.
  private func copy<Result: Sendable>(
    _ columns: Range<Int>, to buffer: NumberBuffer, _ store: RowStore, threads: Int,
    _ finish: @Sendable (UnsafeMutableBufferPointer<Double>) -> Result
  ) -> [Result] {
    let width = max(64, (columns.count + Self.strips - 1) / Self.strips)
    var results: [Result] = []
    for left in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
      let strip = left..<min(left + width, columns.upperBound)
      // Few columns at a time, so that the lines of memory written to stay in the cache.
      let tiles = stride(from: strip.lowerBound, to: strip.upperBound, by: 8).map {
        $0..<min($0 + 8, strip.upperBound)
      }
      results += concurrentMap(tiles.count, threads: threads) { index in
        let tile = tiles[index]
        let start = (tile.lowerBound - turned) * height
        return unsafe buffer.withMutableNumbers(start..<start + tile.count * height) { out in
          for row in 0..<height {
            if row % Self.rowsAtOnce == 0 { runs.lend(Self.rowsAtOnce) }
            unsafe runs.withNumbers(of: row, tile) { values in
              for k in values.indices { unsafe out[k &* height &+ row] = unsafe values[k] }
            }
          }
          return tile.indices.map { column in
            let start = (column - tile.lowerBound) * height
            return unsafe finish(
              UnsafeMutableBufferPointer(rebasing: out[start..<start + height]))
          }
        }
      }.flatMap { $0 }
      store.discard(columns.lowerBound..<strip.upperBound)
    }
    return results
  }

  /// Whether no column lies where rows did.
  var isTable: Bool { turned == 0 }

  /// Lends all columns, one after the other, unless some lie where rows did.
  func withTable<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result? {
    guard isTable, let rest else { return nil }
    return unsafe rest.withNumbers(0..<rest.count) { unsafe body($0.baseAddress!) }
  }

  /// Lends a column.
  @inline(__always)
  func withColumn<Result>(
    _ column: Int, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    if column < turned {
      let (square, row) = column.quotientAndRemainder(dividingBy: height)
      return unsafe runs.withNumbers(of: row, square &* height..<(square &+ 1) &* height, body)
    }
    guard let rest else { return unsafe body(UnsafeBufferPointer(start: nil, count: 0)) }
    let start = (column - turned) * height
    return unsafe rest.withNumbers(start..<start + height, body)
  }

  /// Lends some columns: where each begins.
  func withColumns<Result>(
    _ columns: some Sequence<Int>, _ body: ([UnsafePointer<Double>]) -> Result
  ) -> Result {
    guard height > 0 else { return unsafe body([]) }
    let starts = unsafe columns.map { unsafe withColumn($0) { $0.baseAddress! } }
    return withExtendedLifetime((runs, rest)) { unsafe body(starts) }
  }
}
