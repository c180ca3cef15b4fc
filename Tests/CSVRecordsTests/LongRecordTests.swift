import Foundation
import Testing

@testable import CSVRecords

/// Records may be as long as they like, up to what memory should hold.
@Suite(.serialized) struct LongRecordTests {
  private let scratch = Scratch()

  @Test(arguments: [false, true])
  func recordOf200000ColumnsIsRead(table: Bool) throws {
    let width = 200_000
    let row = (0..<width).map(String.init).joined(separator: ",") + "\n"
    let path = scratch.file(Array((row + row + row).utf8))
    var reader = try BatchReader(
      ByteSource(path: path, readings: .once), Dialect(),
      .init(batch: 8 << 20, piece: 4 << 20, alwaysTable: table))
    #expect(reader.first.fields.count == width)
    let plan = ParsingPlan(
      (0..<width).map { column -> ColumnAction in
        column % 1000 == 0 ? .optional(column / 1000) : .skip
      })
    let batch = try #require(try reader.next())
    let rows = batch.parse(0, plan)
    #expect(rows.failure == nil)
    #expect(rows.count == 2)
    #expect(rows.numbers == (0..<400).map { Double($0 % 200 * 1000) })
    let keeps = (1...width).map { $0 == width }
    #expect(batch.cut(0, CuttingPlan(keeps)).bytes == Array("199999\n199999\n".utf8))
    #expect(try reader.next() == nil)
  }

  @Test(arguments: [("\na,\"b", 2), ("a,b\n1,\"2", 2), ("a,b\n1,2\n3,\"4", 3)])
  func recordWithoutEndIsRefused(start: String, line: Int) throws {
    let bytes = Array((start + String(repeating: "x\n", count: 200_000)).utf8)
    var sizes = BatchReader.Sizes(batch: 1 << 16)
    sizes.longestRecord = 200_000
    for path in [scratch.file(bytes), scratch.pipe(bytes, piece: 10_000)] {
      #expect(throws: ReadError.longRecord(line: line, limit: 200_000)) {
        var reader = try BatchReader(
          ByteSource(path: path, readings: .once), Dialect(), sizes)
        while try reader.next() != nil {}
      }
    }
  }

  @Test func fieldOf20MegabytesIsRead() throws {
    let field = LongField(kilobytes: 20 << 10)
    let bytes = Array("a,b\n1,2\n".utf8) + field.quoted + Array(",3\n".utf8)
    let source = try ByteSource(path: scratch.file(bytes), readings: .once)
    var reader = try BatchReader(source, Dialect(), .init(batch: 1 << 25))
    var levels: [[UInt8]] = []
    var cut = Array("a,b\n".utf8)
    while let batch = try reader.next() {
      for piece in batch.pieces.indices {
        levels += batch.parse(piece, ParsingPlan([.text(0), .skip])).levels[0].map { $0! }
        cut += batch.cut(piece, CuttingPlan([true, true])).bytes
      }
    }
    #expect(levels.map(\.count) == [1, field.contentCount])
    #expect(cut == bytes)
  }

  @Test(arguments: [false, true])
  func timeGrowsAsALongFieldDoes(pauses: Bool) throws {
    try expectTimeGrowsAsLength { kilobytes in
      let bytes = Array("a,b\n".utf8) + LongField(kilobytes: kilobytes).quoted + [0x2C, 0x0A]
      return pauses ? scratch.pipe(bytes, piece: 1 << 14) : scratch.file(bytes)
    }
  }

  @Test(arguments: [false, true])
  func timeGrowsAsALongHeaderDoes(pauses: Bool) throws {
    try expectTimeGrowsAsLength { kilobytes in
      let bytes = LongField(kilobytes: kilobytes).quoted + Array(",b\n1,2\n".utf8)
      return pauses ? scratch.pipe(bytes, piece: 1 << 14) : scratch.file(bytes)
    }
  }

  /// Four times as long takes four times as much of the processor; sixteen if time were quadratic.
  private func expectTimeGrowsAsLength(_ input: (_ kilobytes: Int) -> String) throws {
    func seconds(_ kilobytes: Int) throws -> Double {
      let path = input(kilobytes)
      let start = Self.processorSeconds
      let source = try ByteSource(path: path, readings: .once)
      var reader = try BatchReader(source, Dialect(), .init(batch: 1 << 14, isStreaming: true))
      #expect(try reader.next() != nil)
      return Self.processorSeconds - start
    }
    let (short, long) = (try seconds(512), try seconds(2048))
    #expect(long < 8 * short, "\(short) s, then \(long) s")
  }

  /// Of this thread.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Lines with doubled quotes, in quotes.
private struct LongField {
  let quoted: [UInt8]
  let contentCount: Int

  init(kilobytes: Int) {
    let line = "a line of a long text that says \"\"so\"\"\r\n"
    let count = kilobytes << 10 / line.utf8.count
    quoted = Array("\"\(String(repeating: line, count: count))\"".utf8)
    contentCount = count * (line.utf8.count - 2)
  }
}
