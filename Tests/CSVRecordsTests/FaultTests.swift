import Testing

@testable import CSVRecords

/// A text that is refused, and where.
struct Fault: CustomStringConvertible, Sendable {
  let text: String
  let error: ReadError
  var dialect = Dialect()
  var description: String { text.debugDescription }

  static let ofRecords: [Fault] = [
    Fault(text: "a,b\n1,2\n3,4,5\n", error: .ragged(line: 3, expected: 2, found: 3)),
    Fault(text: "a,b\r\n1,2\r\n3\r\n", error: .ragged(line: 3, expected: 2, found: 1)),
    Fault(text: "a,b\r1,2\r\r3", error: .ragged(line: 4, expected: 2, found: 1)),
    Fault(text: "\n\na,b\n\n1,2,\n", error: .ragged(line: 5, expected: 2, found: 3)),
    Fault(
      text: "a,b\n\"x\ny\",2\n\"\r\n\r\",\n3\n", error: .ragged(line: 7, expected: 2, found: 1)),
    Fault(text: "a,b\n\"x\n\ny\"\n1,2\n", error: .ragged(line: 2, expected: 2, found: 1)),
    Fault(text: "\"a\n\",b\n1\n", error: .ragged(line: 3, expected: 2, found: 1)),
    Fault(text: "a,b\n \n", error: .ragged(line: 2, expected: 2, found: 1)),
    Fault(
      text: "1,2\n3\n", error: .ragged(line: 2, expected: 2, found: 1),
      dialect: Dialect(hasHeader: false)),
  ]

  static let ofBytes: [Fault] = [
    Fault(text: "a,b\n1,\"2\n3,4\n", error: .unclosedQuote(line: 2)),
    Fault(text: "a,b\n\"1\n\n2\",\"x\n\ny", error: .unclosedQuote(line: 4)),
    Fault(text: "a,\"b\n1,2\n", error: .unclosedQuote(line: 1)),
    Fault(text: "\r\n\r\na,b\r\n1,\"", error: .unclosedQuote(line: 4)),
    Fault(text: "a,b\n1,\"\"\"\n", error: .unclosedQuote(line: 2)),
    Fault(text: "a,b\n1,\"2\"x\n", error: .textAfterQuote(line: 2, column: 2)),
    Fault(text: "a,b\n\"1\" ,2\n", error: .textAfterQuote(line: 2, column: 1)),
    Fault(text: "a,\"b\"c\n", error: .textAfterQuote(line: 1, column: 2)),
    Fault(text: "a,b\n3,\"x\r\ny\"z\n", error: .textAfterQuote(line: 3, column: 2)),
    Fault(text: "a,b\n1,2\n3,\0\n", error: .nul(line: 3)),
    Fault(text: "a,b\r\n1,2\r\n\"\r\n\0\",4", error: .nul(line: 4)),
    Fault(text: "a\0,b\n1,2\n", error: .nul(line: 1)),
    Fault(text: "\n\0", error: .nul(line: 2)),
    Fault(text: "", error: .empty),
    Fault(text: "\n", error: .empty),
    Fault(text: "\n\r\n\r\r\n\n", error: .empty),
    Fault(text: "\u{FEFF}", error: .empty),
    Fault(text: "\u{FEFF}\n\n", error: .empty),
  ]

  static let ofCells: [Fault] = [
    Fault(text: "a,b\n1,2\n3,x\n", error: .cell(line: 3, column: 2, text: "x", fault: .notANumber)),
    Fault(text: "a,b\n1,2\n,4\n", error: .cell(line: 3, column: 1, text: "", fault: .empty)),
    Fault(text: "a,b\n1,  \n", error: .cell(line: 2, column: 2, text: "  ", fault: .empty)),
    Fault(text: "a,b\n1,\"\"\n", error: .cell(line: 2, column: 2, text: "", fault: .empty)),
    Fault(
      text: "a,b\n\n\"1\",\" -inf\"\n",
      error: .cell(line: 3, column: 2, text: " -inf", fault: .notFinite)),
    Fault(
      text: "a,b\n1,1e999\n", error: .cell(line: 2, column: 2, text: "1e999", fault: .notFinite)),
    Fault(text: "a,b\n1,nan\n", error: .cell(line: 2, column: 2, text: "nan", fault: .notANumber)),
    Fault(
      text: "a,b\n\"x\n\",2\n", error: .cell(line: 2, column: 1, text: "x ", fault: .notANumber)),
    // The length of a record is told before its cells.
    Fault(text: "a,b\nx,2,3\n", error: .ragged(line: 2, expected: 2, found: 3)),
    Fault(text: "a,b\nx\n", error: .ragged(line: 2, expected: 2, found: 1)),
    // The first of two.
    Fault(text: "a,b\n1,x\n3\n", error: .cell(line: 2, column: 2, text: "x", fault: .notANumber)),
    Fault(text: "a,b\n1\n3,x\n", error: .ragged(line: 2, expected: 2, found: 1)),
  ]

  /// Two faults of different kinds, the second found in another way than the first.
  static let ofTwo: [Fault] = [
    Fault(text: "a,b\n1,2,3\n4,\"5\n", error: .ragged(line: 2, expected: 2, found: 3)),
    Fault(text: "a,b\n1,2,3\n4,\"5\"6\n", error: .ragged(line: 2, expected: 2, found: 3)),
    Fault(text: "a,b\n1,2,3\n4,\0\n", error: .ragged(line: 2, expected: 2, found: 3)),
    Fault(text: "a,b\n1,\"2\"3\n4,\0\n", error: .textAfterQuote(line: 2, column: 2)),
    Fault(text: "a,b\n1,\"2\"3\r\0", error: .textAfterQuote(line: 2, column: 2)),
    Fault(text: "\"a\"b\r\0", error: .textAfterQuote(line: 1, column: 1)),
  ]
}

/// What is refused is refused with its place, wherever the input is cut.
@Suite struct FaultTests {
  private let scratch = Scratch()

  @Test(arguments: Fault.ofRecords + Fault.ofBytes)
  func textIsRefusedWithItsPlace(fault: Fault) {
    expect(fault) { reading throws(ReadError) in _ = try reading.texts.get() }
    expect(fault) { reading throws(ReadError) in _ = try reading.cut.get() }
  }

  @Test(arguments: Fault.ofBytes + Fault.ofCells)
  func numbersAreRefusedWithTheirPlace(fault: Fault) {
    expect(fault) { reading throws(ReadError) in _ = try reading.numbers.get() }
  }

  @Test(arguments: Fault.ofTwo)
  func firstFaultInTheInputIsTold(fault: Fault) {
    expect(fault) { reading throws(ReadError) in _ = try reading.texts.get() }
  }

  @Test(arguments: [[0xFF, 0xFE, 0x61, 0], [0xFE, 0xFF, 0, 0x61], [0xFF, 0xFE]] as [[UInt8]])
  func utf16IsRefused(bytes: [UInt8]) {
    #expect(throws: ReadError.notUTF8) { try Reading(scratch.file(bytes), Dialect()) }
    #expect(throws: ReadError.notUTF8) { try Reading(scratch.pipe(bytes, piece: 1), Dialect()) }
  }

  @Test func cellIsShownByItsStart() {
    let text = "a\n" + String(repeating: "xy", count: 30) + "\n"
    let start = String(repeating: "xy", count: 20) + "…"
    expect(
      Fault(text: text, error: .cell(line: 2, column: 1, text: start, fault: .notANumber))
    ) { reading throws(ReadError) in _ = try reading.numbers.get() }
  }

  /// Cut after any byte, in both lanes.
  private func expect(_ fault: Fault, _ body: (Reading) throws(ReadError) -> Void) {
    let path = scratch.file(Array(fault.text.utf8))
    for batch in [1, 17, 20, 25, 1000] {
      for table in [false, true] {
        let found = Result { () throws(ReadError) in
          try body(
            Reading(path, fault.dialect, .init(batch: batch, piece: 3, alwaysTable: table)))
        }
        guard case .failure(fault.error) = found else {
          Issue.record("batch \(batch), table \(table): \(found), not \(fault.error)")
          return
        }
      }
    }
  }
}
