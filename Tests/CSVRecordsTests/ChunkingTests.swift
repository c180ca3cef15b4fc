import Testing

@testable import CSVRecords

/// A reader must not see where its input was cut.
@Suite struct ChunkingTests {
  private let scratch = Scratch()

  @Test(arguments: Text.all)
  func oneBatchGivesWhatTheOracleGives(text: Text) throws {
    let path = scratch.file(text.bytes)
    for keeps in [keepAll, keepSome] {
      let expected = try Reading(Oracle(text.bytes, text.dialect), text.dialect, keeps: keeps)
      for table in [false, true] {
        let reading = try Reading(path, text.dialect, .init(alwaysTable: table), keeps: keeps)
        #expect(reading == expected, "table: \(table)")
      }
    }
  }

  @Test(arguments: Text.all)
  func batchAndPieceSizesDoNotMatter(text: Text) throws {
    let path = scratch.file(text.bytes)
    let expected = try Reading(Oracle(text.bytes, text.dialect), text.dialect, keeps: keepSome)
    for batch in 1...text.bytes.count {
      for piece in [1, 2, 3, 7, 64] {
        for table in [false, true] {
          // With three pieces wanted, batches of long records grow.
          let sizes = BatchReader.Sizes(
            batch: batch, piece: piece, pieces: piece % 3 + 1, alwaysTable: table)
          let reading = try Reading(path, text.dialect, sizes, keeps: keepSome)
          try #require(reading == expected, "batch \(batch), piece \(piece), table: \(table)")
        }
      }
    }
  }

  @Test(arguments: Text.all)
  func pausesOfAStreamDoNotMatter(text: Text) throws {
    let expected = try Reading(Oracle(text.bytes, text.dialect), text.dialect, keeps: keepSome)
    for pause in [1, 2, 3, 5, 8] {
      for table in [false, true] {
        let sizes = BatchReader.Sizes(alwaysTable: table, isStreaming: true)
        let reading = try Reading(
          scratch.pipe(text.bytes, piece: pause), text.dialect, sizes, keeps: keepSome)
        #expect(reading == expected, "pause every \(pause) bytes, table: \(table)")
      }
    }
  }
}
