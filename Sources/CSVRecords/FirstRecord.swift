/// The first record of an input, which says how many columns there are and, in a header, their names.
package struct FirstRecord: Sendable {
  /// The record as a batch of its own, line end included, to be cut like any other.
  package let batch: Batch

  /// - Parameters:
  ///   - bytes: the record, with its line end if it has one.
  ///   - firstLine: the lines before it.
  fileprivate init(_ bytes: [UInt8], _ dialect: Dialect, firstLine: Int) {
    // Without a quote the bytes say all: a table takes three words a column for as long as the reader
    // lives.
    let isPlain = dialect.quote == 0 || index(of: dialect.quote, in: bytes, bytes.indices) == nil
    batch = Batch(
      bytes: bytes, range: bytes.indices, dialect: dialect, firstLine: firstLine,
      pieces: [isPlain ? .indexed(bytes.indices) : .records(0..<1)],
      table: isPlain ? nil : RecordTable(bytes, bytes.indices, dialect, isLast: true),
      rooms: IndexRooms())
  }

  /// The contents of the fields, quotes removed.
  package var fields: [[UInt8]] {
    var fields: [[UInt8]] = []
    forEachField { fields.append(Array($0)) }
    return fields
  }

  /// Shows the content of each field to `body`, in order.
  package func forEachField(_ body: (ArraySlice<UInt8>) -> Void) {
    let bytes = batch.bytes
    if let table = batch.table {
      for field in table.fields(0) { body(table.content(field, of: 0, in: bytes)) }
      return
    }
    var start = 0
    for place in bytes.indices {
      if bytes[place] == batch.dialect.delimiter {
        body(bytes[start..<place])
        start = place + 1
      } else if isLineEnd(bytes[place]) {
        return body(bytes[start..<place])
      }
    }
    body(bytes[start...])
  }
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
    return FirstRecord(Array(buffer[start..<recordEnd]), dialect, firstLine: linesBefore)
  }

  private func refuseUTF16() throws(ReadError) {
    guard filled >= 2 else { return }
    let (a, b) = (buffer[0], buffer[1])
    if (a == 0xFF && b == 0xFE) || (a == 0xFE && b == 0xFF) { throw .notUTF8 }
  }
}
