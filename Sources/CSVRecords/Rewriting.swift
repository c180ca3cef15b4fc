/// How to write each kept column.
package enum Rewrite: Sendable, Equatable {
  /// As it stands.
  case copy
  /// (value − center) / scale, with all digits that a double needs.
  case standardize(center: Double, scale: Double)
}

extension Batch {
  /// Writes the kept columns of one piece, some of them as z-scores.
  ///
  /// - Parameter columns: one entry a column; nil leaves the column out.
  /// - Precondition: the batch has a table (``BatchReader/Sizes/alwaysTable``).
  /// - Complexity: O(bytes of the piece)
  package func rewrite(_ index: Int, _ columns: [Rewrite?], skipsRagged: Bool) -> CutBytes {
    guard case .records(let records) = pieces[index], let table else {
      preconditionFailure("rewriting needs a table")
    }
    var output = CutBytes()
    if records.lowerBound == 0 { output.bytes += bytes[range.lowerBound..<table.starts[0]] }
    for record in records {
      let fields = table.fields(record)
      let end = table.fieldEnds[fields.upperBound - 1]
      let next = record + 1 < table.count ? table.starts[record + 1] : range.upperBound
      if fields.count != columns.count {
        if !skipsRagged {
          output.failure = ReadError.ragged(
            line: table.lines[record], expected: columns.count, found: fields.count
          ).shifted(byLines: firstLine)
          return output
        }
        continue
      }
      var isFirst = true
      for (column, field) in fields.enumerated() {
        guard let rewrite = columns[column] else { continue }
        if !isFirst { output.bytes.append(dialect.delimiter) }
        isFirst = false
        let content = table.content(field, of: record, in: bytes)
        if case .standardize(let center, let scale) = rewrite, let value = parse(content) {
          output.bytes += Array("\((value - center) / scale)".utf8)
        } else {
          output.bytes += bytes[table.raw(field, of: record)]
        }
      }
      output.bytes += bytes[end..<next]
    }
    return output
  }

  private func parse(_ content: ArraySlice<UInt8>) -> Double? {
    unsafe content.withUnsafeBytes { bytes in
      guard case .value(let value) = unsafe Number.parse(bytes) else { return nil }
      return value
    }
  }
}
