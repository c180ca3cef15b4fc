import Testing

@testable import CSVRecords

@Suite struct CuttingTests {
  private let scratch = Scratch()

  @Test(arguments: Text.all, [false, true])
  func keepingAllColumnsKeepsAllBytes(text: Text, table: Bool) throws {
    let reading = try Reading(scratch.file(text.bytes), text.dialect, .init(alwaysTable: table))
    #expect(reading.cut == .success(text.bytes))
  }

  @Test(arguments: 0..<4)
  func keepingAllColumnsKeepsAllBytesOfRandomText(seed: UInt64) throws {
    var generator = SeededGenerator(seed: 200 + seed)
    var kept = 0
    for _ in 0..<400 {
      let input = RandomText(&generator, quotes: true)
      let sizes = BatchReader.Sizes(batch: input.batch, piece: input.piece)
      let path = scratch.file(input.bytes)
      guard let reading = try? Reading(path, input.dialect, sizes), reading.cut.isSuccess
      else { continue }
      try #require(reading.cut == .success(input.bytes), "\(input)")
      kept += 1
    }
    #expect(kept > 100)
  }

  @Test(arguments: 0..<4)
  func cutColumnsReadAsTheyReadBefore(seed: UInt64) throws {
    var generator = SeededGenerator(seed: 300 + seed)
    var compared = 0
    for _ in 0..<400 {
      let input = RandomText(&generator, quotes: true)
      let (path, dialect) = (scratch.file(input.bytes), input.dialect)
      guard let before = try? Reading(path, dialect, keeps: input.keeps),
        case .success(let cut) = before.cut, case .success(let rows) = before.texts
      else { continue }
      let after = try Reading(scratch.file(cut), dialect)
      let keeps = input.keeps(before.names.count)
      func chosen(_ fields: [[UInt8]]) -> [[UInt8]] { zip(fields, keeps).filter(\.1).map(\.0) }
      try #require(after.names == chosen(before.names), "\(input)")
      try #require(after.texts == .success(rows.map(chosen)), "\(input)")
      compared += 1
    }
    #expect(compared > 100)
  }

  /// Else its row would be a blank line, and lost.
  @Test(arguments: [false, true])
  func loneEmptyFieldIsQuoted(table: Bool) throws {
    let path = scratch.file(Array("a,b\n1,\n2,3\n".utf8))
    let reading = try Reading(path, Dialect(), .init(alwaysTable: table), keeps: keepSome)
    #expect(reading.cut == .success(Array("b\n\"\"\n3\n".utf8)))
  }

  @Test(arguments: [false, true])
  func withoutAQuoteCharacterNoByteIsMadeUp(table: Bool) throws {
    let (path, dialect) = (scratch.file(Array("a,b\n1,\n2,3\n".utf8)), Dialect(quote: 0))
    let reading = try Reading(path, dialect, .init(alwaysTable: table), keeps: keepSome)
    #expect(try !reading.cut.get().contains(0))
  }

  @Test(arguments: [false, true])
  func skippedRecordsLeaveNothing(table: Bool) throws {
    let path = scratch.file(Array("a,b\n1,2\n3\n\n4,5,6\r\n7,8\n9".utf8))
    let reading = try Reading(path, Dialect(), .init(alwaysTable: table), skipsRagged: true)
    #expect(reading.cut == .success(Array("a,b\n1,2\n\n7,8\n".utf8)))
    #expect(reading.skipped == 3)
  }
}
