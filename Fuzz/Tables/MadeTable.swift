/// A CSV of a few columns that hold something: each of a kind, some with missing cells, some made of those
/// before them; then single cells and records are spoilt.
struct MadeTable {
  struct Record {
    var fields: [String]
    /// The line end, and blank lines.
    var tail: String
  }

  let names: [String]
  private(set) var records: [Record]
  let delimiter: String
  let hasHeader: Bool
  /// One a column, what its cells were made of.
  private var latent: [[Double]] = []

  /// - Parameters:
  ///   - shape: rows, columns, spelling.
  ///   - columns: four bytes a column.
  ///   - spoilers: three bytes for each that is spoilt.
  init(_ shape: inout Choices, _ columns: inout Choices, _ spoilers: inout Choices) {
    let rows = 5 + shape.below(56)
    let width = 2 + shape.below(9)
    delimiter = shape.among([",", ",", ",", ";", "\t"])
    hasHeader = shape.below(8) != 1
    let lineEnd = shape.among(["\n", "\n", "\n", "\r\n", "\r"])
    let odd = shape.among([nil, nil, nil, "a", "", "\"x y\"", "\"x,y;z\"", "é", "1", "NA", " d "])
    var names = (0..<width).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0))) }
    if let odd { names[width - 1] = odd }
    self.names = names
    records = (0..<rows).map { _ in Record(fields: [], tail: lineEnd) }
    for column in 0..<width {
      let cells = self.cells(column, &columns)
      for row in 0..<rows { records[row].fields.append(cells[row]) }
    }
    while !spoilers.isEmpty { spoil(&spoilers) }
  }

  var bytes: [UInt8] {
    var text = hasHeader ? names.joined(separator: delimiter) + records[0].tail : ""
    for record in records { text += record.fields.joined(separator: delimiter) + record.tail }
    return Array(text.utf8)
  }

  private mutating func cells(_ column: Int, _ choices: inout Choices) -> [String] {
    let (kind, seed, other, lack) = (
      choices.byte(), choices.byte(), choices.byte(), choices.byte()
    )
    var random = Random(seed * 16 + column)
    let rows = records.count
    // Some of a column before, or of two, and something new.
    let first = column == 0 ? nil : latent[other % column]
    let second = column == 0 ? nil : latent[(other >> 4) % column]
    let share = [0, 0.5, 0.9, 1][other >> 6 & 3]
    let own = (0..<rows).map { row -> Double in
      let noise = random.normal()
      guard let first, let second else { return noise }
      return share * (first[row] - 0.5 * second[row]) + (1 - share) * noise
    }
    latent.append(own)
    var cells = own.indices.map { row in
      Self.cell(kind, own[row], row, rows, param: seed & 15, &random)
    }
    if kind % 24 == 14, column > 0 { cells = records.map { $0.fields[other % column] } }
    let rate = lack < 128 ? 0 : lack >= 252 ? 1 : Double(lack - 127) / 160
    for row in cells.indices where random.share() < rate {
      cells[row] = lack & 1 == 0 ? "" : "NA"
    }
    return cells
  }

  /// A cell of a column of some kind, made of a number around 0.
  private static func cell(
    _ kind: Int, _ x: Double, _ row: Int, _ rows: Int, param: Int, _ random: inout Random
  ) -> String {
    let hundredths = (x * 100).rounded() / 100
    switch kind % 24 {
    case 1: return String(Int((x * 3).rounded()))
    case 2: return x > [0, 1, 2, 2.5][param & 3] ? "1" : "0"
    case 3: return x > [0, 1, 2, -1][param & 3] ? "yes" : "no"
    case 4: return "l\(Int((max(0, x + 2) * max(0, x + 2)).rounded()) % (3 + param))"
    case 5: return "m\(random.next() % UInt64(max(2, rows / 2)))"
    case 6: return "u\(row * 7 % rows)"
    case 7: return "5"
    case 8: return row == param % rows ? "6" : "5"
    case 9: return String(Int(max(0, (x + Double(param) / 4)).rounded()))
    case 10: return String(Int((x + 6).rounded(.up)) * (1 + param))
    case 11: return "\(x * [1e17, 1e24, 1e76, 1e150, 1e153, 1e160, 1e300, 1e307][param & 7])"
    case 12:
      return "\(x * [1e-12, 1e-17, 1e-76, 1e-150, 1e-160, 1e-300, 1e-310, 5e-324][param & 7])"
    case 13: return "100000000000000\(x > 0 ? 1 : 0)"
    case 16: return ""
    case 17: return String(row + 1)
    case 18: return "00\(Int(abs(x) * 10))"
    case 19: return "2024-0\(1 + Int(abs(x)) % 9)-1\(row % 10)"
    case 20: return "\((x * Double(param)).exponential)"
    case 21: return row % (2 + param) == 1 ? "low" : "\(hundredths)"
    case 22: return "\"q,\(Int((x * 2).rounded()))\nr\""
    case 23: return x > 1.5 ? "\(hundredths * 1e9)" : "0"
    default: return "\(hundredths)"
    }
  }

  private static let odd = [
    "", "NA", "x", "0", "1", "-1", "1e308", "-1.7976931348623157e308", "1e-320", "5e-324", "inf",
    "nan", "1e400", "0.0000001", "123456789012345678", "\"7\"", "\"\"", " 8 ", "\"a b\"", "-0",
    "1e15", "1e100", "yes", "no", "l1", "é", "TRUE", "00", "3.5", String(repeating: "9", count: 30),
  ]

  private mutating func spoil(_ choices: inout Choices) {
    let row = choices.below(records.count)
    let (column, what) = (choices.byte(), choices.byte())
    let width = records[row].fields.count
    switch what {
    case 250: records[row].fields.append("extra")
    case 251: if width > 1 { records[row].fields.removeLast() }
    case 252: records[row].tail += records[row].tail
    case 253: records[row].fields = records[column % records.count].fields
    case 254:
      // The same label, or number, in a whole stretch.
      let (from, to) = (min(row, column % records.count), max(row, column % records.count))
      let place = what % width
      for other in from...to where place < records[other].fields.count {
        records[other].fields[place] = records[row].fields[place]
      }
    case 255: records[records.count - 1].tail = ""
    default: records[row].fields[column % width] = Self.odd[what % Self.odd.count]
    }
  }
}

extension Double {
  /// 2^(3/2 self), near enough to e^self.
  fileprivate var exponential: Double {
    let whole = (self * 1.5).rounded(.down)
    return Double(sign: .plus, exponent: Int(whole), significand: 1 + (self * 1.5 - whole))
  }
}
