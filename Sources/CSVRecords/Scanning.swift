internal import CNumbers

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Searches over bytes; each is one C call or one plain loop.

/// The first place of `byte` in a range of `bytes`.
func index(of byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
  precondition(range.upperBound <= bytes.count)
  return unsafe bytes.withUnsafeBytes { bytes in
    unsafe firstIndex(of: byte, in: UnsafeRawBufferPointer(rebasing: bytes[range])).map {
      range.lowerBound + $0
    }
  }
}

/// The first place of `byte` in `bytes`.
func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
  guard let base = bytes.baseAddress, bytes.count > 0,
    let found = unsafe memchr(base, Int32(byte), bytes.count)
  else { return nil }
  return unsafe UnsafeRawPointer(found) - base
}

/// The number of line ends in the first `count` bytes, a CR LF counted once.
func countLines(_ bytes: [UInt8], upTo count: Int) -> Int {
  precondition(count <= bytes.count)
  return unsafe bytes.withUnsafeBytes {
    unsafe countLines(UnsafeRawBufferPointer(rebasing: $0[..<count]))
  }
}

func countLines(_ bytes: UnsafeRawBufferPointer) -> Int {
  let bytes = unsafe bytes.assumingMemoryBound(to: UInt8.self)
  return unsafe bytes.baseAddress.map { unsafe cscan_count_lines($0, bytes.count) } ?? 0
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
