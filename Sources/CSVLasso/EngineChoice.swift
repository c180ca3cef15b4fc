internal import SparseRegression

/// Which engine fits, and what it costs: the cost model, in one place.
///
/// Let p be the raw columns (a number is one; a level and a missing-indicator are one each), n the rows
/// that are fitted, K the blocks that they are dealt into.
///
/// - *moments*: O(n p²) to take the rows in, O(p · support) a λ and fold; (K + 2) · 8p² bytes.
/// - *columns*: O(n p) to take them in, O(n · watched · support) a λ and fold; 8 n p bytes, which may be a
///   mapped file.
///
/// A product of the first kind is several times faster than one of the second, and a support is far
/// smaller than p; measured, the two meet where n is near p / 2. Below a few hundred columns the
/// difference is not worth a thought, and moments are taken.
struct EngineChoice {
  /// Ridge keeps every column, so there is none that columns could be spared of: it takes moments. So do
  /// exact knots, which look at every column at each of them.
  private let engine: Options.Engine
  private let memory: Int
  private let hasFiles: Bool

  /// Up to so many raw columns moments cost nothing.
  static let alwaysMoments = 500

  init(_ options: Options) {
    let takesMoments = options.isExact || options.engine == .auto && options.alpha == 0
    engine = takesMoments ? .moments : options.engine
    memory = options.memory
    hasFiles = options.hasMomentsInFiles
  }

  /// Bytes that moments of `columns` raw columns and a target take.
  static func momentsBytes(columns: Int, blocks: Int) -> Int {
    let (bytes, overflow) = (8 * (columns + 1)).multipliedReportingOverflow(by: columns + 1)
    let (all, more) = bytes.multipliedReportingOverflow(by: blocks + 2)
    return overflow || more ? .max : all
  }

  /// Blocks that partitions are drawn from: so many that two of them have little in common.
  private static let usualBlocks = 60
  /// Moments of more than two blocks a fold take at most so many bytes: filling pages costs time.
  private static let usualBytes = 1 << 28

  /// The blocks that rows are dealt into, a multiple of the folds; fewer where moments of so many would
  /// need more than they may, and one a fold, of which there is one partition, where they do so of two.
  func blocks(folds: Int, columns: Int) -> Int {
    let most = max(2, Self.usualBlocks / folds)
    guard engine != .columns else { return most * folds }
    let each = (1...most).reversed().first { each in
      !overflows(columns: columns, blocks: each * folds)
        && (each <= 2
          || Self.momentsBytes(columns: columns, blocks: each * folds) <= Self.usualBytes)
    }
    return (each ?? most) * folds
  }

  /// The partitions into folds that a table has memory for, at least one: fits to wide tables keep bounds on every
  /// column, and these take no more than a seventh of what the columns do, unless that is little; and each keeps
  /// some numbers a row.
  static func partitions(of rows: FittedRows, folds: Int, memory: Int) -> Int {
    guard case .columns(let matrix, _) = rows else { return .max }
    let columns = max(1, rows.columnCount)
    let bounded = max(littleBytes, 8 * matrix.rows * columns / 7) / (boundBytes * columns)
    let fits = min(bounded, memory / (rowBytes * max(1, matrix.rows)))
    return max(1, (fits - 1) / folds)
  }

  /// What a column costs a fit that screens it, what a row costs, and memory that is not worth a thought.
  private static let (boundBytes, rowBytes, littleBytes) = (16, 48, 1 << 26)

  /// Whether rows are to be kept as rows, since columns may have to be made of them.
  func keepsRows(columns: Int, blocks: Int) -> Bool {
    switch engine {
    case .moments: false
    case .columns: true
    case .auto:
      columns > Self.alwaysMoments || overflows(columns: columns, blocks: blocks)
    }
  }

  /// Whether rows that were kept are better taken into moments.
  func prefersMoments(rows: Int, columns: Int, blocks: Int) -> Bool {
    engine == .auto && rows > columns / 2 && !overflows(columns: columns, blocks: blocks)
  }

  /// Whether moments need more than they may.
  func overflows(columns: Int, blocks: Int) -> Bool {
    !hasFiles && Self.momentsBytes(columns: columns, blocks: blocks) > memory
  }

  /// Whether moments for which there is no memory are better in files than the rows are: where rows are so
  /// many that numbers in their place would take more. So what is held does not grow with them.
  func prefersFiles(rows: Int, columns: Int, blocks: Int) -> Bool {
    engine == .auto && rows / max(1, columns) >= blocks + 2
  }
}
