internal import CNumbers

/// Numbers as cells spell them: spaces, a sign, digits with or without a point, an exponent.
///
/// Every accepted spelling becomes the nearest double.
enum Number {
  /// What a cell holds.
  enum Parsed {
    case value(Double)
    case fault(CellFault)

    /// Whether the cell holds text, and no infinity.
    var isText: Bool {
      if case .fault(let fault) = self { fault != .notFinite } else { false }
    }
  }

  /// The number that fills `bytes` but for spaces around it.
  static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
    let text = unsafe trimmed(bytes)
    guard unsafe !text.isEmpty else { return .fault(.empty) }
    let start = unsafe text.baseAddress!.assumingMemoryBound(to: UInt8.self)
    var value = 0.0
    let end = unsafe cnumbers_parse(start, start + text.count, &value)
    if unsafe end == start + text.count {
      return value.isFinite ? .value(value) : .fault(.notFinite)
    }
    return unsafe .fault(spellsInfinity(text) ? .notFinite : .notANumber)
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// `inf` or `infinity` in any case, with or without a sign.
  private static func spellsInfinity(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= 9 else { return false }
    var text = unsafe String(decoding: bytes, as: UTF8.self).lowercased()
    if text.hasPrefix("-") || text.hasPrefix("+") { text.removeFirst() }
    return text == "inf" || text == "infinity"
  }
}

/// A number's spelling, for tests and single cells.
///
/// - Returns: nil where a numeric column would refuse the cell.
/// - Complexity: O(length)
package func parseNumber(_ text: String) -> Double? {
  let bytes = Array(text.utf8)
  return unsafe bytes.withUnsafeBytes { bytes in
    guard case .value(let value) = unsafe Number.parse(bytes) else { return nil }
    return value
  }
}
