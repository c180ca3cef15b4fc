internal import CSVRecords

/// What the cells of one column are like, gathered in one pass, a stretch of rows at a time.
public struct ColumnProfile: Sendable {
  /// Missing cells.
  public private(set) var missing = 0
  /// Cells that hold a number.
  public private(set) var numbers = 0
  /// Cells that hold something else, and integers that start with a zero.
  public private(set) var texts = 0
  /// Smallest and largest number.
  public private(set) var range: ClosedRange<Double>?
  private var rows = 0
  private var first = Double.nan
  private var last = Double.nan
  private var rises = true
  private var falls = true
  private var distinct = DistinctCount()
  /// Hashes of cells that ``distinct`` has not counted yet: a stretch only collects them.
  private var uncounted: [UInt64] = []
  /// A hash of all cells in order: equal columns have equal ones.
  private var fingerprint: UInt64 = 0

  private static let base: UInt64 = 0x9e37_79b9_7f4a_7c15

  mutating func add(_ cell: UnsafeRawBufferPointer, _ missingCells: MissingCells) {
    rows += 1
    let hash = unsafe hashValue(of: cell)
    fingerprint = fingerprint &* Self.base &+ hash
    if unsafe missingCells.contains(cell) {
      missing += 1
      (rises, falls) = (false, false)
      return
    }
    uncounted.append(hash)
    guard case .value(let value) = unsafe CellNumber(cell) else {
      texts += 1
      return
    }
    numbers += 1
    range = range.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
    if value != value.rounded() { (rises, falls) = (false, false) }
    if last.isNaN {
      first = value
    } else {
      if value <= last { rises = false }
      if value >= last { falls = false }
    }
    last = value
  }

  /// Takes in the rows that come next.
  mutating func append(_ next: ColumnProfile) {
    if !last.isNaN && !next.first.isNaN {
      rises = rises && next.first > last
      falls = falls && next.first < last
    }
    rises = rises && next.rises
    falls = falls && next.falls
    if first.isNaN { first = next.first }
    if !next.last.isNaN { last = next.last }
    fingerprint = fingerprint &* power(Self.base, next.rows) &+ next.fingerprint
    rows += next.rows
    missing += next.missing
    numbers += next.numbers
    texts += next.texts
    if let other = next.range {
      range =
        range.map {
          min($0.lowerBound, other.lowerBound)...max($0.upperBound, other.upperBound)
        } ?? other
    }
    for hash in next.uncounted { distinct.insert(hash) }
  }

  /// Distinct cells, missing ones not counted: exact up to 1,000, beyond that an estimate with a
  /// standard error of 1.6 %.
  public var distinctCount: Int { distinct.count }
  /// Whether ``distinctCount`` is exact.
  public var isExact: Bool { distinct.isExact }

  /// What a fit would take the column for.
  public func type(maxLevels: Int) -> ColumnType? {
    if numbers + texts == 0 { return nil }
    if texts == 0 { return .numeric }
    return distinctCount <= maxLevels ? .categorical(levels: []) : .text(levels: distinctCount)
  }

  /// What would keep the column out of a fit or mislead it.
  public func problems(maxLevels: Int) -> [String] {
    var problems: [String] = []
    if numbers + texts == 0 { return ["empty"] }
    if distinctCount == 1 && missing == 0 { problems.append("constant") }
    if texts == 0 && numbers > 2 && missing == 0 && (rises || falls) {
      problems.append("looks like an id")
    }
    if texts > 0 && isExact && distinctCount == rows && rows > 2 {
      problems.append("all distinct text")
    } else if texts > 0 && distinctCount > maxLevels {
      problems.append("too many levels")
    }
    return problems
  }

  /// Whether every cell of two columns is the same, but for one chance in 2⁶⁴.
  func equals(_ other: ColumnProfile) -> Bool {
    rows == other.rows && fingerprint == other.fingerprint
  }
}

/// The number of distinct hashes: a set while they are few, then HyperLogLog (Flajolet, Fusy, Gandouet &
/// Meunier, 2007) with 4,096 registers.
struct DistinctCount: Sendable {
  private static let exactLimit = 1000
  private var set: Set<UInt64> = []
  private var registers: [UInt8] = []

  var isExact: Bool { registers.isEmpty }

  mutating func insert(_ hash: UInt64) {
    if isExact {
      set.insert(hash)
      if set.count > Self.exactLimit { turnToRegisters() }
    } else {
      register(hash)
    }
  }

  private mutating func turnToRegisters() {
    registers = Array(repeating: 0, count: 4096)
    for hash in set { register(hash) }
    set = []
  }

  private mutating func register(_ hash: UInt64) {
    let rank = UInt8((hash << 12 | 1 << 11).leadingZeroBitCount + 1)
    let index = Int(hash >> 52)
    if rank > registers[index] { registers[index] = rank }
  }

  var count: Int {
    if isExact { return set.count }
    let m = 4096.0
    let sum = registers.reduce(0.0) { $0 + 1 / Double(UInt64(1) << $1) }
    return Int((0.7213 / (1 + 1.079 / m) * m * m / sum).rounded())
  }
}

/// FNV-1a and a finalizer that spreads it over all bits.
private func hashValue(of bytes: UnsafeRawBufferPointer) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for index in bytes.indices {
    hash = unsafe (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
  }
  hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
  hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
  return hash ^ (hash >> 31)
}

private func power(_ base: UInt64, _ exponent: Int) -> UInt64 {
  var (result, square, rest) = (UInt64(1), base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* square }
    square = square &* square
    rest >>= 1
  }
  return result
}
