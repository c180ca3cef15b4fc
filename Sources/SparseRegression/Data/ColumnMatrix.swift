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
  /// The blocks that may be fitted, increasing; none of them is empty.
  let used: [Int]
  let weights: [Double]
  /// Σ wᵢ of each block.
  let blockWeights: [Double]
  /// The target as it came.
  let target: [Double]
  /// Raw columns: numbers, the target, indicators.
  public let width: Int
  /// Raw columns that are numbers; the target's place.
  let numbers: Int
  /// What was taken off each number.
  let shift: [Double]
  /// For each row, the row whose target and companions it has; nil where these are its own.
  private let order: [Int]?
  private let columns: TurnedRows
  private let ones: [Int32]
  private let firstOne: [Int]
  /// Beyond so many bytes a table made of this one is a mapped file.
  private let limit: Int
  private let files: NumberFiles

  /// Turns rows into columns.
  ///
  /// - Parameters:
  ///   - store: its memory becomes that of the columns.
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
    store.discardRest()
    let order = store.blocks.indices.filter { store.weights[$0] > 0 }
      .sorted { (store.blocks[$0], $0) < (store.blocks[$1], $1) }
    let d = store.numbers - 1
    (rows, self.width, numbers) = (order.count, width, d)
    var counts = [Int](repeating: 0, count: blockCount)
    for row in order { counts[Int(store.blocks[row])] += 1 }
    var start = 0
    blocks = counts.map { count in
      defer { start += count }
      return start..<start + count
    }
    used = blocks.indices.filter { [blocks] in !blocks[$0].isEmpty }
    (limit, files) = (store.limit, store.files)
    self.order = nil
    let weights = order.map { store.weights[$0] }
    self.weights = weights
    blockWeights = blocks.map { weights[$0].reduce(0, +) }
    target = order.map { targetValue(store.target(of: $0)) }
    (ones, firstOne) = Self.columnLists(store, order, width: width)
    let total = weights.reduce(0, +)
    (columns, shift) = unsafe try TurnedRows.turn(store, order, columns: d, threads: threads) { x in
      unsafe centers ? center(x, weights, total) : 0
    }
  }

  /// The columns of another matrix, and what is to be predicted from them.
  ///
  /// - Parameter order: for each row, the row of `other` whose target, companions and weight it gets.
  private init(_ other: ColumnMatrix, used: [Int], order: [Int]?) {
    (rows, blocks, width, numbers) = (other.rows, other.blocks, other.width, other.numbers)
    (shift, columns) = (other.shift, other.columns)
    (ones, firstOne, self.used) = (other.ones, other.firstOne, used)
    (limit, files) = (other.limit, other.files)
    guard let order else {
      (weights, blockWeights, target) = (other.weights, other.blockWeights, other.target)
      self.order = other.order
      return
    }
    let weights = order.map { other.weights[$0] }
    self.weights = weights
    blockWeights = blocks.map { weights[$0].reduce(0, +) }
    target = order.map { other.target[$0] }
    self.order = order.map { row in other.order.map { $0[row] } ?? row }
  }

  /// Numbers alone, in place of the columns of another matrix.
  ///
  /// - Parameters:
  ///   - columns: one run of `rows` numbers each.
  init(_ columns: TurnedRows, count: Int, insteadOf other: ColumnMatrix) {
    (rows, blocks, used) = (other.rows, other.blocks, other.used)
    (weights, blockWeights, target) = (other.weights, other.blockWeights, other.target)
    (width, numbers, self.columns, order) = (count + 1, count, columns, nil)
    shift = Array(repeating: 0, count: count)
    (ones, firstOne) = ([], [0])
    (limit, files) = (other.limit, other.files)
  }

  /// Room for some columns of as many rows.
  ///
  /// - Throws: ``RowStore/Failure``
  func room(forColumns count: Int) throws(RowStore.Failure) -> NumberBuffer {
    let size = max(1, rows * count)
    return try RowStore.buffer(size, mapped: 8 * size > limit, files)
  }

  /// The same table where the rows of some blocks alone may be fitted.
  func using(_ some: [Int]) -> ColumnMatrix { ColumnMatrix(self, used: some, order: nil) }

  /// The same columns with the targets, companions and weights of other rows.
  ///
  /// - Parameter order: for each row, the row whose it gets.
  func exchangingTargets(_ order: [Int]) -> ColumnMatrix {
    precondition(order.count == rows)
    return ColumnMatrix(self, used: used, order: order)
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
      return unsafe withColumn(column) { x in unsafe LinearAlgebra.add(x, times: a, to: &y) }
    }
    for row in list(column) { y[Int(row)] += a }
  }

  /// X'V for some numbers: `out[k · stride + f]` is the product of the k-th of them with the f-th vector.
  func products(_ some: [Int], _ vectors: InterleavedVectors) -> [Double] {
    precondition(vectors.length == rows)
    return unsafe columns.withColumns(some) { unsafe LinearAlgebra.transposedProduct($0, vectors) }
  }

  /// The same, four vectors at a time: `out[k · stride / 4 + f / 4][f % 4]`.
  func productQuads(_ some: some Sequence<Int>, _ vectors: InterleavedVectors) -> [SIMD4<Double>] {
    precondition(vectors.length == rows)
    return unsafe columns.withColumns(some) { unsafe LinearAlgebra.transposedQuads($0, vectors) }
  }

  /// The rows where an indicator is 1, increasing.
  public func list(_ column: Int) -> ArraySlice<Int32> {
    ones[firstOne[column - numbers - 1]..<firstOne[column - numbers]]
  }

  /// Lends all numbers, one column after the other; nil where they do not lie so.
  func withTable<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result? {
    unsafe columns.withTable(body)
  }

  /// Whether all numbers lie one column after the other.
  var isTable: Bool { columns.isTable }

  /// The values of a number as they came.
  func values(ofNumber column: Int) -> [Double] {
    unsafe withColumn(column) { x in unsafe x.map { $0 + shift[column] } }
  }

  /// The values of a number that goes with the target.
  func companion(_ column: Int) -> [Double] {
    let values = values(ofNumber: column)
    return order.map { $0.map { values[$0] } } ?? values
  }

  @inline(__always)
  func withColumn<Result>(
    _ column: Int, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    unsafe columns.withColumn(column, body)
  }
}

/// Takes the mean off a column.
///
/// The mean is a deviation from the first value: a constant column becomes exactly zero.
private func center(
  _ x: UnsafeMutableBufferPointer<Double>, _ weights: [Double], _ total: Double
) -> Double {
  let first = unsafe x[0]
  let sum = unsafe LinearAlgebra.deviations(
    UnsafeBufferPointer(x), weights, x.indices, from: first
  ).first
  let mean = first + sum / total
  for row in x.indices { unsafe x[row] -= mean }
  return mean
}
