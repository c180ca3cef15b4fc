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
    if let indent { raw("\n" + String(repeating: " ", count: indent)) }
  }

  /// `open`, the members that `body` writes, `close`; the last on a new line if `indent` is given.
  mutating func nested(
    _ open: String, _ close: String, indent: Int? = nil, _ body: (inout JSONText) -> Void
  ) {
    raw(open)
    isFirst = true
    body(&self)
    if let indent { raw("\n" + String(repeating: " ", count: indent)) }
    isFirst = false
    raw(close)
  }

  mutating func string(_ text: String) {
    raw("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": raw("\\\"")
      case "\\": raw("\\\\")
      case "\n": raw("\\n")
      case "\r": raw("\\r")
      case "\t": raw("\\t")
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        raw("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
      default: raw(String(scalar))
      }
    }
    raw("\"")
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
