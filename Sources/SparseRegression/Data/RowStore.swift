/// Encoded rows as they come, kept whole: what the columns of a wide table are made from.
///
/// A row is a run of numbers, the target last, and the raw columns of indicators that are 1 in it.
/// Numbers lie in chunks of whole rows, which are memory up to a limit and mapped files beyond it.
public struct RowStore: Sendable {
  /// Why rows cannot be kept.
  public enum Failure: Error, Equatable {
    /// The system has neither memory nor a file for them; the error number.
    case noRoom(CInt)
  }

  /// Numbers a row, the target included.
  public let numbers: Int
  /// The rows so far.
  public var count: Int { blocks.count }
  /// For each row, its block.
  private(set) var blocks: [Int32] = []
  private(set) var weights: [Double] = []
  /// The raw columns that are 1, row by row, and where each row's begin.
  private(set) var ones: [Int32] = []
  private(set) var firstOne: [Int] = [0]
  private var chunks: [NumberBuffer] = []
  private let rowsPerChunk: Int
  let limit: Int
  let files: NumberFiles

  /// - Parameters:
  ///   - limit: bytes of numbers that may be memory.
  ///   - files: for what is beyond.
  public init(numbers: Int, limit: Int, _ files: NumberFiles) {
    precondition(numbers >= 1)
    self.numbers = numbers
    self.limit = limit
    self.files = files
    rowsPerChunk = max(1, (16 << 20) / (8 * numbers))
  }

  /// Makes room for rows; their numbers are zero until they are filled.
  ///
  /// - Parameter ones: for each row, the raw columns that are 1.
  /// - Throws: ``Failure``
  public mutating func append(
    blocks: [Int32], weights: [Double], ones: [[Int32]]
  ) throws(Failure) {
    precondition(blocks.count == weights.count && (ones.isEmpty || ones.count == blocks.count))
    self.blocks += blocks
    self.weights += weights
    for row in blocks.indices {
      if !ones.isEmpty { self.ones += ones[row] }
      firstOne.append(self.ones.count)
    }
    while chunks.count * rowsPerChunk < count {
      let size = rowsPerChunk * numbers
      chunks.append(
        try Self.buffer(
          size, mapped: 8 * size * (chunks.count + 1) > limit, files))
    }
  }

  static func buffer(_ size: Int, mapped: Bool, _ files: NumberFiles) throws(Failure)
    -> NumberBuffer
  {
    if mapped { return try files.buffer(size) }
    guard let buffer = NumberBuffer(count: size) else { throw .noRoom(lastError()) }
    return buffer
  }

  /// Fills the numbers of a row. Different rows may be filled at once.
  public func fill(_ row: Int, _ body: (UnsafeMutableBufferPointer<Double>) -> Void) {
    let start = row % rowsPerChunk * numbers
    unsafe chunks[row / rowsPerChunk].withMutableNumbers(start..<start + numbers, body)
  }

  /// Lends some of the numbers of a row.
  func withNumbers<Result>(
    of row: Int, _ columns: Range<Int>, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    let start = row % rowsPerChunk * numbers
    return unsafe chunks[row / rowsPerChunk].withNumbers(
      start + columns.lowerBound..<start + columns.upperBound, body)
  }

  /// The numbers of some rows, each a run.
  func runs(_ rows: [Int]) -> NumberRuns {
    NumberRuns(
      length: numbers, rows.map { (chunks[$0 / rowsPerChunk], $0 % rowsPerChunk * numbers) })
  }

  /// Gives back the memory of some columns of each row, which nobody reads again.
  func discard(_ columns: Range<Int>) {
    for row in 0..<count {
      let start = row % rowsPerChunk * numbers
      chunks[row / rowsPerChunk].discard(start + columns.lowerBound..<start + columns.upperBound)
    }
  }

  /// Gives back the memory behind the last row: a large page is there as soon as a part of it is.
  func discardRest() {
    guard let last = chunks.last else { return }
    last.discard((count - (chunks.count - 1) * rowsPerChunk) * numbers..<last.count)
  }

  /// The numbers of a row.
  ///
  /// - Parameter row: filled; the target comes last.
  public func copy(_ index: Int, into row: inout [Double]) {
    precondition(row.count == numbers)
    unsafe withNumbers(of: index, 0..<numbers) { values in
      for column in values.indices { row[column] = unsafe values[column] }
    }
  }

  /// The raw columns of indicators that are 1 in a row.
  public func ones(_ row: Int) -> ArraySlice<Int32> { ones[firstOne[row]..<firstOne[row + 1]] }

  /// Has some indicators be 0 in every row.
  ///
  /// - Complexity: O(ones)
  public mutating func clear(_ columns: Set<Int>) {
    var kept = 0
    for row in 0..<count {
      let own = firstOne[row]..<firstOne[row + 1]
      firstOne[row] = kept
      for place in own where !columns.contains(Int(ones[place])) {
        ones[kept] = ones[place]
        kept += 1
      }
    }
    firstOne[count] = kept
    ones.removeLast(ones.count - kept)
  }

  /// The target of a row as it came.
  public func target(of row: Int) -> Double { number(numbers - 1, of: row) }

  /// One of the numbers of a row.
  public func number(_ column: Int, of row: Int) -> Double {
    unsafe withNumbers(of: row, column..<column + 1) { unsafe $0[0] }
  }

  /// Gives the raw columns of indicators other numbers.
  ///
  /// - Parameter numbers: for each raw column, its new one.
  public mutating func renumber(_ numbers: [Int]) {
    for place in ones.indices { ones[place] = Int32(numbers[Int(ones[place])]) }
  }

  /// Puts a row into another block.
  public mutating func move(_ row: Int, toBlock block: Int) { blocks[row] = Int32(block) }

  /// The block and the weight of a row.
  public func place(_ row: Int) -> (block: Int, weight: Double) {
    (Int(blocks[row]), weights[row])
  }
}
