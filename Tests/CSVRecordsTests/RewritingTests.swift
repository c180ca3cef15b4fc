import Foundation
import Testing

@testable import CSVRecords

@Suite struct RewritingTests {
  private let scratch = Scratch()

  @Test func zScoresReplaceNumbersAndNothingElse() throws {
    let text = "\u{FEFF}a,b,c\r\n\r\n\"1\",x, 3 \r\n2,\"y,z\",-1e1\r\n\n"
    let expected = "\r\n0.5,x,1.5\r\n1.0,\"y,z\",-5.0\r\n\n"
    let columns: [Rewrite] = [
      .standardize(center: 0, scale: 2), .copy, .standardize(center: 0, scale: 2),
    ]
    for batch in [1, 1000] {
      #expect(try rewrite(text, columns, batch: batch) == expected, "batch \(batch)")
    }
  }

  @Test func copyingAllColumnsCopiesAllBytes() throws {
    let text = "a,b\n\n1,2\n\"\",3\r\n\r\n4,\n\n\n"
    for batch in [1, 1000] {
      #expect(try rewrite(text, [.copy, .copy], batch: batch) == String(text.dropFirst(4)))
    }
  }

  /// As cutting does.
  @Test func loneEmptyFieldIsQuoted() throws {
    #expect(try rewrite("a,b\n1,\n2,3\n", [.leave, .copy], batch: 1000) == "\"\"\n3\n")
  }

  @Test func skippedRecordsLeaveNothing() throws {
    let text = "a,b\n1,2\n3\n\n4,5,6\n7,8\n9"
    #expect(try rewrite(text, [.copy, .copy], batch: 1000, skipsRagged: true) == "1,2\n\n7,8\n")
  }

  @Test func numberTakesAllDigitsThatItNeeds() throws {
    let rewritten = try rewrite(
      "a\n0.1\n1e300\n", [.standardize(center: 0, scale: 3)], batch: 1000)
    #expect(rewritten.split(separator: "\n").map { Double($0)! } == [0.1 / 3, 1e300 / 3])
  }

  private enum Rewrite {
    case leave, copy
    case standardize(center: Double, scale: Double)
  }

  /// What is written after the first record.
  private func rewrite(
    _ text: String, _ columns: [Rewrite], batch: Int, skipsRagged: Bool = false
  ) throws -> String {
    let source = try ByteSource(path: scratch.file(Array(text.utf8)), readings: .once)
    var reader = try BatchReader(source, Dialect(), .init(batch: batch, alwaysTable: true))
    let plan = CuttingPlan(
      columns.map { if case .leave = $0 { false } else { true } }, skipsRagged: skipsRagged,
      scalings: columns.map { column in
        guard case .standardize(let center, let scale) = column else { return nil }
        return .init(center: center, scale: scale)
      })
    var bytes: [UInt8] = []
    while let batch = try reader.next() {
      for piece in batch.pieces.indices {
        let output = batch.cut(piece, plan)
        if let failure = output.failure { throw failure }
        bytes += output.bytes
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
