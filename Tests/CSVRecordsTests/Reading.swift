@testable import CSVRecords

/// Which columns are cut, by the number of columns.
typealias Keeps = (_ width: Int) -> [Bool]

/// All that reading an input gives: names, rows as text and as numbers, the bytes of kept columns.
struct Reading: Equatable, CustomStringConvertible {
  var preamble: [UInt8] = []
  var names: [[UInt8]] = []
  var texts: Result<[[[UInt8]]], ReadError> = .success([])
  /// As bit patterns.
  var numbers: Result<[[UInt64]], ReadError> = .success([])
  var cut: Result<[UInt8], ReadError> = .success([])
  var skipped = 0

  init() {}

  /// Reads through ``BatchReader``, each result up to its first failure.
  init(
    _ path: String, _ dialect: Dialect, _ sizes: BatchReader.Sizes = .init(),
    skipsRagged: Bool = false, keeps: Keeps = keepAll
  ) throws(ReadError) {
    var reader = try BatchReader(ByteSource(path: path, readings: .once), dialect, sizes)
    reader.preamble.forEachPart { preamble += $0 }
    names = reader.first.fields
    let width = names.count
    let textPlan = ParsingPlan(
      (0..<width).map { .text($0) }, skipsRagged: skipsRagged, missing: nothingIsMissing)
    let numberPlan = ParsingPlan(
      (0..<width).map { .optional($0) }, skipsRagged: skipsRagged, missing: nothingIsMissing)
    let cutting = CuttingPlan(keeps(width), skipsRagged: skipsRagged)
    cut = .success(preamble + (dialect.hasHeader ? reader.first.batch.cut(0, cutting).bytes : []))
    do throws(ReadError) {
      while let batch = try reader.next() {
        for piece in batch.pieces.indices {
          let text = batch.parse(piece, textPlan)
          texts.append(text.rows(textPlan), or: text.failure)
          if texts.isSuccess { skipped += text.skipped }
          let number = batch.parse(piece, numberPlan)
          numbers.append(number.numberRows(numberPlan), or: number.failure)
          let bytes = batch.cut(piece, cutting)
          cut.append(bytes.bytes, or: bytes.failure)
        }
      }
    } catch {
      texts.append([], or: error)
      numbers.append([], or: error)
      cut.append([], or: error)
    }
    if !texts.isSuccess { skipped = 0 }
  }

  var description: String {
    func text(_ bytes: [UInt8]) -> String {
      String(decoding: bytes, as: UTF8.self).debugDescription
    }
    func show<Value>(_ result: Result<Value, ReadError>, _ body: (Value) -> String) -> String {
      switch result {
      case .success(let value): body(value)
      case .failure(let error): "\(error)"
      }
    }
    let rows = show(texts) { "\($0.map { $0.map(text).joined(separator: " ") })" }
    let values = show(numbers) { "\($0.map { $0.map(Double.init(bitPattern:)) })" }
    return """
      \(text(preamble)) \(names.map(text)) skipped \(skipped)
      texts \(rows)
      numbers \(values)
      cut \(show(cut, text))
      """
  }
}

/// Every cell is what it says.
let nothingIsMissing = MissingCells([])

func keepAll(_ width: Int) -> [Bool] { Array(repeating: true, count: width) }

/// Every second column, the last among them.
func keepSome(_ width: Int) -> [Bool] { (0..<width).map { (width - 1 - $0) % 2 == 0 } }

extension ParsedRows {
  fileprivate func rows(_ plan: ParsingPlan) -> [[[UInt8]]] {
    (0..<count).map { row in (0..<plan.textCount).map { levels[$0][codes[$0][row]]! } }
  }

  fileprivate func numberRows(_ plan: ParsingPlan) -> [[UInt64]] {
    (0..<count).map { row in
      (0..<plan.numberCount).map { numbers[row * plan.numberCount + $0].bitPattern }
    }
  }
}

extension Result where Success: RangeReplaceableCollection {
  var isSuccess: Bool { if case .success = self { true } else { false } }

  /// Adds to what there is, unless something failed.
  mutating func append(_ more: Success, or failure: Failure?) {
    guard case .success(var value) = self else { return }
    if let failure {
      self = .failure(failure)
      return
    }
    value += more
    self = .success(value)
  }
}
