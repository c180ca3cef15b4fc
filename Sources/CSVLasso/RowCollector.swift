internal import CSVRecords
internal import SparseRegression

/// Takes encoded rows in: into moments, or, where the table may be wide or the family keeps its rows,
/// into a store of rows.
struct RowCollector {
  /// What rows are taken in for.
  enum Purpose {
    /// Least squares, by the cheaper engine.
    case leastSquares
    /// Another family: rows are kept.
    case rows
    /// Not known yet: rows are kept until it is.
    case open
  }

  private let choice: EngineChoice
  private var options: Options
  private var moments: BlockAccumulators?
  /// What moments take off the values of some numbers.
  private var shift: [Int: Double] = [:]
  /// Where moments lie for which there is no memory.
  let momentFiles: NumberFiles?
  private var store: RowStore?
  private var hasStarted = false
  /// Whether it was least squares when rows last came, so that one of the engines was chosen.
  private var isDecided = false
  private var waiting: [WaitingRows] = []
  /// Blocks that rows were dealt into so far.
  private var blockCount = 0

  init(_ options: Options) {
    choice = EngineChoice(options)
    self.options = options
    momentFiles =
      options.hasMomentsInFiles
      ? NumberFiles(budget: options.memory / 2, isScattered: true) { openTemporaryFile() } : nil
  }

  /// Has moments take something off the values of some columns, the target among them. Called once, before any row
  /// is taken in.
  mutating func shift(by shift: [Int: Double]) {
    // Without an intercept it matters where zero is.
    if options.path.intercept { self.shift = shift }
  }

  /// The rows that are kept as rows.
  var keptRows: Int { store?.count ?? 0 }

  /// Whether the waiting rows can only go to moments, and these would need more than they may.
  func overflows(width: Int, _ purpose: Purpose) -> Bool {
    let goesToMoments =
      isDecided
      ? store == nil
      : purpose == .leastSquares && !choice.keepsRows(columns: width - 1, blocks: blockCount)
    return goesToMoments && choice.overflows(columns: width - 1, blocks: blockCount)
  }

  /// Whether rows are kept for which moments are the better house, though in files.
  ///
  /// - Parameter width: raw columns that have a use.
  func outgrowsRows(width: Int, _ purpose: Purpose) -> Bool {
    guard purpose == .leastSquares, let store else { return false }
    return choice.overflows(columns: width - 1, blocks: blockCount)
      && choice.prefersFiles(
        rows: store.count, columns: width - 1,
        blocks: options.blocksInFiles(of: blockCount))
  }

  /// Whether rows are kept, and may have to be read again for ``outgrowsRows(width:_:)``.
  func mayOutgrowRows(width: Int) -> Bool {
    store != nil && choice.overflows(columns: width - 1, blocks: blockCount)
  }

  /// Has some indicators be zero in every row that was taken in.
  mutating func clear(_ columns: Set<Int>) {
    guard !columns.isEmpty else { return }
    moments?.clear(columns)
    store?.clear(columns)
  }

  /// - Parameter places: the block of each row, or -1.
  mutating func queue(_ piece: ParsedRows, _ encoding: PieceEncoding, _ places: [Int], blocks: Int)
  {
    blockCount = blocks
    waiting.append(WaitingRows(piece: piece, encoding: encoding, places: places))
  }

  /// Lets the waiting rows in.
  ///
  /// - Parameters:
  ///   - width: raw columns, those that the waiting rows brought included.
  ///   - numbers: how many of them come first and are numbers, the target included.
  ///   - stride: numbers a parsed row.
  ///   - weight: where in a parsed row its weight stands.
  /// - Throws: ``RowStore/Failure``
  mutating func flush(width: Int, numbers: Int, stride: Int, weight: Int?, _ purpose: Purpose)
    throws(RowStore.Failure)
  {
    let rows = waiting
    waiting = []
    let keepsRows = choice.keepsRows(columns: width - 1, blocks: blockCount)
    if !hasStarted {
      hasStarted = true
      isDecided = purpose == .leastSquares
      if !isDecided || keepsRows {
        let inFiles = options.memory / 4
        store = RowStore(
          numbers: numbers, limit: options.memory - inFiles,
          NumberFiles(budget: inFiles) { openTemporaryFile() })
      }
      moments = BlockAccumulators(numbers: numbers, shift: shift, momentFiles)
    }
    guard var kept = store.take() else {
      try moments?.take(
        rows, blocks: blockCount, width: width, stride: stride, weight: weight,
        threads: options.threads)
      return
    }
    try keep(rows, in: &kept, stride: stride, weight: weight)
    guard purpose == .leastSquares else {
      store = kept
      return
    }
    // Where the target could have been classes, rows were kept that moments would have taken.
    if (!isDecided && !keepsRows)
      || choice.prefersMoments(rows: kept.count, columns: width - 1, blocks: blockCount)
    {
      try moments?.take(kept, blocks: blockCount, width: width, threads: options.threads)
    } else {
      store = kept
    }
    isDecided = true
  }

  private func keep(
    _ rows: [WaitingRows], in store: inout RowStore, stride: Int, weight: Int?
  ) throws(RowStore.Failure) {
    var starts: [Int] = []
    for piece in rows {
      starts.append(store.count)
      let fitted = piece.fitted
      try store.append(
        blocks: fitted.map { Int32(piece.places[$0]) },
        weights: fitted.map { row in weight.map { piece.piece.numbers[row * stride + $0] } ?? 1 },
        ones: piece.encoding.isPlain ? [] : piece.ones(fitted, stride: stride))
    }
    let (kept, first) = (store, starts)
    _ = concurrentMap(rows.count, threads: options.threads) { index in
      for (place, row) in rows[index].fitted.enumerated() {
        unsafe kept.fill(first[index] + place) { numbers in
          unsafe rows[index].encoding.encodeNumbers(
            rows[index].piece, row, stride: stride, into: numbers)
        }
      }
    }
  }

  /// Deals rows that were dealt into blocks of several partitions anew, where these turn out to be one:
  /// a fold is a block then.
  mutating func dealIntoFolds() {
    guard options.blocks != nil, let folds = options.drawnFolds, var kept = store.take() else {
      return
    }
    var permuted = FoldAssignment.Permuted(count: folds, seed: options.seed)
    for row in 0..<kept.count {
      let isPermuted = if case .permuted = options.folds { true } else { false }
      kept.move(
        row, toBlock: isPermuted ? permuted.fold(ofRow: row) : kept.place(row).block % folds)
    }
    store = kept
    (options.blocks, blockCount) = (nil, folds)
  }

  /// Deals rows into blocks class by class where these are permuted, so that each block has its share of every
  /// class.
  ///
  /// - Parameter classOf: the class of a row, below `classes`.
  /// - Returns: the rows of each class.
  mutating func sortOut(classes: Int, by classOf: (_ store: RowStore, _ row: Int) -> Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    guard var kept = store.take() else { return counts }
    var dealer: StratifiedDealer?
    // Halves are made of blocks, too, whether there are folds or not.
    if options.crossValidates || options.blocks != nil, case .permuted(let folds) = options.folds {
      dealer = StratifiedDealer(
        classes: classes, blocks: options.blocks ?? folds, seed: options.seed)
    }
    for row in 0..<kept.count {
      let index = classOf(kept, row)
      counts[index] += 1
      if let block = dealer?.next(ofClass: index) { kept.move(row, toBlock: block) }
    }
    store = kept
    return counts
  }

  /// What was taken in; nothing is left here.
  ///
  /// - Parameters:
  ///   - numbers: for each raw column, the number that it has among columns.
  ///   - response: what is predicted.
  ///   - target: its values as they are fitted.
  ///   - column: the target's place.
  /// - Throws: ``RowStore/Failure``
  mutating func finish(
    width: Int, _ numbers: [Int], _ response: Response, _ target: FittedTarget, column: Int
  ) throws(RowStore.Failure) -> FittedRows {
    if var store = store.take() {
      store.renumber(numbers)
      return .columns(
        try ColumnMatrix(
          store, width: width, blockCount: blockCount, centers: options.path.intercept,
          targetValue: target.value, threads: options.threads), response)
    }
    var blocks = try moments?.finish(count: blockCount, width: width) ?? []
    if target.isReversed {
      for index in blocks.indices { blocks[index].complement(column) }
    }
    return .moments(blocks)
  }
}

/// Rows of a piece that wait to be taken in.
struct WaitingRows: Sendable {
  let piece: ParsedRows
  let encoding: PieceEncoding
  /// The block of each row, or -1.
  let places: [Int]

  /// The rows that belong to a block.
  var fitted: [Int] { places.indices.filter { places[$0] >= 0 } }

  /// For each of some rows, the raw columns that are 1 in it.
  func ones(_ rows: [Int], stride: Int) -> [[Int32]] {
    rows.map { row in
      var ones: [Int32] = []
      encoding.appendOnes(piece, row, stride: stride, to: &ones)
      return ones
    }
  }
}
