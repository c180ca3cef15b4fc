import CSVRecords
import SparseRegression

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers from a fixed seed, the same in every run (Park & Miller, 1988).
struct Lehmer {
  private var state: UInt64 = 1

  /// In `-0.5 ..< 0.5`.
  mutating func next() -> Double {
    state = state * 16807 % 2_147_483_647
    return Double(state) / 2_147_483_647 - 0.5
  }
}

/// A CSV of made numbers in a temporary file, so that it is read as any other.
struct MadeFile: ~Copyable {
  let path: String
  let width: Int
  /// In bytes.
  let size: Int

  /// - Parameter isQuoted: whether every cell stands in quotes.
  init(rows: Int, width: Int, isQuoted: Bool) throws {
    var random = Lehmer()
    let quote = isQuoted ? "\"" : ""
    var text = (0..<width).map { "x\($0 + 1)" }.joined(separator: ",") + "\n"
    for _ in 0..<rows {
      for column in 0..<width {
        let digits = String(Int((random.next() + 1.5) * 1e8))  // 1 and eight more digits, or so
        text += "\(column == 0 ? "" : ",")\(quote)\(digits.first!).\(digits.dropFirst())\(quote)"
      }
      text += "\n"
    }
    let bytes = Array(text.utf8)
    path = "\(temporaryDirectory())/csvlasso-micro-\(getpid())-\(isQuoted)"
    self.width = width
    size = bytes.count
    let file = try OutputFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  deinit { unsafe unlink(path) }

  /// All batches of the file.
  func batches() throws -> [Batch] {
    var reader = try BatchReader(ByteSource(path: path, readings: .once), Dialect())
    var batches: [Batch] = []
    while let batch = try reader.next() { batches.append(batch) }
    return batches
  }
}

private func temporaryDirectory() -> String {
  guard let path = unsafe getenv("TMPDIR") else { return "/tmp" }
  return unsafe String(cString: path)
}

/// Rows of correlated columns with a target, last, of which every seventh column is a part.
struct MadeRows {
  let width: Int
  let count: Int
  /// `count × width`, row-major.
  let values: [Double]

  /// - Parameter memory: how much of a column the next one holds, below 1.
  init(count: Int, columns: Int, memory: Double = 0.5) {
    var random = Lehmer()
    var values: [Double] = []
    values.reserveCapacity(count * (columns + 1))
    for _ in 0..<count {
      var (x, y) = (0.0, 2 * random.next())
      for column in 0..<columns {
        x = random.next() + x * memory
        if column % 7 == 0 { y += x }
        values.append(x)
      }
      values.append(y)
    }
    (width, self.count, self.values) = (columns + 1, count, values)
  }

  var moments: Moments {
    var accumulator = MomentAccumulator(width: width)
    for row in 0..<count { accumulator.add(values, at: row * width) }
    return accumulator.finish()
  }
}
