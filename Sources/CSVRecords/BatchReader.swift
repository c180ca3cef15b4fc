#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A stretch of whole records, cut into pieces that can be worked on at once.
package struct Batch: Sendable {
  /// The bytes; only `range` belongs to this batch.
  let bytes: [UInt8]
  let range: Range<Int>
  let dialect: Dialect
  /// The lines before this batch.
  package let firstLine: Int
  /// Whole records each, in order, covering `range`.
  package let pieces: [Piece]
  /// The records as libcsv found them; nil where no byte is a quote and none need be looked up.
  let table: RecordTable?

  /// A part of a batch.
  package enum Piece: Sendable {
    /// Bytes without a quote.
    case plain(Range<Int>)
    /// Records of the batch's table.
    case records(Range<Int>)
  }

  /// How many bytes the batch has.
  package var count: Int { range.count }
}

/// Reads a source batch by batch, each ending where a record ends.
///
/// Batches without a quote are cut at line ends. In the others libcsv finds the records. Both read the
/// same: a test runs every case through both.
package struct BatchReader {
  /// How batches are made; none of it changes what is read.
  package struct Sizes: Sendable {
    /// Bytes read before a batch is handed out; more if a record is longer.
    package var batch: Int
    /// Bytes a piece.
    package var piece: Int
    /// Whether libcsv finds the records even where no byte is a quote.
    package var alwaysTable: Bool
    /// Whether a batch is handed out as soon as the input pauses.
    package var isStreaming: Bool

    package init(
      batch: Int = 8 << 20, piece: Int = 256 << 10, alwaysTable: Bool = false,
      isStreaming: Bool = false
    ) {
      precondition(batch > 0 && piece > 0)
      self.batch = batch
      self.piece = piece
      self.alwaysTable = alwaysTable
      self.isStreaming = isStreaming
    }
  }

  /// The bytes before the first record: a byte-order mark, blank lines.
  package let preamble: [UInt8]
  /// The first record, whose fields are the names where there is a header.
  package let first: FirstRecord
  /// How many bytes were read.
  package private(set) var bytesRead = 0
  package let source: ByteSource

  private let dialect: Dialect
  private let sizes: Sizes
  private var buffer: [UInt8]
  private var filled = 0
  private var start = 0
  private var atEnd = false
  private var lines = 0
  /// How many bytes were looked at in vain.
  private var cutLast = 0
  /// Whether the buffer holds bytes that no batch was cut from yet.
  private var isFresh = true

  /// Reads as far as the first record.
  ///
  /// - Throws: ``ReadError``
  package init(_ source: ByteSource, _ dialect: Dialect, _ sizes: Sizes = Sizes())
    throws(ReadError)
  {
    // A small file needs no large buffer; what it decompresses to comes in several batches.
    let room = source.size.map { max(1 << 16, 4 * $0) } ?? .max
    var opening = Opening(source: source, capacity: min(sizes.batch, room))
    first = try opening.firstRecord(dialect)
    preamble = opening.preamble
    // Without a header the first record is data and is read again.
    start = dialect.hasHeader ? opening.recordEnd : opening.preamble.count
    lines = dialect.hasHeader ? opening.linesThrough : opening.linesBefore
    bytesRead = opening.filled
    (buffer, filled, atEnd) = (opening.buffer, opening.filled, opening.atEnd)
    self.source = opening.source
    self.dialect = dialect
    self.sizes = sizes
  }

  /// The next batch, or nil at the end.
  ///
  /// - Throws: ``ReadError``
  /// - Complexity: O(bytes)
  package mutating func next() throws(ReadError) -> Batch? {
    compact()
    while true {
      if !(sizes.isStreaming && isFresh && filled > 0) { try fill() }
      isFresh = false
      if filled == 0 { return nil }
      if isWorthCutting {
        if let batch = try cut() {
          cutLast = 0
          return batch
        }
        cutLast = filled
      }
      if atEnd { return nil }
      // No record ends in the buffer: a longer one is needed.
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
    atEnd || filled < 1 << 16 || filled - cutLast > cutLast / 4
      || isLineEnd(buffer[filled - 1])
  }

  /// Moves the rest of the last batch to the front.
  private mutating func compact() {
    guard start > 0 else { return }
    let (from, count) = (start, filled - start)
    if count > 0 {
      unsafe buffer.withUnsafeMutableBytes { bytes in
        _ = unsafe memmove(bytes.baseAddress!, bytes.baseAddress! + from, count)
      }
    }
    (start, filled) = (0, count)
  }

  private mutating func fill() throws(ReadError) {
    while filled < buffer.count && !atEnd {
      let count = try source.fill(&buffer, from: filled)
      bytesRead += count
      filled += count
      if count == 0 { atEnd = true }
      if sizes.isStreaming && !source.isReady { return }
    }
  }

  /// Makes a batch of the records that the buffer holds whole; nil if there are none.
  private mutating func cut() throws(ReadError) -> Batch? {
    // What stands before a fault is handed out first, so that the first fault in the input is told.
    let fault = index(of: 0, in: buffer, 0..<filled)
    let limit = fault ?? filled
    let isPlain =
      !sizes.alwaysTable && !dialect.delimitsWithinNumbers
      && (dialect.quote == 0 || !contains(buffer, dialect.quote, 0..<limit))
    let isLast = atEnd && fault == nil
    if let batch = isPlain ? cutPlain(limit, isLast) : try cutByTable(limit, isLast) {
      return batch
    }
    guard fault == nil else {
      throw .nul(line: lines + countLines(buffer, upTo: limit) + 1)
    }
    return nil
  }

  private mutating func cutPlain(_ limit: Int, _ isLast: Bool) -> Batch? {
    let end = isLast ? limit : lastLineEnd(buffer, upTo: limit)
    guard end > 0 else { return nil }
    var pieces: [Batch.Piece] = []
    var from = 0
    while from < end {
      let to = end - from <= sizes.piece ? end : nextLineEnd(buffer, from: from + sizes.piece, end)
      pieces.append(.plain(from..<to))
      from = to
    }
    let batch = Batch(
      bytes: buffer, range: 0..<end, dialect: dialect, firstLine: lines, pieces: pieces, table: nil)
    advance(to: end, lines: countLines(buffer, upTo: end))
    return batch
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
      table: table)
    advance(to: table.consumed, lines: table.lineCount)
    return batch
  }

  private mutating func advance(to end: Int, lines count: Int) {
    start = end
    lines += count
  }
}
