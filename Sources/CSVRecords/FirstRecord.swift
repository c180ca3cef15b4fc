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
    var looked = 0
    while true {
      let count = try source.fill(&buffer, from: filled)
      filled += count
      atEnd = count == 0
      if filled < 3 && !atEnd { continue }
      try refuseUTF16()
      let mark = buffer[..<filled].starts(with: Self.byteOrderMark) ? 3 : 0
      // A long record is looked at again only where it has grown by a quarter or ends in a line end.
      if atEnd || filled < 1 << 16 || filled - looked > looked / 4 || isLineEnd(buffer[filled - 1])
      {
        if let record = try record(from: mark, dialect) { return record }
        looked = filled
      }
      guard !atEnd else { throw .empty }
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
  }

  private mutating func record(from mark: Int, _ dialect: Dialect) throws(ReadError)
    -> FirstRecord?
  {
    let limit = index(of: 0, in: buffer, mark..<filled) ?? filled
    let table = RecordTable(
      buffer, mark..<limit, dialect, isLast: atEnd && limit == filled, limit: 1)
    guard table.count == 1 else {
      if let fault = table.fault { throw fault.shifted(byLines: 0) }
      if limit < filled { throw .nul(line: countLines(buffer, upTo: limit) + 1) }
      return nil
    }
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
    let own = RecordTable(bytes, bytes.indices, dialect, isLast: true)
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
