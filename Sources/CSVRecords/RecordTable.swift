internal import CLibCSV

/// A stretch of CSV split by libcsv into records and fields.
///
/// libcsv says what a record and a field are. It tells a field's content but not where in the input it
/// stood; so it is fed one structural byte at a time, a delimiter, a quote or a line end, with the runs
/// between them whole, and a field then ends at the byte just fed. What is recorded is where each field
/// ends in the original bytes, and the content of those that are quoted.
struct RecordTable: Sendable {
  /// Where each record starts.
  private(set) var starts: [Int] = []
  /// The line of each record's start, from 0.
  private(set) var lines: [Int] = []
  /// Index in `fieldEnds` of each record's first field, and one more entry at the end.
  private(set) var firstField: [Int] = [0]
  /// Where each field ends in the bytes, before its delimiter or line end.
  private(set) var fieldEnds: [Int] = []
  /// For each field, where its content ends in `unquoted`, if it is quoted; else -1.
  private(set) var contentEnds: [Int] = []
  /// The contents of quoted fields, one after the other, quotes removed.
  private(set) var unquoted: [UInt8] = []
  /// For each field, where its content starts in `unquoted`.
  private(set) var contentStarts: [Int] = []
  /// How many bytes the complete records take, line ends between them included.
  private(set) var consumed = 0
  /// What is wrong with the record behind those that are complete, its line counted from 0.
  fileprivate(set) var fault: ReadError?
  /// How many lines end in the bytes consumed.
  private(set) var lineCount = 0

  /// The number of complete records.
  var count: Int { firstField.count - 1 }

  /// The content of field `f` of record `i`, quotes removed.
  func content(_ f: Int, of i: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
    contentEnds[f] < 0 ? bytes[raw(f, of: i)] : unquoted[contentStarts[f]..<contentEnds[f]]
  }

  /// Shows `body` the content of field `f` of record `i`.
  func withContent<Result>(
    _ f: Int, of i: Int, in bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    guard contentEnds[f] >= 0 else {
      let range = raw(f, of: i)
      return unsafe bytes.withUnsafeBytes { bytes in
        unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
    let range = contentStarts[f]..<contentEnds[f]
    return unsafe unquoted.withUnsafeBytes { bytes in
      unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  fileprivate init() {}

  /// Splits a range of `bytes`, which start at the start of a record or on blank lines before it.
  ///
  /// - Parameters:
  ///   - isLast: whether the input ends with these bytes, so that its last record needs no line end.
  ///   - limit: stop after so many records.
  /// - Complexity: O(bytes)
  init(
    _ bytes: [UInt8], _ range: Range<Int>, _ dialect: Dialect, isLast: Bool, limit: Int = .max
  ) {
    self = unsafe bytes.withUnsafeBytes { bytes in
      let splitter = unsafe Splitter(UnsafeRawBufferPointer(rebasing: bytes[range]), dialect)
      do throws(ReadError) {
        try splitter.run(isLast: isLast, limit: limit)
      } catch {
        splitter.table.fault = error
      }
      return splitter.table
    }
  }

  /// The fields of record `i`, as indices.
  func fields(_ i: Int) -> Range<Int> { firstField[i]..<firstField[i + 1] }

  /// The original bytes of field `f` of record `i`.
  func raw(_ f: Int, of i: Int) -> Range<Int> {
    (f == firstField[i] ? starts[i] : fieldEnds[f - 1] + 1)..<fieldEnds[f]
  }

  fileprivate mutating func begin(at start: Int, line: Int) {
    starts.append(start)
    lines.append(line)
  }

  fileprivate mutating func addField(end: Int, content: UnsafeRawBufferPointer?) {
    fieldEnds.append(end)
    contentStarts.append(unquoted.count)
    if let content = unsafe content {
      unsafe unquoted.append(contentsOf: content)
      contentEnds.append(unquoted.count)
    } else {
      contentEnds.append(-1)
    }
  }

  fileprivate mutating func endRecord() { firstField.append(fieldEnds.count) }

  /// Everything before `end` belongs to complete records and the blank lines around them.
  fileprivate mutating func consume(upTo end: Int, line: Int) {
    consumed = end
    lineCount = line
  }
}

/// Drives libcsv over one stretch of bytes.
@safe private final class Splitter {
  /// libcsv's states, which its header does not name (libcsv.c, "Parser states").
  private enum State {
    static let rowNotBegun: Int32 = 0
    static let fieldBegun: Int32 = 2
    static let quoteMayHaveEnded: Int32 = 3
  }

  private let bytes: UnsafeRawBufferPointer
  private let dialect: Dialect
  fileprivate var table: RecordTable
  private var parser = unsafe csv_parser()
  /// Where the byte being fed stands.
  private var position = 0
  private var line = 0
  private var fieldStart = 0
  /// The line on which the current field starts.
  private var fieldLine = 0

  init(_ bytes: UnsafeRawBufferPointer, _ dialect: Dialect) {
    unsafe self.bytes = unsafe bytes
    self.dialect = dialect
    table = RecordTable()
    let outcome = unsafe csv_init(&parser, 0)
    precondition(outcome == 0, "csv_init has no way to fail without an allocation")
    unsafe csv_set_delim(&parser, dialect.delimiter)
    unsafe csv_set_quote(&parser, dialect.quote)
    unsafe csv_set_space_func(&parser) { _ in 0 }  // spaces belong to their field
    unsafe csv_set_blk_size(&parser, 1 << 16)  // or long fields grow 128 bytes at a time
  }

  deinit { unsafe csv_free(&parser) }

  func run(isLast: Bool, limit: Int) throws(ReadError) {
    let count = unsafe bytes.count
    var next = 0
    while next < count && table.count < limit {
      let special = isInQuotes ? nextQuote(from: next) : nextStructural(from: next)
      // Whether the CR of a CR LF is cut from its LF cannot be seen; the rest will tell.
      if unsafe !isLast && special == count - 1 && bytes[special] == UInt8(ascii: "\r") { return }
      if unsafe parser.pstate == State.rowNotBegun {
        let first = unsafe bytes[next]
        if !isLineEnd(first) { beginRecord(at: next) }
      }
      if special > next {
        if unsafe parser.pstate == State.quoteMayHaveEnded { throw textAfterQuote }
        if isInQuotes { line += lineEnds(next, special - next) }
        feed(next, special - next)
      }
      guard special < count else { break }
      structural(at: special)
      next = special + 1
    }
    if isLast && table.count < limit { try finish() }
  }

  private var textAfterQuote: ReadError {
    .textAfterQuote(line: line, column: table.fieldEnds.count - table.firstField.last! + 1)
  }

  private func beginRecord(at start: Int) {
    table.begin(at: start, line: line)
    fieldStart = start
    fieldLine = line
  }

  private func structural(at index: Int) {
    position = index
    if unsafe isLineEnd(bytes[index]) {
      let isHalf =
        unsafe bytes[index] == UInt8(ascii: "\r") && index + 1 < bytes.count
        && bytes[index + 1] == UInt8(ascii: "\n")
      if !isHalf { line += 1 }
    }
    feed(index, 1)
    // A blank line, or the LF of a CR LF, goes with the record before it.
    if unsafe parser.pstate == State.rowNotBegun { table.consume(upTo: index + 1, line: line) }
  }

  private func finish() throws(ReadError) {
    position = unsafe bytes.count
    unsafe csv_set_opts(&parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
    let outcome = unsafe csv_fini(
      &parser, onField, onRecord, Unmanaged.passUnretained(self).toOpaque())
    guard outcome == 0 else { throw .unclosedQuote(line: fieldLine) }
    table.consume(upTo: position, line: line)
  }

  private func feed(_ start: Int, _ count: Int) {
    let taken = unsafe csv_parse(
      &parser, bytes.baseAddress! + start, count, onField, onRecord,
      Unmanaged.passUnretained(self).toOpaque())
    precondition(
      taken == count, "libcsv refuses nothing outside strict mode but for want of memory")
  }

  /// Whether nothing but a quote means anything.
  private var isInQuotes: Bool { unsafe parser.pstate == State.fieldBegun && parser.quoted != 0 }

  private func nextQuote(from start: Int) -> Int {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
    return unsafe firstIndex(of: dialect.quote, in: rest).map { start + $0 } ?? bytes.count
  }

  private func lineEnds(_ start: Int, _ count: Int) -> Int {
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    return unsafe countLines(part)
  }

  private func nextStructural(from start: Int) -> Int {
    let (delimiter, quote) = (dialect.delimiter, dialect.quote)
    let bytes = unsafe bytes
    var i = start
    while i < bytes.count {
      let byte = unsafe bytes[i]
      if byte == delimiter || byte == quote || isLineEnd(byte) { break }
      i += 1
    }
    return i
  }

  fileprivate func fieldEnded(_ content: UnsafeRawBufferPointer) {
    let isQuoted =
      unsafe fieldStart < position && bytes[fieldStart] == dialect.quote && dialect.quote != 0
    unsafe table.addField(end: position, content: isQuoted ? content : nil)
    fieldStart = position + 1
    fieldLine = line
  }

  fileprivate func recordEnded() {
    table.endRecord()
  }
}

private func onField(
  _ content: UnsafeMutableRawPointer?, _ count: Int, _ context: UnsafeMutableRawPointer?
) {
  unsafe Unmanaged<Splitter>.fromOpaque(context!).takeUnretainedValue()
    .fieldEnded(UnsafeRawBufferPointer(start: content, count: count))
}

private func onRecord(_ terminator: Int32, _ context: UnsafeMutableRawPointer?) {
  unsafe Unmanaged<Splitter>.fromOpaque(context!).takeUnretainedValue().recordEnded()
}
