/// Reading as far as the first record.
struct Opening {
  let source: ByteSource
  private(set) var buffer: [UInt8]
  private(set) var filled = 0
  private(set) var atEnd = false
  private(set) var bytesRead = 0
  private(set) var preamble = Preamble()
  /// Where the first record starts, and where its line end ends.
  private(set) var recordStart = 0
  private(set) var recordEnd = 0
  private(set) var linesBefore = 0
  private(set) var linesThrough = 0
  private var isBegun = false

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private let longestRecord: Int

  init(source: ByteSource, capacity: Int, longestRecord: Int = .max) {
    self.source = source
    self.longestRecord = longestRecord
    buffer = Array(repeating: 0, count: max(capacity, 16))
  }

  /// - Throws: ``ReadError/empty`` and what ``RecordTable`` throws.
  mutating func firstRecord(_ dialect: Dialect) throws(ReadError) -> FirstRecord {
    var looked = 0
    while true {
      let count = try source.fill(&buffer, from: filled)
      filled += count
      bytesRead += count
      atEnd = count == 0
      if !isBegun {
        if filled < 3 && !atEnd { continue }
        try begin()
      }
      if try passBlankLines() { looked = 0 }
      if recordStart == filled {
        guard !atEnd else { throw .empty }
        continue
      }
      if isWorthLooking(looked) {
        if let record = try record(dialect) { return record }
        looked = filled
      }
      guard !atEnd else { throw .empty }
      guard filled < longestRecord else {
        throw .longRecord(line: preamble.lines + 1, limit: longestRecord)
      }
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
  }

  /// A long record is looked at again only where it has grown by a quarter, or the input pauses behind a line end.
  private func isWorthLooking(_ looked: Int) -> Bool {
    atEnd || filled < 1 << 16 || filled >= longestRecord || filled - looked > looked / 4
      || (isLineEnd(buffer[filled - 1]) && !source.isReady(within: Self.pause))
  }

  /// What counts as a pause, in milliseconds.
  static let pause: Int32 = 10

  private mutating func begin() throws(ReadError) {
    isBegun = true
    try refuseUTF16()
    guard buffer[..<filled].starts(with: Self.byteOrderMark) else { return }
    preamble.mark = Self.byteOrderMark
    recordStart = 3
  }

  /// Counts blank lines; those that fill the buffer make room.
  ///
  /// - Returns: whether they did.
  private mutating func passBlankLines() throws(ReadError) -> Bool {
    let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var next = recordStart
    while next < filled {
      let start = next
      while next < filled && buffer[next] == lineFeed { next += 1 }
      try preamble.add(.lineFeed, next - start)
      guard next < filled && buffer[next] == carriageReturn else { break }
      // Whether a line feed follows, the rest will tell.
      guard next + 1 < filled || atEnd else { break }
      let isPair = next + 1 < filled && buffer[next + 1] == lineFeed
      try preamble.add(isPair ? .both : .carriageReturn, 1)
      next += isPair ? 2 : 1
    }
    recordStart = next
    let isCut = next == filled - 1 && buffer[next] == carriageReturn
    guard next > 0, next == filled || isCut else { return false }
    if isCut { buffer[0] = carriageReturn }
    (recordStart, filled) = (0, isCut ? 1 : 0)
    return true
  }

  private mutating func record(_ dialect: Dialect) throws(ReadError) -> FirstRecord? {
    let limit = index(of: 0, in: buffer, recordStart..<filled) ?? filled
    let table = RecordTable(
      buffer, recordStart..<limit, dialect, isLast: atEnd && limit == filled, limit: 1)
    guard table.count == 1 else {
      if let fault = table.fault { throw fault.shifted(byLines: preamble.lines) }
      if limit < filled {
        let lines = countLines(buffer, upTo: limit) - countLines(buffer, upTo: recordStart)
        throw .nul(line: preamble.lines + lines + 1)
      }
      return nil
    }
    recordEnd = recordStart + table.consumed
    linesBefore = preamble.lines
    linesThrough = linesBefore + table.lineCount
    if recordEnd < filled && buffer[recordEnd - 1] == UInt8(ascii: "\r")
      && buffer[recordEnd] == UInt8(ascii: "\n")
    {
      recordEnd += 1
      linesThrough += 1
    }
    return FirstRecord(
      Array(buffer[recordStart..<recordEnd]), dialect, firstLine: linesBefore)
  }

  private func refuseUTF16() throws(ReadError) {
    guard filled >= 2 else { return }
    let (a, b) = (buffer[0], buffer[1])
    if (a == 0xFF && b == 0xFE) || (a == 0xFE && b == 0xFF) { throw .notUTF8 }
  }
}
