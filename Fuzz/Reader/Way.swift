import CFuzz

@testable import CSVRecords

/// How an input is read, told by its first bytes.
struct Way {
  static let length = 8

  let dialect: Dialect
  let skipsRagged: Bool
  let sizes: BatchReader.Sizes
  let manner: memory_manner_t
  /// Whether a pipe is kept, and read again.
  let readsTwice: Bool
  let missing: MissingCells
  private let kept: UInt8
  private let actions: UInt8

  /// - Returns: nil where delimiter and quote cannot tell records apart.
  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    let delimiters = Array(",;\t |1.-e".utf8)
    let delimiter = bytes[0] < 128 ? delimiters[Int(bytes[0]) % delimiters.count] : bytes[0] - 128
    let quotes: [UInt8] = [0x22, 0x22, 0x22, 0x27, 0, 0x35, 0x61, 0xFF]
    let quote = quotes[Int(bytes[1] & 7)]
    guard Dialect.isValid(delimiter: delimiter, quote: quote) else { return nil }
    dialect = Dialect(delimiter: delimiter, quote: quote, hasHeader: bytes[1] & 8 == 0)
    skipsRagged = bytes[1] & 16 != 0
    let rooms = [1, 16, 17, 33, 64, 65, 100, 256, 1000, 4096]
    let pieces = [1, 2, 5, 17, 64, 200, 4096]
    var sizes = BatchReader.Sizes(
      batch: rooms[Int(bytes[2] & 127) % rooms.count], piece: pieces[Int(bytes[3]) % pieces.count],
      pieces: bytes[2] & 128 == 0 ? 1 : 3)
    sizes.isStreaming = bytes[5] & 1 != 0
    // Another thread makes batches; rarely, for it takes long to start one.
    sizes.ahead = bytes[5] >= 0xF8 ? Int(bytes[5] >> 1 & 3) : 0
    self.sizes = sizes
    let chunks = [0, 1, 2, 3, 7, 16, 63, 64, 65, 200]
    let isPipe = bytes[5] & 2 != 0
    manner = memory_manner_t(
      chunk: chunks[Int(bytes[4]) % chunks.count], is_pipe: isPipe ? 1 : 0, pauses: bytes[5])
    readsTwice = bytes[5] & 4 != 0
    kept = bytes[6]
    actions = bytes[7]
    let texts = [[], [""], ["", "NA", "?"], ["", "-9", "1e3", "aaaaaaaa"]]
    missing = MissingCells(texts[Int(bytes[1] >> 5 & 3)], areRefused: bytes[1] & 128 != 0)
  }

  var keepsAll: Bool { kept == 0 }

  /// At least one column.
  func keeps(_ width: Int) -> [Bool] {
    (0..<width).map {
      keepsAll || kept >> UInt8(truncatingIfNeeded: $0 & 7) & 1 == 1 || $0 + 1 == width
    }
  }

  /// What is taken from each of `width` columns.
  func plan(_ width: Int) -> ParsingPlan {
    var (numbers, texts) = (0, 0)
    let actions = (0..<width).map { column -> ColumnAction in
      func number() -> Int {
        defer { numbers += 1 }
        return numbers
      }
      let kind = self.actions < 3 ? Int(self.actions) : (Int(self.actions) + column * 5) % 7
      switch kind {
      case 0: return .optional(number())
      case 1: return .tentative(number())
      case 2:
        defer { texts += 1 }
        return .text(texts)
      case 3: return .skip
      case 4: return .weight(number())
      case 5: return .bounded(number(), .nonnegative)
      default: return .bounded(number(), .zeroOrOne)
      }
    }
    return ParsingPlan(actions, skipsRagged: skipsRagged, missing: missing)
  }
}
