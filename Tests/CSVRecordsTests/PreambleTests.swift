import Testing

@testable import CSVRecords

/// Blank lines before the first record are counted, not kept.
@Suite struct PreambleTests {
  private let scratch = Scratch()

  @Test(arguments: ["\n", "\r\n", "\r"], [1, 100_000])
  func blankLinesAreHandedOn(end: String, count: Int) throws {
    let blank = "\u{FEFF}" + String(repeating: end, count: count)
    let bytes = Array((blank + "a,b\n1,2,3\n").utf8)
    for path in [scratch.file(bytes), scratch.pipe(bytes, piece: 40_001)] {
      var reader = try BatchReader(
        ByteSource(path: path, readings: .once), Dialect(), .init(batch: 1 << 16))
      var found: [UInt8] = []
      reader.preamble.forEachPart {
        #expect($0.count <= 1 << 17)
        found += $0
      }
      #expect(found == Array(blank.utf8))
      #expect(reader.first.fields == [[0x61], [0x62]])
      let batch = try #require(try reader.next())
      let cut = batch.cut(0, CuttingPlan([true, true]))
      #expect(cut.failure == .ragged(line: count + 2, expected: 2, found: 3))
    }
  }

  /// However many there are, the buffer does not grow.
  @Test func blankLinesTakeNoRoom() throws {
    let bytes = Array((String(repeating: "\r\n", count: 500_000) + "a\n").utf8)
    let source = try ByteSource(path: scratch.file(bytes), readings: .once)
    var opening = Opening(source: source, capacity: 1000)
    let first = try opening.firstRecord(Dialect())
    #expect(first.fields == [[0x61]])
    #expect(opening.buffer.count == 1000)
    #expect(opening.bytesRead == bytes.count)
    #expect(opening.linesBefore == 500_000)
  }

  @Test func lineEndsOfAllKindsAreNoTable() throws {
    let bytes = Array((String(repeating: "\n\r\n", count: 40_000) + "a\n").utf8)
    let source = try ByteSource(path: scratch.file(bytes), readings: .once)
    #expect(throws: ReadError.noRecord(line: 65_537)) { try BatchReader(source, Dialect()) }
  }
}
