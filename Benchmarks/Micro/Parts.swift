import CSVRecords
import SparseRegression

/// The parts of the main job by themselves, on one thread: what a change of one of them brings shows here
/// before it shows in the whole.
@main struct Parts {
  private let repetitions: Int
  private var checksum = 0.0

  static func main() throws {
    let given = CommandLine.arguments.dropFirst().first
    var parts = Parts(repetitions: given.flatMap { Int($0) } ?? 15)
    print(Line.heading)
    try parts.records("plain", MadeFile(rows: 60_000, width: 50, isQuoted: false))
    try parts.records("quoted", MadeFile(rows: 12_000, width: 50, isQuoted: true))
    for (rows, columns) in [(40_000, 50), (8_000, 300), (2_000, 1_000)] {
      try parts.moments(rows: rows, columns: columns)
    }
    for (rows, columns) in [(2_000, 50), (2_000, 300), (500, 1_000)] {
      try parts.path(rows: rows, columns: columns)
    }
    for memory in [0.5, 0.99] { try parts.solvers(rows: 2_000, columns: 200, memory) }
    print("\(parts.repetitions) repetitions; checksum \(parts.checksum)")
  }

  private init(repetitions: Int) { self.repetitions = max(1, repetitions) }

  private mutating func report(
    _ name: String, _ work: Double, _ unit: String, _ body: () throws -> Double
  ) throws {
    let time = try Stopwatch(repetitions: repetitions, &checksum, body)
    print(Line(name: name, work: work, unit: unit, time: time).text)
  }

  /// Reading, parsing and cutting of one file.
  private mutating func records(_ kind: String, _ file: borrowing MadeFile) throws {
    let (path, width, megabytes) = (file.path, file.width, Double(file.size) / 1e6)
    try report("reader, \(kind)", megabytes, "MB/s") {
      var reader = try BatchReader(ByteSource(path: path, readings: .once), Dialect())
      var count = 0
      while let batch = try reader.next() { count += batch.count + batch.pieces.count }
      return Double(count)
    }
    let batches = try file.batches()
    let parsing = ParsingPlan((0..<width).map { .tentative($0) })
    try report("parser, \(kind)", megabytes, "MB/s") {
      var sum = 0.0
      for batch in batches {
        for piece in batch.pieces.indices { sum += batch.parse(piece, parsing).numbers.last ?? 0 }
      }
      return sum
    }
    let cutting = CuttingPlan((0..<width).map { $0 % 5 == 0 })
    try report("writer, a fifth of the columns, \(kind)", megabytes, "MB/s") {
      var count = 0
      for batch in batches {
        for piece in batch.pieces.indices { count += batch.cut(piece, cutting).bytes.count }
      }
      return Double(count)
    }
  }

  private mutating func moments(rows: Int, columns: Int) throws {
    let made = MadeRows(count: rows, columns: columns)
    // A symmetric product: a multiplication and an addition for each pair of columns and each row.
    let work = Double(rows) * Double(made.width) * Double(made.width + 1) / 1e9
    try report("moments, \(columns) columns", work, "GFLOP/s") { made.moments.comoment(0, 0) }
  }

  private mutating func path(rows: Int, columns: Int) throws {
    let moments = MadeRows(count: rows, columns: columns).moments
    try report("path, \(rows) rows, \(columns) columns", 1, "paths/s") {
      let path = try RegularizationPath(moments, ElasticNet(count: columns), PathOptions())
      return path.points.reduce(0) { $0 + $1.devianceRatio + Double($1.df) }
    }
  }

  /// One path by three solvers, each λ to the same duality gap.
  private mutating func solvers(rows: Int, columns: Int, _ memory: Double) throws {
    let moments = MadeRows(count: rows, columns: columns, memory: memory).moments
    let penalty = ElasticNet(count: columns)
    let path = try RegularizationPath(moments, penalty, PathOptions())
    let grid = path.points.map(\.lambda)
    let options = PathOptions(grid: .values(grid))
    let name = "path, \(columns) columns at \(memory), "
    try report(name + "direct", 1, "paths/s") {
      try RegularizationPath(moments, penalty, options).points.reduce(0) { $0 + Double($1.df) }
    }
    let scaled = grid.map { $0 / path.design.targetScale }
    for isAccelerated in [false, true] {
      try report(name + (isAccelerated ? "Anderson" : "descent"), 1, "paths/s") {
        var solver = CoordinateDescent(moments, isAccelerated: isAccelerated)
        return solver.path(scaled, tolerance: options.tolerance) + Double(solver.sweeps)
      }
    }
  }
}
