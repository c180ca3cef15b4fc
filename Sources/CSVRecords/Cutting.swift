/// Which columns to copy, and what to do with a record of the wrong length.
package struct CuttingPlan: Sendable {
  /// One entry a column.
  package let keeps: [Bool]
  package let skipsRagged: Bool
  /// For each column, how its numbers are written; nil for cells that are copied as they stand.
  package let scalings: [Scaling?]?
  /// The last column that is kept, or -1.
  let last: Int
  /// Whether a record's output can look like a blank line: then an empty field is written as `""`.
  let isSingle: Bool

  /// Writes numbers as (value − center) / scale, with all digits that a double needs.
  package struct Scaling: Sendable {
    let center: Double
    let scale: Double

    package init(center: Double, scale: Double) { (self.center, self.scale) = (center, scale) }
  }

  /// - Parameter scalings: where given, batches need a table (``BatchReader/Sizes/alwaysTable``).
  package init(_ keeps: [Bool], skipsRagged: Bool = false, scalings: [Scaling?]? = nil) {
    self.keeps = keeps
    self.scalings = scalings
    self.skipsRagged = skipsRagged
    last = keeps.lastIndex(of: true) ?? -1
    isSingle = keeps.count { $0 } == 1
  }
}

/// The bytes that one piece leaves.
package struct CutBytes: PieceResult {
  package internal(set) var bytes: [UInt8] = []
  /// Why cutting stopped.
  package internal(set) var failure: ReadError?
}

extension Batch {
  /// Copies the kept columns of one piece: fields as they stand, with quotes and spaces, the delimiter
  /// between them, and all bytes between records, so that keeping every column copies every byte.
  ///
  /// - Complexity: O(bytes of the piece)
  package func cut(_ index: Int, _ plan: CuttingPlan) -> CutBytes {
    guard plan.last >= 0 else { return CutBytes() }
    var cut = unsafe bytes.withUnsafeBytes { bytes in
      switch pieces[index] {
      case .plain(let range):
        precondition(plan.scalings == nil, "rewriting needs a table")
        return unsafe cutPlain(UnsafeRawBufferPointer(rebasing: bytes[range]), plan)
      case .records(let records):
        return unsafe cutTable(bytes, records, plan)
      }
    }
    if let failure = cut.failure { cut.failure = failure.shifted(byLines: linesBefore(index)) }
    return cut
  }

  /// Every delimiter ends a field, every line end a record.
  private func cutPlain(_ bytes: UnsafeRawBufferPointer, _ plan: CuttingPlan) -> CutBytes {
    var output = CutBytes()
    output.bytes.reserveCapacity(bytes.count)
    let (count, delimiter, columns) = (bytes.count, dialect.delimiter, plan.keeps.count)
    let keeps = plan.keeps.span
    var (i, line) = (0, 0)
    while i < count {
      let gap = i
      while i < count, unsafe isLineEnd(bytes[i]) {
        if unsafe bytes[i] == UInt8(ascii: "\n") || i + 1 == count
          || bytes[i + 1] != UInt8(ascii: "\n")
        {
          line += 1
        }
        i += 1
      }
      unsafe output.bytes.append(contentsOf: bytes[gap..<i])
      guard i < count else { break }
      let mark = output.bytes.count
      var (column, isFirst) = (0, true)
      while true {
        let start = i
        while i < count, unsafe bytes[i] != delimiter && !isLineEnd(bytes[i]) { i += 1 }
        if column < columns && keeps[column] {
          if !isFirst { output.bytes.append(delimiter) }
          isFirst = false
          unsafe output.bytes.append(contentsOf: bytes[start..<i])
        }
        column += 1
        guard i < count, unsafe bytes[i] == delimiter else { break }
        i += 1
      }
      if column != columns {
        output.bytes.removeSubrange(mark...)
        guard plan.skipsRagged else {
          output.failure = .ragged(line: line, expected: columns, found: column)
          return output
        }
        let skipped = i
        i = unsafe afterLineEnd(bytes, i, count)
        if i > skipped { line += 1 }
      } else if plan.isSingle && output.bytes.count == mark {
        output.bytes += emptyField
      }
    }
    return output
  }

  /// Records as libcsv found them.
  private func cutTable(
    _ bytes: UnsafeRawBufferPointer, _ records: Range<Int>, _ plan: CuttingPlan
  ) -> CutBytes {
    let table = table!
    var output = CutBytes()
    // What stands before the batch's first record goes with its first piece; a batch may hold no more.
    if records.lowerBound == 0 {
      let first = table.count > 0 ? table.starts[0] : range.upperBound
      unsafe output.bytes.append(contentsOf: bytes[range.lowerBound..<first])
    }
    for record in records {
      let fields = table.fields(record)
      let end = table.fieldEnds[fields.upperBound - 1]
      let next = record + 1 < table.count ? table.starts[record + 1] : range.upperBound
      guard fields.count == plan.keeps.count else {
        guard plan.skipsRagged else {
          output.failure = .ragged(
            line: table.lines[record], expected: plan.keeps.count, found: fields.count)
          return output
        }
        unsafe output.bytes.append(contentsOf: bytes[afterLineEnd(bytes, end, next)..<next])
        continue
      }
      let mark = output.bytes.count
      var isFirst = true
      for (column, field) in fields.enumerated() where plan.keeps[column] {
        if !isFirst { output.bytes.append(dialect.delimiter) }
        isFirst = false
        if let scaling = plan.scalings?[column],
          let value = number(table.content(field, of: record, in: self.bytes))
        {
          output.bytes += Array("\((value - scaling.center) / scaling.scale)".utf8)
        } else {
          unsafe output.bytes.append(contentsOf: bytes[table.raw(field, of: record)])
        }
      }
      if plan.isSingle && output.bytes.count == mark { output.bytes += emptyField }
      unsafe output.bytes.append(contentsOf: bytes[end..<next])
    }
    return output
  }

  private func number(_ content: ArraySlice<UInt8>) -> Double? {
    unsafe content.withUnsafeBytes { bytes in
      guard case .value(let value) = unsafe Number.parse(bytes) else { return nil }
      return value
    }
  }

  /// An empty field that no reader takes for a blank line; without quotes there is none.
  private var emptyField: [UInt8] {
    dialect.quote == 0 ? [] : [dialect.quote, dialect.quote]
  }
}

/// Just after the line end at `i`, a CR LF taken as one; `i` at `limit`.
private func afterLineEnd(_ bytes: UnsafeRawBufferPointer, _ i: Int, _ limit: Int) -> Int {
  guard i < limit else { return i }
  let isPair =
    unsafe bytes[i] == UInt8(ascii: "\r") && i + 1 < limit
    && bytes[i + 1] == UInt8(ascii: "\n")
  return i + (isPair ? 2 : 1)
}
