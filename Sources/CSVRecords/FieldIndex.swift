internal import CNumbers
internal import Synchronization

/// Where the records and fields of a piece end: the fast lane beside libcsv.
///
/// Where no quote stands, or each opens a field, closes one or is doubled, libcsv's machine has nothing
/// to decide: a delimiter or line end outside quotes ends a field. These are found 64 bytes at a time.
@safe struct FieldIndex {
  /// Of the piece.
  let bytes: UnsafeRawBufferPointer
  /// How far behind the start of the piece memory may be read.
  let limit: Int
  let quote: UInt8
  let recordCount: Int
  let fieldCount: Int
  /// For each field, where its delimiter or line end stands.
  let ends: UnsafePointer<UInt32>
  /// For each record, its last field.
  private let lastFields: UnsafePointer<UInt32>

  /// A record's fields: `count` of them from `first` on, at `start ..< end`.
  struct Record {
    let first: Int
    let count: Int
    let start: Int
    let end: Int

    /// Whether it is a blank line, and so no record.
    var isBlank: Bool { start == end && count == 1 }
  }

  /// Builds the index of a range of `bytes`, whole records quoted cleanly.
  ///
  /// - Complexity: O(bytes of the range)
  static func with<Result>(
    _ bytes: [UInt8], _ range: Range<Int>, _ dialect: Dialect, _ rooms: IndexRooms,
    _ body: (FieldIndex) -> Result
  ) -> Result {
    precondition(range.upperBound <= bytes.count && range.count <= UInt32.max)
    let count = range.count
    return unsafe bytes.withUnsafeBytes { all in
      let piece = unsafe UnsafeRawBufferPointer(rebasing: all[range])
      // One for each byte and a block more; what is not needed is never touched.
      return unsafe rooms.withRoom(2 * count + 66) { ends in
        let records = unsafe ends + count + 65
        guard let base = unsafe piece.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
          return unsafe body(
            FieldIndex(
              bytes: piece, limit: 0, quote: 0, recordCount: 0, fieldCount: 0, ends: ends,
              lastFields: records))
        }
        let index = unsafe cscan_index(
          base, count, dialect.delimiter, dialect.quote, ends, records)
        return unsafe body(
          FieldIndex(
            bytes: piece, limit: all.count - range.lowerBound, quote: dialect.quote,
            recordCount: index.records, fieldCount: index.fields, ends: ends,
            lastFields: records))
      }
    }
  }

  private init(
    bytes: UnsafeRawBufferPointer, limit: Int, quote: UInt8, recordCount: Int, fieldCount: Int,
    ends: UnsafePointer<UInt32>, lastFields: UnsafePointer<UInt32>
  ) {
    unsafe self.bytes = unsafe bytes
    (self.limit, self.quote) = (limit, quote)
    (self.recordCount, self.fieldCount) = (recordCount, fieldCount)
    unsafe self.ends = unsafe ends
    unsafe self.lastFields = unsafe lastFields
  }

  /// Record `i`, or a blank line.
  @inline(__always)
  func record(_ i: Int) -> Record {
    let last = unsafe Int(lastFields[i])
    let first = i == 0 ? 0 : unsafe Int(lastFields[i &- 1]) &+ 1
    return Record(
      first: first, count: last &- first &+ 1, start: start(first), end: unsafe Int(ends[last]))
  }

  /// Where field `f` starts.
  @inline(__always)
  func start(_ f: Int) -> Int { f == 0 ? 0 : unsafe Int(ends[f &- 1]) &+ 1 }

  /// The original bytes of field `f`.
  @inline(__always)
  func raw(_ f: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: bytes[start(f)..<Int(ends[f])])
  }

  /// Shows `body` the content of field `f`, quotes removed.
  func withContent<Result>(_ f: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let raw = unsafe raw(f)
    guard quote != 0, let first = unsafe raw.first, first == quote else { return unsafe body(raw) }
    let inner = unsafe UnsafeRawBufferPointer(rebasing: raw[1..<raw.count - 1])
    guard unsafe inner.contains(quote) else { return unsafe body(inner) }
    var content: [UInt8] = []
    content.reserveCapacity(inner.count)
    var isSecond = false
    for i in 0..<inner.count {
      let byte = unsafe inner[i]
      isSecond = byte == quote && !isSecond
      if !isSecond { content.append(byte) }
    }
    return unsafe content.withUnsafeBytes { unsafe body($0) }
  }

  /// The lines that end in a stretch of the piece that starts where a record does.
  func lines(_ range: Range<Int>) -> Int {
    guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    return unsafe cscan_count_lines(base + range.lowerBound, range.count)
  }

  /// The lines that end before `place`, counted from the start of the piece.
  func lines(before place: Int) -> Int { lines(0..<place) }
}

/// Memory for the indexes of pieces, lent to one after the other: that of a long record would come from
/// the system anew each time, at a page fault for every few KB.
final class IndexRooms: Sendable {
  private let unused = Mutex<[Room]>([])

  /// Lends at least `count` entries, which hold anything.
  func withRoom<Result>(_ count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Result) -> Result {
    var room = unused.withLock { $0.popLast() }
    if room.map({ $0.count < count }) ?? true { room = Room(count) }
    defer { unused.withLock { [room] in $0.append(room!) } }
    return unsafe body(room!.entries)
  }

  /// Gives back what is not lent.
  func clear() { unused.withLock { $0 = [] } }

  /// Sendable though it is not checked: it has one user at a time.
  @safe private final class Room: @unchecked Sendable {
    let count: Int
    let entries: UnsafeMutablePointer<UInt32>

    init(_ count: Int) {
      self.count = count
      unsafe entries = .allocate(capacity: count)
    }

    deinit { unsafe entries.deallocate() }
  }
}
