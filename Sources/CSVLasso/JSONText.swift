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

  mutating func strings(_ values: some Sequence<String>) {
    nested("[", "]") { text in
      for value in values {
        text.separate()
        text.string(value)
      }
    }
  }
}

/// Members of an object, each on a line of its own if `indent` is given.
extension JSONText {
  mutating func member(_ name: String, _ value: String, indent: Int? = nil) {
    key(name, indent: indent)
    string(value)
  }

  /// Null for nil.
  mutating func member(_ name: String, _ value: Double?, indent: Int? = nil) {
    key(name, indent: indent)
    number(value)
  }

  mutating func member(_ name: String, _ values: [Double], indent: Int? = nil) {
    key(name, indent: indent)
    numbers(values)
  }

  mutating func member(
    _ name: String, _ values: some Sequence<String>, indent: Int? = nil
  ) {
    key(name, indent: indent)
    strings(values)
  }

  /// No member for nil.
  mutating func memberIfAny(_ name: String, _ value: String?, indent: Int? = nil) {
    if let value { member(name, value, indent: indent) }
  }

  /// No member for nil.
  mutating func memberIfAny(_ name: String, _ value: Double?, indent: Int? = nil) {
    if let value { member(name, value, indent: indent) }
  }

  /// - Parameter isLong: whether it goes over several lines.
  mutating func object(
    _ name: String, indent: Int = 2, isLong: Bool = false, _ body: (inout JSONText) -> Void
  ) {
    key(name, indent: indent)
    nested("{", "}", indent: isLong ? indent : nil, body)
  }

  /// An array of objects in one line; no member where there are none.
  mutating func objectsIfAny<Element>(
    _ name: String, _ elements: [Element], _ body: (inout JSONText, Element) -> Void
  ) {
    guard !elements.isEmpty else { return }
    key(name)
    nested("[", "]") { text in
      for element in elements {
        text.separate()
        text.nested("{", "}") { body(&$0, element) }
      }
    }
  }
}

/// A finite number with all digits that a double needs; whole numbers without a point.
func decimalText(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
}
