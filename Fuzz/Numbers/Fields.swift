import CFuzz
import CNumbers

/// Cells of a record, one behind the other.
struct Fields {
  let count: Int
  private let bytes: UnsafePointer<UInt8>
  private let limit: Int
  private let ends: UnsafePointer<UInt32>
  private let quote: UInt8

  /// - Parameters:
  ///   - limit: how many bytes there are.
  ///   - used: how many of them belong to fields.
  ///   - isQuoted: whether fields may be quoted, which they then must be cleanly.
  ///   - ends: room for where each field ends.
  init(
    _ bytes: UnsafePointer<UInt8>, _ limit: Int, used: Int, isQuoted: Bool,
    _ ends: UnsafeMutablePointer<UInt32>
  ) {
    (self.bytes, self.limit, self.ends) = (bytes, limit, UnsafePointer(ends))
    let mark = UInt8(ascii: "\"")
    var (count, start, isClean) = (0, 0, isQuoted)
    for i in 0...used where i == used || bytes[i] == UInt8(ascii: ",") {
      ends[count] = UInt32(i)
      count += 1
      isClean =
        isClean && Self.isClean(UnsafeBufferPointer(start: bytes + start, count: i - start), mark)
      start = i + 1
    }
    self.count = count
    quote = isClean ? mark : 0
  }

  /// Whether a field is quoted whole, and then holds no quote, or not at all.
  private static func isClean(_ field: UnsafeBufferPointer<UInt8>, _ mark: UInt8) -> Bool {
    guard field.first == mark else { return true }
    return field.count >= 2 && field.last == mark
      && !field[1..<field.count - 1].contains(mark)
  }

  private func start(_ i: Int) -> Int { i == 0 ? 0 : Int(ends[i - 1]) + 1 }

  /// The field, quotes removed.
  func content(_ i: Int) -> UnsafeRawBufferPointer {
    let (start, end) = (start(i), Int(ends[i]))
    let isQuoted = quote != 0 && start < end && bytes[start] == quote
    let edge = isQuoted ? 1 : 0
    return UnsafeRawBufferPointer(start: bytes + start + edge, count: end - start - 2 * edge)
  }

  /// The parser of runs of fields: what it takes are numbers, and where it stops none is.
  func compareRuns(refusesCodes: Bool) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { values in
      var next = 0
      while next < count {
        let done = cnumbers_fields(
          bytes, limit, start(next), ends + next, count - next, quote, refusesCodes ? 1 : 0,
          values.baseAddress!)
        for i in 0..<done { check(next + i, values[i]) }
        next += done
        if next < count { checkIsNone(next, refusesCodes) }
        next += 1
      }
    }
  }

  private func check(_ i: Int, _ value: Double) {
    let text = content(i)
    var right = 0.0
    let start = text.baseAddress!.assumingMemoryBound(to: UInt8.self)
    guard spelling_of(start, text.count, &right) == SPELLING_NUMBER,
      right.bitPattern == value.bitPattern
    else { disagree("field \(i) became \(value)", text) }
  }

  /// A field that was not taken is no number by itself, or may be taken for a code.
  private func checkIsNone(_ i: Int, _ refusesCodes: Bool) {
    let text = content(i)
    let start = text.baseAddress!.assumingMemoryBound(to: UInt8.self)
    let isAlone = spelling_decimal(start, text.count) == text.count && text.count > 0
    var right = 0.0
    guard isAlone, spelling_of(start, text.count, &right) == SPELLING_NUMBER else { return }
    let isCode = text.count > 1 && text[0] == UInt8(ascii: "0") && text[1] &- 0x30 <= 9
    if !(refusesCodes && isCode) { disagree("field \(i) is a number, and was not taken", text) }
  }
}
