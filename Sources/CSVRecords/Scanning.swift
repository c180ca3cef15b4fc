internal import CNumbers

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Searches over bytes; each is one C call or one plain loop.

/// Whether `byte` stands in a range of `bytes`.
func contains(_ bytes: [UInt8], _ byte: UInt8, _ range: Range<Int>) -> Bool {
  index(of: byte, in: bytes, range) != nil
}

/// The first place of `byte` in a range of `bytes`.
func index(of byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
  guard !range.isEmpty else { return nil }
  precondition(range.upperBound <= bytes.count)
  return unsafe bytes.withUnsafeBytes { bytes in
    let base = bytes.baseAddress!
    guard let found = unsafe memchr(base + range.lowerBound, Int32(byte), range.count) else {
      return nil
    }
    return unsafe UnsafeRawPointer(found) - base
  }
}

/// Just after the last line end in the first `count` bytes; 0 if there is none.
///
/// A CR in the very last place is passed over: whether an LF follows it is not known.
func lastLineEnd(_ bytes: [UInt8], upTo count: Int) -> Int {
  var end = count
  while end > 0 && !isLineEnd(bytes[end - 1]) { end -= 1 }
  guard end == count, end > 0, bytes[end - 1] == UInt8(ascii: "\r") else { return end }
  end -= 1
  while end > 0 && !isLineEnd(bytes[end - 1]) { end -= 1 }
  return end
}

/// Just after the first line end at or after `from`, a CR LF taken as one; `limit` if there is none.
func nextLineEnd(_ bytes: [UInt8], from: Int, _ limit: Int) -> Int {
  var i = from
  while i < limit && !isLineEnd(bytes[i]) { i += 1 }
  guard i < limit else { return limit }
  let isPair =
    bytes[i] == UInt8(ascii: "\r") && i + 1 < limit && bytes[i + 1] == UInt8(ascii: "\n")
  return i + (isPair ? 2 : 1)
}

/// The number of line ends in the first `count` bytes, a CR LF counted once.
func countLines(_ bytes: [UInt8], upTo count: Int) -> Int {
  precondition(count <= bytes.count)
  return unsafe bytes.withUnsafeBufferPointer { bytes in
    unsafe bytes.baseAddress.map { unsafe cscan_count_lines($0, count) } ?? 0
  }
}

extension ReadError {
  /// The same error, its line counted from 0 in a stretch turned into one counted from 1 in the input.
  func shifted(byLines lines: Int) -> ReadError {
    switch self {
    case .unclosedQuote(let line): .unclosedQuote(line: line + lines + 1)
    case .textAfterQuote(let line, let column):
      .textAfterQuote(line: line + lines + 1, column: column)
    case .ragged(let line, let expected, let found):
      .ragged(line: line + lines + 1, expected: expected, found: found)
    case .cell(let line, let column, let text, let fault):
      .cell(line: line + lines + 1, column: column, text: text, fault: fault)
    case .nul(let line): .nul(line: line + lines + 1)
    default: self
    }
  }
}
