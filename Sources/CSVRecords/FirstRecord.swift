/// The first record of an input, which says how many columns there are and, in a header, their names.
package struct FirstRecord: Sendable {
  /// The record as a batch of its own, line end included, to be cut like any other.
  package let batch: Batch

  /// - Parameters:
  ///   - bytes: the record, with its line end if it has one.
  ///   - firstLine: the lines before it.
  init(_ bytes: [UInt8], _ dialect: Dialect, firstLine: Int) {
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
