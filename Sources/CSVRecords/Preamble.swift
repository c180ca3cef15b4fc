/// The bytes before the first record: a byte-order mark, and blank lines.
///
/// Of these there may be any number, so they are counted and not kept: runs of line ends of one kind.
package struct Preamble: Sendable {
  enum LineEnd: Sendable {
    case lineFeed, carriageReturn, both

    var bytes: [UInt8] {
      switch self {
      case .lineFeed: [0x0A]
      case .carriageReturn: [0x0D]
      case .both: [0x0D, 0x0A]
      }
    }
  }

  private struct Run: Sendable {
    let end: LineEnd
    var count: Int
  }

  /// A byte-order mark, or nothing.
  var mark: [UInt8] = []
  private var runs: [Run] = []
  /// How many lines there are.
  private(set) var lines = 0

  /// Beyond so many runs it is no table that begins here.
  private static let mostRuns = 1 << 16

  init() {}

  /// - Throws: ``ReadError/noRecord(line:)``
  mutating func add(_ end: LineEnd, _ count: Int) throws(ReadError) {
    guard count > 0 else { return }
    lines += count
    if let last = runs.last, last.end == end {
      runs[runs.count - 1].count += count
      return
    }
    guard runs.count < Self.mostRuns else { throw .noRecord(line: lines) }
    runs.append(Run(end: end, count: count))
  }

  /// Hands the bytes on, in parts of bounded size.
  package func forEachPart<Failure>(_ body: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    let longest = 1 << 15
    var part = mark
    for run in runs {
      var left = run.count
      if left > longest {
        let long = Array(repeatElement(run.end.bytes, count: longest).joined())
        try body(part)
        part = []
        while left > longest {
          try body(long)
          left -= longest
        }
      }
      for _ in 0..<left { part += run.end.bytes }
      if part.count > longest {
        try body(part)
        part = []
      }
    }
    if !part.isEmpty { try body(part) }
  }
}
