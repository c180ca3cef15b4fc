/// How a CSV is spelled: its delimiter, its quote, and whether its first record holds names.
public struct Dialect: Sendable, Equatable {
  /// One byte, neither the quote nor a line end.
  public let delimiter: UInt8
  /// One byte; 0, which no CSV may hold, where nothing is quoted.
  public let quote: UInt8
  /// Whether the first record names the columns.
  public let hasHeader: Bool

  /// - Precondition: delimiter and quote differ, and neither is a line end.
  public init(
    delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\""), hasHeader: Bool = true
  ) {
    precondition(Self.isValid(delimiter: delimiter, quote: quote))
    self.delimiter = delimiter
    self.quote = quote
    self.hasHeader = hasHeader
  }

  /// Whether records can be told apart with these bytes.
  public static func isValid(delimiter: UInt8, quote: UInt8) -> Bool {
    delimiter != quote && delimiter != 0 && !isLineEnd(delimiter) && !isLineEnd(quote)
  }

  /// Whether the quote can stand in a number, whose value then is not that of the digits as they stand.
  static func standsInNumbers(_ quote: UInt8) -> Bool { "0123456789+-.eE".utf8.contains(quote) }

  /// A space or tab that is not the delimiter: allowed around a number.
  @inline(__always)
  func isSpace(_ byte: UInt8) -> Bool {
    (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && byte != delimiter
  }
}

/// LF or CR; as libcsv has it, either ends a record and further ones are blank lines.
@inline(__always)
func isLineEnd(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
}
