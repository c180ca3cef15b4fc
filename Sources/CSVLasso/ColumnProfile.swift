internal import CSVRecords
internal import RealModule

/// What a profile needs of a cell.
struct CellFacts: Sendable {
  fileprivate let hash: UInt64
  /// Not a number for text, infinite for a missing cell: what a cell holds as a number is finite.
  fileprivate let value: Double

  init(_ cell: UnsafeRawBufferPointer, _ missingCells: MissingCells) {
    hash = unsafe hashValue(of: cell)
    // Most cells are numbers, and most lists of missing cells hold none: that spares the look-up.
    let number = unsafe CellNumber(cell)
    if case .value(let value) = number, !missingCells.includeNumbers {
      self.value = value
    } else if unsafe missingCells.contains(cell) {
      value = .infinity
    } else if case .value(let value) = number {
      self.value = value
    } else {
      value = .nan
    }
  }
}

/// What the cells of one column are like, gathered in one pass, a cell at a time.
public struct ColumnProfile: Sendable {
  /// Missing cells.
  public private(set) var missing = 0
  /// Cells that hold a number.
  public private(set) var numbers = 0
  /// Cells that hold something else, and integers that start with a zero.
  public private(set) var texts = 0
  private var smallest = Double.infinity
  private var largest = -Double.infinity
  private var rows = 0
  private var last = Double.nan
  private var rises = true
  private var falls = true
  private var distinct = DistinctCount()
  /// A hash of all cells in order: equal columns have equal ones, but for one chance in 2⁶⁴.
  private(set) var fingerprint: UInt64 = 0

  private static let base: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Smallest and largest number.
  public var range: ClosedRange<Double>? { numbers > 0 ? smallest...largest : nil }

  /// - Parameter expected: rows in all, as far as can be told.
  mutating func add(_ cell: CellFacts, expected: Int) {
    rows += 1
    fingerprint = fingerprint &* Self.base &+ cell.hash
    let value = cell.value
    if value == .infinity {
      missing += 1
      (rises, falls) = (false, false)
      return
    }
    distinct.insert(cell.hash, expected: expected)
    if value.isNaN {
      texts += 1
      return
    }
    numbers += 1
    if value < smallest { smallest = value }
    if value > largest { largest = value }
    if rises || falls {
      if value != value.rounded() { (rises, falls) = (false, false) }
      if value <= last { rises = false }
      if value >= last { falls = false }
      last = value
    }
  }

  /// No cell is to come.
  mutating func finish() { distinct.settle() }

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
}

/// The number of distinct hashes: exactly while they are few, then by HyperLogLog (Flajolet, Fusy, Gandouet
/// & Meunier, 2007) with 4,096 registers.
///
/// While they are few the hashes are an array with hardly more room than they need: of 200,000 columns a
/// hash table each would take twice the memory.
struct DistinctCount: Sendable {
  private static let exactLimit = 1000
  /// Distinct and increasing as far as they are settled, then as they came.
  private var hashes: [UInt64] = []
  private var registers: [UInt8] = []

  /// Once settled.
  var isExact: Bool { registers.isEmpty }

  /// - Parameter expected: hashes in all, as far as can be told.
  mutating func insert(_ hash: UInt64, expected: Int) {
    if isExact && hashes.count == hashes.capacity {
      settle()
      hashes.reserveCapacity(room(expected))
    }
    if isExact { hashes.append(hash) } else { register(hash) }
  }

  /// How many hashes to make room for, given those that are settled.
  private func room(_ expected: Int) -> Int {
    let count = hashes.count
    if count < 16 { return 32 }
    // Short columns get what they may need at once: what grows in steps leaves holes of each size.
    if count < expected && expected <= Self.exactLimit { return expected }
    return count + (count < 256 ? count : count / 4)
  }

  /// Sorts, and takes out what stands twice.
  mutating func settle() {
    guard hashes.count > 1 else { return }
    hashes.sort()
    var kept = 1
    for place in 1..<hashes.count where hashes[place] != hashes[kept - 1] {
      hashes[kept] = hashes[place]
      kept += 1
    }
    hashes.removeSubrange(kept...)
    if kept > Self.exactLimit { turnToRegisters() }
  }

  private mutating func turnToRegisters() {
    registers = Array(repeating: 0, count: 4096)
    for hash in hashes { register(hash) }
    hashes = []
  }

  private mutating func register(_ hash: UInt64) {
    let rank = UInt8((hash << 12 | 1 << 11).leadingZeroBitCount + 1)
    let index = Int(hash >> 52)
    if rank > registers[index] { registers[index] = rank }
  }

  var count: Int {
    if isExact { return hashes.count }
    let m = 4096.0
    let sum = registers.reduce(0.0) { $0 + 1 / Double(UInt64(1) << $1) }
    let estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum
    // With many registers empty their number says more, as the authors have it.
    let empty = registers.count { $0 == 0 }
    guard estimate <= 2.5 * m, empty > 0 else { return Int(estimate.rounded()) }
    return Int((m * .log(m / Double(empty))).rounded())
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
