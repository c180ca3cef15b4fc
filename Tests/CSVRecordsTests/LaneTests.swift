import Testing

@testable import CSVRecords

/// Batches without a quote, or quoted cleanly, have a lane of their own, which must read as libcsv does.
@Suite struct LaneTests {
  private let scratch = Scratch()

  @Test(arguments: 0..<8)
  func lanesAreEqualOnRandomTextWithoutQuotes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      let input = RandomText(&generator, quotes: false)
      let path = scratch.file(input.bytes)
      let plain = Result { () throws(ReadError) in try read(input, path, table: false) }
      let table = Result { () throws(ReadError) in try read(input, path, table: true) }
      try #require(plain == table, "\(input)")
      try #require(plain == expected(input), "\(input)")
    }
  }

  @Test(arguments: 0..<8)
  func quotedTextIsReadAsTheOracleReadsIt(seed: UInt64) throws {
    var generator = SeededGenerator(seed: 100 + seed)
    for _ in 0..<400 {
      let input = RandomText(&generator, quotes: true)
      // A text with two faults is for FaultTests.
      if Oracle(input.bytes, input.dialect).failure != nil && !input.skipsRagged { continue }
      let path = scratch.file(input.bytes)
      for table in [false, true] {
        let reading = Result { () throws(ReadError) in try read(input, path, table: table) }
        if case .success(let reading) = reading, !reading.texts.isSuccess {
          try #require(.success(reading.texts) == expected(input).map(\.texts), "\(input)")
        } else {
          try #require(reading == expected(input), "\(input)")
        }
      }
    }
  }

  /// 64 bytes are looked at together: quotes, delimiters and line ends must mean the same at each place.
  @Test(
    arguments: [
      "\"1\",2\n3,4\n", "1,\"2\"\n3,4\n", "\"a,\nb\",2\n", "\"a\r\n\",2\r\n3,4\r\n",
      "\"\"\"\",\"\"\n3,\"\"\"\"",
      "\"a\"\"b\",\"\"\"c\"\n", "1,2\r3,4\r", "1,2\r\n\r\n3,4\r\n", "\"\n\n\n\",\"\r\r\"\r",
      "5\",6\n7,8\n", "1, \"2\"\n", "\"1\"2,3\n", "\"1\",\"2\n", "x\"\"y,\"z\"\n", "1,\"\"2\"\n",
      "\"1\" ,2\n",
    ])
  func everyPlaceInABlockIsRead(text: String) throws {
    for shift in 0..<130 {
      let bytes = Array("a,b\n\(String(repeating: "7", count: shift)),8\n\(text)".utf8)
      let path = scratch.file(bytes)
      for batch in [1000, 64 + shift] {
        let readings = [false, true].map { table in
          Result { () throws(ReadError) in
            try Reading(path, Dialect(), .init(batch: batch, piece: 40, alwaysTable: table))
          }
        }
        try #require(readings[0] == readings[1], "shift \(shift), batch \(batch)")
      }
    }
  }

  /// Else the lanes would be compared with themselves.
  @Test(arguments: [
    ("a,b\n\"1\",\"x,\n\"\"y\"\"\"\n\"\",\"3\"", false), ("a,b\n1,2\n", false),
    ("a,b\n5\",2\n", true), ("a,b\n1, \"2\"\n", true), ("a,b\nx\"\"y,2\n", true),
  ])
  func onlyOddQuotesGoThroughTheTable(text: String, isTable: Bool) throws {
    let source = try ByteSource(path: scratch.file(Array(text.utf8)), readings: .once)
    var reader = try BatchReader(source, Dialect())
    let batch = try #require(try reader.next())
    #expect((batch.table != nil) == isTable)
  }

  /// A text looked up before, one that shares its hash's place, one for missing.
  @Test func codesGoByFirstAppearance() throws {
    let words = (0..<600).map { "w\($0 * $0 % 211)" } + ["NA", " NA ", "w1"]
    let path = scratch.file(Array(("a\n" + words.joined(separator: "\n")).utf8))
    var order: [String?] = []
    let codes = words.map { word -> Int in
      let level = word.contains("NA") ? nil : word
      if !order.contains(level) { order.append(level) }
      return order.firstIndex(of: level)!
    }
    for table in [false, true] {
      let source = try ByteSource(path: path, readings: .once)
      var reader = try BatchReader(source, Dialect(), .init(alwaysTable: table))
      let batch = try #require(try reader.next())
      let rows = batch.parse(0, ParsingPlan([.text(0)], missing: MissingCells(["NA"])))
      #expect(rows.codes[0] == codes)
      #expect(rows.levels[0] == order.map { $0.map { Array($0.utf8) } })
    }
  }

  /// Its texts are no levels, its missing cells are not counted, what is no number in it says nothing.
  @Test(arguments: [false, true])
  func skippedRecordsSayNothing(table: Bool) throws {
    let path = scratch.file(Array("a,b,c\nx,1,\ny,,z,4\nw,\n".utf8))
    let source = try ByteSource(path: path, readings: .once)
    var reader = try BatchReader(source, Dialect(), .init(alwaysTable: table))
    let batch = try #require(try reader.next())
    let plan = ParsingPlan([.text(0), .optional(0), .tentative(1)], skipsRagged: true)
    let rows = batch.parse(0, plan)
    #expect(rows.levels == [[Array("x".utf8)]])
    #expect(rows.missing == [0, 1])
    #expect(rows.contradictions.isEmpty)
    #expect(rows.skipped == 2)
  }

  /// Bytes that numbers are made of too.
  @Test(arguments: Array(" .+-eE15x\u{7F}".utf8), [false, true])
  func anyDelimiterIsReadAsTheOracleReadsIt(delimiter: UInt8, table: Bool) throws {
    let dialect = Dialect(delimiter: delimiter)
    let mark = String(UnicodeScalar(delimiter))
    let text = "a,b,c\n2,3,4\n7,8,9\n-.6,+6,6e6\n".replacing(",", with: mark)
    let reading = try Reading(scratch.file(Array(text.utf8)), dialect, .init(alwaysTable: table))
    #expect(try reading == Reading(Oracle(Array(text.utf8), dialect), dialect))
  }

  /// A quote that numbers are made of too: 5555 says 5.
  @Test(arguments: Array("+-.eE015x'".utf8), [false, true])
  func anyQuoteIsReadAsTheOracleReadsIt(quote: UInt8, table: Bool) throws {
    let dialect = Dialect(quote: quote)
    let mark = String(UnicodeScalar(quote))
    for row in ["q3q,7,q42q", "qqqq,2,2", "2,qqqq,q2qq3q", "q2qqq,7,7", "qq,7,7"] {
      let text = "a,b,c\n2,3,4\n\(row)\n".replacing("q", with: mark)
      let reading = try Reading(scratch.file(Array(text.utf8)), dialect, .init(alwaysTable: table))
      #expect(try reading == Reading(Oracle(Array(text.utf8), dialect), dialect), "\(row)")
    }
  }

  private func read(_ input: RandomText, _ path: String, table: Bool) throws(ReadError)
    -> Reading
  {
    try Reading(
      path, input.dialect,
      .init(
        batch: input.batch, piece: input.piece, alwaysTable: table, ahead: input.ahead),
      skipsRagged: input.skipsRagged, keeps: input.keeps)
  }

  private func expected(_ input: RandomText) -> Result<Reading, ReadError> {
    Result { () throws(ReadError) in
      try Reading(
        Oracle(input.bytes, input.dialect), input.dialect, skipsRagged: input.skipsRagged,
        keeps: input.keeps)
    }
  }
}

/// A text of few different bytes, and a way to read it.
struct RandomText: CustomStringConvertible {
  let bytes: [UInt8]
  let dialect: Dialect
  let batch: Int
  let piece: Int
  let skipsRagged: Bool
  let ahead: Int
  private let kept: UInt64

  init(_ generator: inout SeededGenerator, quotes: Bool) {
    func pick(_ items: [String]) -> String { items.randomElement(using: &generator)! }
    let delimiter = pick([",", ",", ";", "\t", " "])
    let quote = pick(["\"", "\"", "'"])
    let ends = [["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r", "\n\n", "\r\r\n"]]
      .randomElement(using: &generator)!
    var cells = ["1", "-2.5", "+.5", "3e2", "07.", " 4", "5 ", "\t6", "1e999"]
    if Bool.random(using: &generator) { cells += ["", " ", "a", "inf", "1e", "--1", "é"] }
    if quotes {
      cells += ["q1q", "qq", "q a,q", "q\nq", "q\r\n2q", "qqq3qqq", "4q", "q\rq"]
        .map { $0.replacing("q", with: quote).replacing(",", with: delimiter) }
    }
    let width = Int.random(in: 1...4, using: &generator)
    var text = pick(["", "", "\u{FEFF}", "\n", "\r\n"])
    let rows = [1...7, 1...7, 1...7, 20...60].randomElement(using: &generator)!
    for _ in 0..<Int.random(in: rows, using: &generator) {
      text += (0..<width).map { _ in pick(cells) }.joined(separator: delimiter) + pick(ends)
    }
    var bytes = Array(text.utf8)
    // Some are broken.
    for _ in 0..<[0, 0, 1, 2].randomElement(using: &generator)! {
      let at = Int.random(in: 0...bytes.count, using: &generator)
      let other = pick([delimiter, "\n", "\r", "1", ".", "e", "-", " "] + (quotes ? [quote] : []))
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes.insert(contentsOf: other.utf8, at: at)
      case 1: bytes.replaceSubrange(at..<min(at + 1, bytes.count), with: other.utf8)
      default: bytes.removeSubrange(at..<min(at + 2, bytes.count))
      }
    }
    self.bytes = bytes
    dialect = Dialect(
      delimiter: delimiter.utf8.first!, quote: quote.utf8.first!,
      hasHeader: Bool.random(using: &generator))
    batch = [1, 20, 33, 1000].randomElement(using: &generator)!
    piece = [1, 5, 1000].randomElement(using: &generator)!
    skipsRagged = Bool.random(using: &generator)
    ahead = Int.random(in: 0...3, using: &generator)
    kept = generator.next()
  }

  /// At least one column.
  func keeps(_ width: Int) -> [Bool] {
    var keeps = (0..<width).map { kept >> $0 & 1 == 1 }
    keeps[Int(kept >> 32) % width] = true
    return keeps
  }

  var description: String {
    "\(String(decoding: bytes, as: UTF8.self).debugDescription), \(dialect), batch \(batch), piece \(piece), skips: \(skipsRagged), ahead: \(ahead)"
  }
}
