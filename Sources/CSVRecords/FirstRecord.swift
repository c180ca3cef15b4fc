/// The first record of an input, which says how many columns there are and, in a header, their names.
package struct FirstRecord: Sendable {
  /// The contents of the fields, quotes removed.
  package let fields: [[UInt8]]
  /// The record as a batch of its own, line end included, to be cut like any other.
  package let batch: Batch
}

/// Reading as far as the first record.
struct Opening {
  let source: ByteSource
  private(set) var buffer: [UInt8]
  private(set) var filled = 0
  private(set) var atEnd = false
  /// The bytes before the first record.
  private(set) var preamble: [UInt8] = []
  /// Where the first record's line end ends.
  private(set) var recordEnd = 0
  private(set) var linesBefore = 0
  private(set) var linesThrough = 0

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  init(source: ByteSource, capacity: Int) {
    self.source = source
    buffer = Array(repeating: 0, count: max(capacity, 16))
  }

  /// - Throws: ``ReadError/empty`` and what ``RecordTable`` throws.
  mutating func firstRecord(_ dialect: Dialect) throws(ReadError) -> FirstRecord {
    while true {
      let count = try source.fill(&buffer, from: filled)
      filled += count
      atEnd = count == 0
      if filled < 3 && !atEnd { continue }
      try refuseUTF16()
      let mark = buffer[..<filled].starts(with: Self.byteOrderMark) ? 3 : 0
      try refuseNUL(in: buffer, upTo: filled, linesBefore: 0)
      if let record = try record(from: mark, dialect) { return record }
      guard !atEnd else { throw .empty }
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
  }

  private mutating func record(from mark: Int, _ dialect: Dialect) throws(ReadError)
    -> FirstRecord?
  {
    let table: RecordTable
    do throws(ReadError) {
      table = try RecordTable(buffer, mark..<filled, dialect, isLast: atEnd, limit: 1)
    } catch {
      throw error.shifted(byLines: 0)
    }
    guard table.count == 1 else { return nil }
    let start = mark + table.starts[0]
    recordEnd = mark + table.consumed
    linesBefore = table.lines[0]
    linesThrough = table.lineCount
    if recordEnd < filled && buffer[recordEnd - 1] == UInt8(ascii: "\r")
      && buffer[recordEnd] == UInt8(ascii: "\n")
    {
      recordEnd += 1
      linesThrough += 1
    }
    preamble = Array(buffer[..<start])
    let bytes = Array(buffer[start..<recordEnd])
    let own = try RecordTable(bytes, bytes.indices, dialect, isLast: true)
    let fields = own.fields(0).map { Array(own.content($0, of: 0, in: bytes)) }
    return FirstRecord(
      fields: fields,
      batch: Batch(
        bytes: bytes, range: 0..<bytes.count, dialect: dialect, firstLine: linesBefore,
        pieces: [.records(0..<1)], table: own))
  }

  private func refuseUTF16() throws(ReadError) {
    guard filled >= 2 else { return }
    let (a, b) = (buffer[0], buffer[1])
    if (a == 0xFF && b == 0xFE) || (a == 0xFE && b == 0xFF) { throw .notUTF8 }
  }
}
