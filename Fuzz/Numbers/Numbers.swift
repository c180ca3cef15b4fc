import CFuzz
import CNumbers

@testable import CSVRecords

/// The number parser against strtod: the same verdict on every text, and the same bits.
///
/// The first byte says how much memory may be read behind the last field, whether quotes are looked for
/// and whether codes are refused; commas end fields. The bytes are parsed where libFuzzer put them, in an
/// allocation of just their size, so that a byte read beyond them is seen.
func take(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, (2...4096).contains(size) else { return -1 }
  let ways = data[0]
  let behind = min(Int(ways & 63), size - 1)
  return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: size) { ends in
    let fields = Fields(
      data + 1, size - 1, used: size - 1 - behind, isQuoted: ways & 64 != 0, ends.baseAddress!)
    for i in 0..<fields.count { compare(fields.content(i)) }
    fields.compareRuns(refusesCodes: ways & 128 != 0)
    return 0
  }
}

/// The parser of cells, and the one in C below it, on one text.
private func compare(_ text: UnsafeRawBufferPointer) {
  let start = text.baseAddress!.assumingMemoryBound(to: UInt8.self)
  var (value, right) = (0.0, 0.0)
  let spelling = spelling_of(start, text.count, &right)
  switch Number.parse(text) {
  case .value(let found):
    guard spelling == SPELLING_NUMBER, found.bitPattern == right.bitPattern else {
      disagree("the parser says \(found), strtod \(right)", text)
    }
  case .fault(let fault):
    let expected: CellFault? =
      switch spelling {
      case SPELLING_EMPTY: .empty
      case SPELLING_TEXT: .notANumber
      case SPELLING_NOT_FINITE: .notFinite
      default: nil
      }
    guard fault == expected else {
      disagree("the parser says \(fault), expected \(expected, default: "\(right)")", text)
    }
  }
  let length = cnumbers_parse(start, start + text.count, &value) - start
  guard length == spelling_decimal(start, text.count) else {
    disagree("a number of \(length) bytes", text)
  }
}

func disagree(_ what: String, _ text: UnsafeRawBufferPointer) -> Never {
  fatalError("\(String(decoding: text, as: UTF8.self).debugDescription): \(what)")
}
