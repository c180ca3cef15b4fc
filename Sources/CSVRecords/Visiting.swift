/// What going through the cells of a piece leaves.
package struct Visited<Value: Sendable>: PieceResult {
  package var value: Value
  package var rows = 0
  /// What the piece takes in the input.
  package internal(set) var bytes = 0
  /// Records passed over for their length.
  package var skipped = 0
  package internal(set) var failure: ReadError?
}

extension Batch {
  /// Shows every cell of one piece to `body`: its content, quotes removed; row by row, in order.
  ///
  /// - Parameter columns: how many a record has.
  /// - Complexity: O(bytes of the piece)
  package func visit<Value: Sendable>(
    _ index: Int, columns: Int, skipsRagged: Bool, _ initial: Value,
    _ body: (inout Value, UnsafeRawBufferPointer) -> Void
  ) -> Visited<Value> {
    var result = Visited(value: initial)
    unsafe bytes.withUnsafeBytes { bytes in
      switch pieces[index] {
      case .plain(let range):
        result.bytes = range.count
        unsafe visitPlain(
          UnsafeRawBufferPointer(rebasing: bytes[range]), columns, skipsRagged, &result, body)
      case .records(let records):
        if let last = records.last {
          let end = table!.fieldEnds[table!.fields(last).upperBound - 1]
          result.bytes = end - table!.starts[records.lowerBound]
        }
        unsafe visitTable(bytes, records, columns, skipsRagged, &result, body)
      }
    }
    if let failure = result.failure {
      result.failure = failure.shifted(byLines: linesBefore(index))
    }
    return result
  }

  /// Every delimiter ends a field, every line end a record.
  private func visitPlain<Value>(
    _ bytes: UnsafeRawBufferPointer, _ columns: Int, _ skipsRagged: Bool,
    _ result: inout Visited<Value>, _ body: (inout Value, UnsafeRawBufferPointer) -> Void
  ) {
    let (count, delimiter) = (bytes.count, dialect.delimiter)
    var ends: [Int] = []
    var (i, line) = (0, 0)
    while i < count {
      if unsafe isLineEnd(bytes[i]) {
        let isHalf =
          unsafe bytes[i] == UInt8(ascii: "\r") && i + 1 < count
          && bytes[i + 1] == UInt8(ascii: "\n")
        if !isHalf { line += 1 }
        i += 1
        continue
      }
      var start = i
      ends.removeAll(keepingCapacity: true)
      while i < count {
        let byte = unsafe bytes[i]
        if isLineEnd(byte) { break }
        if byte == delimiter { ends.append(i) }
        i += 1
      }
      ends.append(i)
      guard ends.count == columns else {
        if skipsRagged {
          result.skipped += 1
          continue
        }
        result.failure = .ragged(line: line, expected: columns, found: ends.count)
        return
      }
      for end in ends {
        unsafe body(&result.value, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end + 1
      }
      result.rows += 1
    }
  }

  /// Records as libcsv found them.
  private func visitTable<Value>(
    _ bytes: UnsafeRawBufferPointer, _ records: Range<Int>, _ columns: Int, _ skipsRagged: Bool,
    _ result: inout Visited<Value>, _ body: (inout Value, UnsafeRawBufferPointer) -> Void
  ) {
    let table = table!
    unsafe table.unquoted.withUnsafeBytes { unquoted in
      for record in records {
        let fields = table.fields(record)
        guard fields.count == columns else {
          if skipsRagged {
            result.skipped += 1
            continue
          }
          result.failure = .ragged(
            line: table.lines[record], expected: columns, found: fields.count)
          return
        }
        for field in fields {
          let content =
            unsafe table.contentEnds[field] < 0
            ? bytes[table.raw(field, of: record)]
            : unquoted[table.contentStarts[field]..<table.contentEnds[field]]
          unsafe body(&result.value, UnsafeRawBufferPointer(rebasing: content))
        }
        result.rows += 1
      }
    }
  }
}

/// A cell as a number, for profiles.
package enum CellNumber: Sendable {
  case value(Double)
  /// An integer that starts with a zero.
  case code
  case text

  package init(_ bytes: UnsafeRawBufferPointer) {
    let text = unsafe trimmed(bytes)
    if unsafe startsWithExtraZero(text) {
      self = .code
    } else if case .value(let value) = unsafe Number.parse(text) {
      self = .value(value)
    } else {
      self = .text
    }
  }
}
