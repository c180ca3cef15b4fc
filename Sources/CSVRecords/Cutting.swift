/// Which columns to copy, and what to do with a record of the wrong length.
package struct CuttingPlan: Sendable {
  /// One entry a column.
  package let keeps: [Bool]
  package let skipsRagged: Bool
  /// For each column, how its numbers are written; nil for cells that are copied as they stand.
  package let scalings: [Scaling?]?
  /// Runs of neighbours that are kept.
  let runs: [ClosedRange<Int>]
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
    var runs: [ClosedRange<Int>] = []
    for (column, isKept) in keeps.enumerated() where isKept {
      if let last = runs.last, last.upperBound == column - 1 {
        runs[runs.count - 1] = last.lowerBound...column
      } else {
        runs.append(column...column)
      }
    }
    self.runs = runs
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
    guard !plan.runs.isEmpty else { return CutBytes() }
    var cut =
      switch pieces[index] {
      case .indexed(let range):
        FieldIndex.with(bytes, range, dialect, rooms) { index in
          precondition(plan.scalings == nil, "rewriting needs a table")
          return cutIndexed(index, plan)
        }
      case .records(let records):
        unsafe bytes.withUnsafeBytes { unsafe cutTable($0, records, plan) }
      }
    if let failure = cut.failure { cut.failure = failure.shifted(byLines: linesBefore(index)) }
    return cut
  }

  /// Each run of kept columns is one slice of the bytes; the length of a record is told by its index.
  private func cutIndexed(_ index: FieldIndex, _ plan: CuttingPlan) -> CutBytes {
    let (columns, runs) = (plan.keeps.count, plan.runs)
    let room = unsafe index.bytes.count + (plan.isSingle ? 2 * index.recordCount : 0)
    var output = CutBytes()
    output.bytes = unsafe Array(unsafeUninitializedCapacity: room + SliceWriter.slack) {
      buffer, count in
      var writer = unsafe SliceWriter(from: index, to: buffer)
      defer { count = writer.count }
      var gap = 0  // where the bytes between records start that are yet to be copied
      for i in 0..<index.recordCount {
        let record = index.record(i)
        if record.isBlank { continue }
        writer.copy(gap, record.start)
        guard record.count == columns else {
          guard plan.skipsRagged else {
            output.failure = .ragged(
              line: index.lines(before: record.start), expected: columns, found: record.count)
            return
          }
          gap = unsafe afterLineEnd(index.bytes, record.end, index.bytes.count)
          continue
        }
        let mark = writer.count
        for run in runs {
          let first = record.first &+ run.lowerBound
          // Behind another run a slice begins with the delimiter.
          let start = index.start(first) &- (run == runs[0] ? 0 : 1)
          unsafe writer.copy(start, Int(index.ends[record.first &+ run.upperBound]))
        }
        if plan.isSingle && writer.count == mark { writer.append(emptyField) }
        gap = record.end
      }
      unsafe writer.copy(gap, index.bytes.count)
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

/// Copies slices of a piece one behind the other.
@safe private struct SliceWriter {
  /// How many bytes behind the last may be written over.
  static let slack = 32

  private(set) var count = 0
  private let source: UnsafePointer<UInt8>?
  private let limit: Int
  private let target: UnsafeMutablePointer<UInt8>?
  private let capacity: Int

  init(from index: FieldIndex, to buffer: UnsafeMutableBufferPointer<UInt8>) {
    unsafe source = unsafe index.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    limit = index.limit
    unsafe target = buffer.baseAddress
    capacity = buffer.count
  }

  /// Copies bytes `start ..< end` of the piece.
  @inline(__always)
  mutating func copy(_ start: Int, _ end: Int) {
    let length = end &- start
    guard length > 0 else { return }
    precondition(count &+ length &+ Self.slack <= capacity)
    let from = unsafe UnsafeRawPointer(source! + start)
    let to = unsafe UnsafeMutableRawPointer(target! + count)
    if length <= Self.slack && start &+ Self.slack <= limit {
      // A cell is short: a fixed number of bytes, some of them too many, takes no loop.
      unsafe to.storeBytes(
        of: from.loadUnaligned(as: SIMD32<UInt8>.self), as: SIMD32<UInt8>.self)
    } else {
      unsafe to.copyMemory(from: from, byteCount: length)
    }
    count &+= length
  }

  mutating func append(_ bytes: [UInt8]) {
    precondition(count + bytes.count + Self.slack <= capacity)
    for byte in bytes {
      unsafe target![count] = byte
      count += 1
    }
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
