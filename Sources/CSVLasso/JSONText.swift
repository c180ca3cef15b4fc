/// Writes JSON in a stated order, one line for each thing that a person looks at as one.
///
/// Foundation's encoder orders keys by hash or by alphabet and breaks every array over as many lines as
/// it has numbers; a model file is read by people and kept under version control.
struct JSONText {
  private(set) var bytes: [UInt8] = []
  private var isFirst = true

  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// A key of an object, on a line of its own if `indent` is given.
  mutating func key(_ name: String, indent: Int? = nil) {
    separate(indent)
    string(name)
    raw(": ")
  }

  /// What comes before a member: a comma if it is not the first, and a new line if asked for.
  mutating func separate(_ indent: Int? = nil) {
    if !isFirst { raw(indent == nil ? ", " : ",") }
    isFirst = false
    if let indent { newLine(indent) }
  }

  private mutating func newLine(_ indent: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  /// `open`, the members that `body` writes, `close`; the last on a new line if `indent` is given.
  mutating func nested(
    _ open: String, _ close: String, indent: Int? = nil, _ body: (inout JSONText) -> Void
  ) {
    raw(open)
    isFirst = true
    body(&self)
    if let indent { newLine(indent) }
    isFirst = false
    raw(close)
  }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { raw(text) } else { escaped(text) }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escaped(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case UInt8(ascii: "\n"): raw("\\n")
      case UInt8(ascii: "\r"): raw("\\r")
      case UInt8(ascii: "\t"): raw("\\t")
      case ..<0x20:
        let hex = String(byte, radix: 16)
        raw("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
      default: bytes.append(byte)
      }
    }
  }

  /// With all digits that a double needs; null for what JSON has no word for.
  mutating func number(_ value: Double?) {
    guard let value, value.isFinite else { return raw("null") }
    raw(decimalText(value))
  }

  mutating func numbers(_ values: [Double?]) {
    nested("[", "]") { text in
      for value in values {
        text.separate()
        text.number(value)
      }
    }
  }
}

/// A finite number with all digits that a double needs; whole numbers without a point.
func decimalText(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
}
