/// What going through the cells of a piece leaves.
package struct Visited<Value: Sendable>: PieceResult {
  package var value: Value
  package var rows = 0
  /// Records passed over for their length.
  package var skipped = 0
  package internal(set) var failure: ReadError?
}

extension Batch {
  /// Shows every cell of one piece to `body`: its column and its content, quotes removed.
  ///
  /// - Parameter columns: how many a record has.
  /// - Complexity: O(bytes of the piece)
  package func visit<Value: Sendable>(
    _ index: Int, columns: Int, skipsRagged: Bool, _ initial: Value,
    _ body: (inout Value, Int, UnsafeRawBufferPointer) -> Void
  ) -> Visited<Value> {
    let table: RecordTable
    let records: Range<Int>
    switch pieces[index] {
    case .records(let own): (table, records) = (self.table!, own)
    case .plain(let range):
      let own = RecordTable(bytes, range, dialect, isLast: true)
      (table, records) = (own.moved(by: range.lowerBound), 0..<own.count)
    }
    var result = Visited(value: initial)
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe table.unquoted.withUnsafeBytes { unquoted in
        for record in records {
          let fields = table.fields(record)
          guard fields.count == columns else {
            if skipsRagged {
              result.skipped += 1
              continue
            }
            result.failure = ReadError.ragged(
              line: table.lines[record], expected: columns, found: fields.count
            ).shifted(byLines: linesBefore(index))
            return
          }
          for (column, field) in fields.enumerated() {
            let content =
              unsafe table.contentEnds[field] < 0
              ? bytes[table.raw(field, of: record)]
              : unquoted[table.contentStarts[field]..<table.contentEnds[field]]
            unsafe body(&result.value, column, UnsafeRawBufferPointer(rebasing: content))
          }
          result.rows += 1
        }
      }
    }
    return result
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
