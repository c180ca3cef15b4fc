import Foundation
import Testing

@testable import CSVRecords

/// strtod of the C library is the reference, bit for bit.
@Suite struct NumberTests {
  @Test(arguments: 0..<4)
  func randomDecimalIsTheNearestDouble(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<25_000 { try expectNearest(randomDecimal(&generator)) }
  }

  /// Just at, below and above the middle between two doubles, where every digit counts.
  @Test(arguments: 0..<4)
  func decimalNearHalfwayIsTheNearestDouble(seed: UInt64) throws {
    var generator = SeededGenerator(seed: 10 + seed)
    for _ in 0..<150 {
      // Mostly of common size; sometimes anything, subnormals too.
      let isCommon = Int.random(in: 0..<8, using: &generator) > 0
      let exponent = UInt64.random(in: isCommon ? 960...1090 : 0...2045, using: &generator)
      let value = Double(bitPattern: exponent << 52 | generator.next() >> 12)
      let middle = decimalOfMiddle(above: value)
      try expectNearest(middle)
      try expectNearest(middle + "0000000000000000000000000001")
      try expectNearest(middle.dropLast() + "49999999999999999999999999999")
      try expectNearest(String(middle.prefix(20)))
    }
  }

  @Test(arguments: [
    "0", "-0", "+0", "00", "0.0", "-.0", "0e0", "0e400", "0e-400", "000000000000000000000000.1",
    "+1", "-1", "1.", "+.5", "-.5", "5.e1", ".5E+1", "1e+05", "1E-05", "0000001e0000002",
    "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740993.0",
    "18446744073709551615", "18446744073709551616", "9999999999999999999", "99999999999999999999",
    "12345678901234567", "1234567890123456789012345", "0.1234567890123456789012345",
    "1e22", "1e23", "123456789e22", "9007199254740993e22", "8.5e-23",
    "1.7976931348623157e308", "1.7976931348623158e308", "2.2250738585072014e-308",
    "2.2250738585072011e-308", "4.9e-324", "2.5e-324", "2.4e-324", "1e-400", "-1e-400",
    "1e-99999999999999999999",
  ])
  func spellingIsTheNearestDouble(text: String) throws { try expectNearest(text) }

  /// Neighbours are parsed together, up to the end of memory, in quotes or not.
  @Test(arguments: ["", "\""])
  func numbersOfARecordAreTheNearestDoubles(quote: String) throws {
    var generator = SeededGenerator(seed: 20)
    let scratch = Scratch()
    for width in [1, 2, 3, 50] {
      let rows = (0..<400).map { _ in (0..<width).map { _ in randomDecimal(&generator) } }
      let text = rows.map { $0.map { quote + $0 + quote }.joined(separator: ",") }
      let path = scratch.file(Array(text.joined(separator: "\n").utf8))
      let reading = try Reading(path, Dialect(hasHeader: false))
      let expected = rows.map { $0.map { strtod($0, nil).bitPattern } }
      try #require(reading.numbers == .success(expected), "width \(width)")
    }
  }

  /// Every length and place of the point, and a byte that does not belong at each place; as the first and
  /// the second of two that are parsed together, and by itself.
  @Test func shapeOfANumberDoesNotMatter() throws {
    let digits = "9070503010204060809"
    var texts: [String] = []
    for length in 1...digits.count {
      let start = digits.prefix(length)
      texts += ["\(start)", "-\(start)", "+\(start)", "0\(start)"]
      for point in 0...length {
        let split = start.index(start.startIndex, offsetBy: point)
        texts += [
          "\(start[..<split]).\(start[split...])", "-\(start[..<split]).\(start[split...])",
        ]
        texts += [".", "x", "-", " ", "e", "/", ":"].map {
          "\(start[..<split])\($0)\(start[split...])."
        }
      }
    }
    let scratch = Scratch()
    for text in texts {
      let path = scratch.file(Array("a,b,c,d,e\n1,\(text),\(text),2,\(text)\n".utf8))
      let lanes = [false, true].map { table in
        Result { () throws(ReadError) in
          try Reading(path, Dialect(), .init(alwaysTable: table)).numbers.get()
        }
      }
      try #require(lanes[0] == lanes[1], "\(text)")
      guard let value = parseNumber(text) else { continue }
      let bits = [1, value, value, 2, value].map(\.bitPattern)
      try #require(lanes[0] == .success([bits]), "\(text)")
      try expectNearest(text.trimmingCharacters(in: .whitespaces))
    }
  }

  @Test func lengthDoesNotMatter() throws {
    let zeros = String(repeating: "0", count: 400)
    try expectNearest("1" + zeros + "e-400")
    try expectNearest("0." + zeros + "1e401")
    try expectNearest("." + String(repeating: "3", count: 5000))
    try expectNearest(String(repeating: "7", count: 300))
    let many = String(repeating: "0", count: 120_000)
    try expectNearest("0." + many + "1e120001")
    try expectNearest("1" + many + "e-120000")
  }

  @Test(arguments: [" 1", "1 ", "\t1\t", "  -1.5e3 \t "])
  func blanksAroundDoNotCount(text: String) {
    #expect(parseNumber(text) == strtod(text, nil))
  }

  @Test(arguments: [
    "", " ", "\t", ".", "-", "+", "e5", ".e5", "-.e1", "1e", "1e+", "1e-", "1ee5", "1e5.0", "1.2.3",
    "--1", "+-1", "-+1", "++1", "- 1", "1 2", "1_000", "1,5", "1'000", "1-", "1+1", "5%", "$5",
    "0x10", "0b1", "1f", "1d0", "1e٣", "１", "−1", "1\u{A0}", "\n1", "1\r", "abc", "true",
    "inf", "-inf", "+Infinity", "INF", "nan", "NaN", "-nan", "nan(1)", "NA",
    "1e400", "-1e400", "1.8e308", "1e99999999999999999999",
  ])
  func anythingElseIsRefused(text: String) { #expect(parseNumber(text) == nil) }

  private func expectNearest(_ text: String) throws {
    try #require(parseNumber(text)?.bitPattern == strtod(text, nil).bitPattern, "\(text)")
  }

  private func randomDecimal(_ generator: inout SeededGenerator) -> String {
    func digits(_ count: ClosedRange<Int>) -> String {
      String(
        (0..<Int.random(in: count, using: &generator)).map { _ in
          "0123456789".randomElement(using: &generator)!
        })
    }
    let sign = ["", "", "-", "+"].randomElement(using: &generator)!
    let mantissa =
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: digits(1...3)
      case 1: digits(1...6) + "." + digits(0...6)
      case 2: "." + digits(1...20)
      case 3: digits(17...25)
      case 4: digits(1...10) + "." + digits(8...25)
      default: "000" + digits(1...19) + "."
      }
    let exponents = [0...0, 0...0, -9...9, -30...30, -290...290, -345 ... -300]
    let exponent = Int.random(in: exponents.randomElement(using: &generator)!, using: &generator)
    let mark = ["e", "E"].randomElement(using: &generator)!
    let plus = exponent >= 0 && Bool.random(using: &generator) ? "+" : ""
    let text = sign + mantissa + (exponent == 0 ? "" : "\(mark)\(plus)\(exponent)")
    return strtod(text, nil).isFinite ? text : "1"
  }
}

/// All digits of the number halfway between a double and the next above it, with a fraction.
///
/// - Parameter value: positive.
private func decimalOfMiddle(above value: Double) -> String {
  // The middle is (2m + 1) · 2^(e − 1), and 2^−k is 5^k / 10^k.
  let isSubnormal = value.exponentBitPattern == 0
  let m = value.significandBitPattern | (isSubnormal ? 0 : 1 << 52)
  let exponent = max(Int(value.exponentBitPattern), 1) - 1075 - 1
  var limbs: [UInt64] = []  // base 10⁹, lowest first
  var rest = 2 * m + 1
  while rest > 0 {
    limbs.append(rest % 1_000_000_000)
    rest /= 1_000_000_000
  }
  func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for i in limbs.indices {
      let product = limbs[i] * factor + carry
      limbs[i] = product % 1_000_000_000
      carry = product / 1_000_000_000
    }
    if carry > 0 { limbs.append(carry) }
  }
  for _ in 0..<abs(exponent) { multiply(by: exponent < 0 ? 5 : 2) }
  var digits = String(limbs.last!)
  for limb in limbs.dropLast().reversed() {
    digits += String(String(limb + 1_000_000_000).dropFirst())
  }
  guard exponent < 0 else { return digits + ".0" }
  let missing = max(0, 1 - exponent - digits.count)
  digits = String(repeating: "0", count: missing) + digits
  return String(digits.dropLast(-exponent)) + "." + String(digits.suffix(-exponent))
}
