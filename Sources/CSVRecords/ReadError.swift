/// Why reading stopped, and where.
///
/// Lines and columns count from 1, lines from the start of the input; a record is placed by the line
/// that it starts on.
public enum ReadError: Error, Equatable, Sendable {
  /// The input holds no record.
  case empty
  /// The bytes are UTF-16, which is not read.
  case notUTF8
  /// A NUL byte.
  case nul(line: Int)
  /// A quoted field that never ends; the line is the one on which it opens.
  case unclosedQuote(line: Int)
  /// Something other than a delimiter or a line end follows a closing quote.
  case textAfterQuote(line: Int, column: Int)
  /// A record with more or fewer fields than the first.
  case ragged(line: Int, expected: Int, found: Int)
  /// A cell that a numeric column cannot hold; `text` is its start.
  case cell(line: Int, column: Int, text: String, fault: CellFault)
  /// The file cannot be opened.
  case cannotOpen(errno: Int32)
  /// The input cannot be read.
  case cannotRead(errno: Int32)
  /// The copy of a pipe, kept for the second reading, cannot be written.
  case cannotSpool(directory: String, errno: Int32)
  /// Compressed input that ends before its end.
  case truncated
  /// Compressed input that is damaged.
  case damaged
  /// The file was changed while it was read, or between two readings.
  case changed
  /// A record of more bytes than are kept; the line is the one on which it starts.
  case longRecord(line: Int, limit: Int)
  /// More bytes than are read at once.
  case tooLarge(limit: Int)
  /// Blank lines before the first record whose ends change too often.
  case noRecord(line: Int)
}

/// What is wrong with a cell of a numeric column.
public enum CellFault: Sendable, Equatable {
  /// Nothing, or nothing but spaces.
  case empty
  /// A text that stands for a missing cell.
  case missing
  /// A number below zero where none may be.
  case negative
  /// Another number where only these two may be.
  case neitherZeroNorOne
  /// Not a decimal number.
  case notANumber
  /// An infinity, or a number beyond the range of a double.
  case notFinite
}

/// What working on a piece of a batch leaves.
package protocol PieceResult: Sendable {
  /// Why it stopped, with the line counted in the input.
  var failure: ReadError? { get }
}
