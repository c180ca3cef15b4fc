/// A text as it may be shown to a person: what a terminal would obey, or would not show, is written out.
///
/// Names and cells come from anywhere. A control character may move the cursor or set colours; a mark of direction
/// shows a text in another order than it has; a line separator makes two lines of a message. All of these, and what
/// else has no form of its own, come as `\n`, `\t`, `\r` or `\u{202E}`.
package func shown(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      shown.append(contentsOf: escape(scalar).unicodeScalars)
    default: shown.append(scalar)
    }
  }
  return String(shown)
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\n": "\\n"
  case "\t": "\\t"
  case "\r": "\\r"
  default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
  }
}
