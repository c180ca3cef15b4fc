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
    switch pieces[index] {
    case .indexed(let range):
      result.bytes = range.count
      FieldIndex.with(bytes, range, dialect, rooms) { fields in
        for i in 0..<fields.recordCount {
          let record = fields.record(i)
          if record.isBlank { continue }
          guard record.count == columns else {
            guard
              result.skip(
                record.count, fields.lines(before: record.start), columns, skipsRagged)
            else { break }
            continue
          }
          for column in 0..<columns {
            unsafe fields.withContent(record.first + column) {
              unsafe body(&result.value, $0)
            }
          }
          result.rows += 1
        }
      }
    case .records(let records):
      let table = table!
      if let last = records.last {
        let end = table.fieldEnds[table.fields(last).upperBound - 1]
        result.bytes = end - table.starts[records.lowerBound]
      }
      for record in records {
        let fields = table.fields(record)
        guard fields.count == columns else {
          guard result.skip(fields.count, table.lines[record], columns, skipsRagged) else { break }
          continue
        }
        for field in fields {
          unsafe table.withContent(field, of: record, in: bytes) {
            unsafe body(&result.value, $0)
          }
        }
        result.rows += 1
      }
    }
    if let failure = result.failure {
      result.failure = failure.shifted(byLines: linesBefore(index))
    }
    return result
  }
}

extension Visited {
  /// Passes over a record of the wrong length; false if that is a failure.
  fileprivate mutating func skip(
    _ found: Int, _ line: @autoclosure () -> Int, _ expected: Int, _ skipsRagged: Bool
  ) -> Bool {
    guard skipsRagged else {
      failure = .ragged(line: line(), expected: expected, found: found)
      return false
    }
    skipped += 1
    return true
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
