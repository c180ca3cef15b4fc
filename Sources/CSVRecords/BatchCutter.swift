internal import CNumbers

/// Cuts what a source gives into batches of whole records, and these into pieces.
///
/// Where quoting is clean, or there is none, one look over the bytes finds where records end. Otherwise
/// libcsv finds the records. Both read the same: a test runs every case through both.
struct BatchCutter {
  private(set) var bytesRead: Int
  private let source: ByteSource
  private let dialect: Dialect
  private let sizes: BatchReader.Sizes
  private var buffer: [UInt8]
  /// What batches were in that are gone, or are by the time one of these is filled, the first of them first.
  private var spare: [[UInt8]]
  private var filled: Int
  private var start: Int
  private var atEnd: Bool
  private var lines: Int
  /// How many bytes were looked at in vain.
  private var cutLast = 0
  /// Whether the buffer holds bytes that no batch was cut from yet.
  private var isFresh = true
  private let rooms = IndexRooms()

  /// A buffer of so many bytes grows for a record that it cannot hold, but not for more than one.
  private static let longest = 16 << 20

  init(_ opening: Opening, _ dialect: Dialect, _ sizes: BatchReader.Sizes) {
    source = opening.source
    (buffer, filled, atEnd) = (opening.buffer, opening.filled, opening.atEnd)
    bytesRead = opening.bytesRead
    // Without a header the first record is data and is read again.
    start = dialect.hasHeader ? opening.recordEnd : opening.recordStart
    lines = dialect.hasHeader ? opening.linesThrough : opening.linesBefore
    self.dialect = dialect
    self.sizes = sizes
    spare = Array(repeating: [], count: max(1, sizes.ahead))
  }

  /// Whether there is nothing left to make a batch of.
  var isExhausted: Bool { atEnd && start == filled }

  /// The next batch, or nil at the end.
  mutating func next() throws(ReadError) -> Batch? {
    turn()
    while true {
      if !(sizes.isStreaming && isFresh && filled > 0) { try fill() }
      isFresh = false
      if filled == 0 {
        // Whoever has read all may want the memory for what was read.
        if atEnd {
          (buffer, spare) = ([], [[]])
          rooms.clear()
        }
        return nil
      }
      if isWorthCutting {
        if let batch = try cut() {
          cutLast = 0
          return batch
        }
        cutLast = filled
      }
      if atEnd { return nil }
      guard filled < sizes.longestRecord else {
        throw .longRecord(line: lines + 1, limit: sizes.longestRecord)
      }
      // No record ends in the buffer, or too few do: a longer one is needed.
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
  }

  /// Whether another look at a record that was not whole may find it whole.
  ///
  /// A long one is looked at again only where it has grown by a quarter or the input pauses behind a line
  /// end, or each short read would go over all of it.
  private var isWorthCutting: Bool {
    atEnd || filled < 1 << 16 || filled >= sizes.longestRecord || filled - cutLast > cutLast / 4
      || (isLineEnd(buffer[filled - 1]) && !source.isReady(within: Opening.pause))
  }

  /// Takes another buffer, which nobody looks into any more, and moves the rest of the last batch to
  /// its front.
  private mutating func turn() {
    guard start > 0 else { return }
    let rest = start..<filled
    (start, filled) = (0, rest.count)
    if rest.isEmpty && atEnd { return }
    var next = spare.removeFirst()
    if next.count < buffer.count { next = Array(repeating: 0, count: buffer.count) }
    next.replaceSubrange(0..<rest.count, with: buffer[rest])
    spare.append(buffer)
    buffer = next
  }

  private mutating func fill() throws(ReadError) {
    while filled < buffer.count && !atEnd {
      let count = try source.fill(&buffer, from: filled)
      bytesRead += count
      filled += count
      if count == 0 { atEnd = true }
      if sizes.isStreaming && !source.isReady() { return }
    }
  }

  /// Makes a batch of the records that the buffer holds whole; nil if there are none.
  private mutating func cut() throws(ReadError) -> Batch? {
    // What stands before a fault is handed out first, so that the first fault in the input is told.
    var found = sizes.alwaysTable || filled > UInt32.max ? nil : survey(filled, isLast: atEnd)
    let fault = found?.counts.has_nul == 0 ? nil : index(of: 0, in: buffer, 0..<filled)
    let limit = fault ?? filled
    let isLast = atEnd && fault == nil
    if fault != nil && found != nil { found = survey(limit, isLast: false) }
    let batch =
      if let found, found.counts.is_clean != 0, !isLast || found.counts.is_open == 0 {
        cutClean(limit, isLast: isLast, found)
      } else {
        try cutByTable(limit, isLast)
      }
    guard batch == nil, fault != nil else { return batch }
    throw .nul(line: lines + countLines(buffer, upTo: limit) + 1)
  }

  private struct Survey {
    let counts: cscan_survey_t
    /// Where a piece may end.
    let bounds: [Int]
  }

  private func survey(_ count: Int, isLast: Bool) -> Survey {
    var bounds = [Int](repeating: 0, count: count / sizes.piece + 1)
    let counts = unsafe buffer.withUnsafeBufferPointer { bytes in
      unsafe bounds.withUnsafeMutableBufferPointer { bounds in
        unsafe cscan_survey(
          bytes.baseAddress!, count, dialect.delimiter, dialect.quote, isLast ? 1 : 0, sizes.piece,
          bounds.baseAddress!)
      }
    }
    return Survey(counts: counts, bounds: Array(bounds[..<counts.bounds]))
  }

  private mutating func cutClean(_ limit: Int, isLast: Bool, _ found: Survey) -> Batch? {
    let end = isLast ? limit : found.counts.end
    guard end > 0 else { return nil }
    var pieces: [Batch.Piece] = []
    var from = 0
    for bound in found.bounds where bound < end {
      pieces.append(.indexed(from..<bound))
      from = bound
    }
    pieces.append(.indexed(from..<end))
    if pieces.count < sizes.pieces && limit == filled && mayGrow { return nil }
    let batch = Batch(
      bytes: buffer, range: 0..<end, dialect: dialect, firstLine: lines, pieces: pieces, table: nil,
      rooms: rooms)
    advance(to: end, lines: found.counts.lines)
    return batch
  }

  /// Whether a longer buffer might hold more records.
  private var mayGrow: Bool {
    !atEnd && !sizes.isStreaming && filled == buffer.count && filled < Self.longest
  }

  private mutating func cutByTable(_ limit: Int, _ isLast: Bool) throws(ReadError) -> Batch? {
    let table = RecordTable(buffer, 0..<limit, dialect, isLast: isLast)
    guard table.consumed > 0 else {
      if let fault = table.fault { throw fault.shifted(byLines: lines) }
      return nil
    }
    var pieces: [Batch.Piece] = []
    if table.count == 0 { pieces.append(.records(0..<0)) }  // blank lines alone
    var from = 0
    while from < table.count {
      var to = from + 1
      while to < table.count && table.starts[to] - table.starts[from] < sizes.piece { to += 1 }
      pieces.append(.records(from..<to))
      from = to
    }
    let batch = Batch(
      bytes: buffer, range: 0..<table.consumed, dialect: dialect, firstLine: lines, pieces: pieces,
      table: table, rooms: rooms)
    advance(to: table.consumed, lines: table.lineCount)
    return batch
  }

  private mutating func advance(to end: Int, lines count: Int) {
    start = end
    lines += count
  }
}
