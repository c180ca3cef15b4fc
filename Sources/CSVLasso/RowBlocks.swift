internal import CSVRecords
internal import SparseRegression

/// Moments of blocks of rows, one block a fold, and what their columns are.
struct RowBlocks: Sendable {
  /// One entry a block, in the order of the folds; the target is the last column.
  private(set) var moments: [Moments]
  /// What is selected, over the columns of the moments.
  private(set) var terms: [Term]
  /// For each term, its predictor.
  private(set) var predictors: [Int]
  /// One entry a predictor.
  private(set) var types: [ColumnType]
  /// Missing cells; one entry a predictor.
  private(set) var missing: [Int]
  private(set) var counts: RowCounts

  /// Reads all records, a second time if a column that looked like numbers turns out to hold text: a
  /// type is decided from all cells, wherever the one that decides it stands.
  ///
  /// - Parameter rowCount: the number of rows, where folds go forward in time.
  /// - Throws: ``Failure``
  /// - Complexity: O(p²) a row; O(blocks · p²) memory.
  init(
    _ source: ByteSource, _ first: BatchReader, _ schema: Schema, _ options: Options,
    rowCount: Int?, _ progress: Progress
  ) throws(Failure) {
    var reader = first
    var reading = try schema.initialReading(options)
    while true {
      var pass = try RowPass(schema, options, reading, source: source.name, rowCount: rowCount)
      try pass.run(&reader, progress)
      if pass.contradicted.isEmpty {
        self = pass.finish()
        return
      }
      reading = pass.reading
      for predictor in pass.contradicted { reading[predictor] = .text }
      try Reduction.rewind(source)
      reader = try Reduction.records(of: source, options)
    }
  }

  init(_ blocks: [Moments], _ encoding: Encoding, _ counts: RowCounts) {
    let compact = encoding.compact()
    (terms, predictors) = (compact.terms, compact.predictors)
    moments = blocks.map { block in
      compact.columns == Array(0..<block.width) ? block : block.selecting(compact.columns)
    }
    (types, missing) = (encoding.types, encoding.missing)
    self.counts = counts
  }
}

/// What became of the rows.
struct RowCounts: Sendable {
  /// Records of the right length.
  var rows = 0
  /// Records passed over for their length.
  var skipped = 0
  /// Rows whose target is missing: written, not fitted.
  var withoutTarget = 0
  /// Rows left out of the fit by `--missing drop-row`.
  var incomplete = 0
}

/// One pass over the records.
private struct RowPass {
  let schema: Schema
  let options: Options
  let source: String
  var reading: [ReadAs]
  /// Predictors that were read as numbers and hold text.
  var contradicted: Set<Int> = []
  private var counts = RowCounts()
  private var plan: ParsingPlan
  private var encoder: Encoder
  private var folds: FoldDealer
  private var blocks: BlockAccumulators
  private var hasStarted = false

  init(
    _ schema: Schema, _ options: Options, _ reading: [ReadAs], source: String, rowCount: Int?
  ) throws(Failure) {
    (self.schema, self.options, self.source) = (schema, options, source)
    self.reading = reading
    plan = schema.parsingPlan(reading, options)
    encoder = Encoder(reading, maxLevels: options.maxLevels)
    folds = FoldDealer(options, rowCount: rowCount)
    blocks = BlockAccumulators(count: folds.count ?? 0)
  }

  mutating func run(_ reader: inout BatchReader, _ progress: Progress) throws(Failure) {
    let name = reader.source.name
    while let batch = try Failure.reading(name, schema, { () throws(ReadError) in try reader.next() })
    {
      var pieces = try parse(batch)
      // Before anything is encoded a guess is mended on the spot; later it takes another pass.
      while !hasStarted && !contradicted.isEmpty {
        for predictor in contradicted { reading[predictor] = .text }
        contradicted = []
        plan = schema.parsingPlan(reading, options)
        encoder = Encoder(reading, maxLevels: options.maxLevels)
        pieces = try parse(batch)
      }
      if !hasStarted { encoder.setOrigins(pieces, stride: plan.numberCount) }
      hasStarted = true
      if contradicted.isEmpty { try take(pieces) }
      progress("reading", reader.bytesRead, reader.source.size)
    }
  }

  private mutating func parse(_ batch: Batch) throws(Failure) -> [ParsedRows] {
    let plan = plan
    let pieces = concurrentMap(batch.pieces.count, threads: options.threads) {
      batch.parse($0, plan)
    }
    if let failure = pieces.lazy.compactMap(\.failure).first {
      throw Failure(failure, source: source, schema: schema)
    }
    for contradiction in pieces.lazy.flatMap(\.contradictions) {
      contradicted.insert(schema.predictors.firstIndex(of: contradiction.column)!)
    }
    return pieces
  }

  private mutating func take(_ pieces: [ParsedRows]) throws(Failure) {
    for piece in pieces {
      let encoding = encoder.prepare(piece)
      let places = try places(of: piece, encoding)
      blocks.grow(to: folds.count ?? 0)
      blocks.queue(piece, encoding, places)
      counts.rows += piece.count
      counts.skipped += piece.skipped
    }
    try checkMemory()
    blocks.flush(
      width: encoder.width, stride: plan.numberCount,
      weight: schema.weights == nil ? nil : plan.numberCount - 1, threads: options.threads)
  }

  /// The block of each row of a piece; -1 for a row that is not fitted.
  private mutating func places(of piece: ParsedRows, _ encoding: PieceEncoding) throws(Failure)
    -> [Int]
  {
    let stride = plan.numberCount
    let target = encoding.target
    var places = [Int](repeating: -1, count: piece.count)
    folds.learn(piece.levels.last ?? [])
    for row in 0..<piece.count {
      if schema.weights != nil {
        let weight = piece.numbers[row * stride + stride - 1]
        guard weight >= 0 else {
          throw Failure(
            .data,
            "\(source): column '\(schema.header.label(schema.weights!))': a weight is negative (\(weight))"
          )
        }
        if weight == 0 { continue }
      }
      if piece.numbers[row * stride + target].isNaN {
        counts.withoutTarget += 1
        continue
      }
      if options.missing == .dropRow, encoding.isIncomplete(piece, row, stride: stride) {
        counts.incomplete += 1
        continue
      }
      places[row] = folds.next(code: piece.codes.last.map { $0[row] } ?? 0)
    }
    guard folds.count ?? 0 <= FoldDealer.mostLabels else {
      throw Failure(
        .data,
        "\(source): --fold-column has more than \(FoldDealer.mostLabels) values; use --fold-by")
    }
    return places
  }

  private func checkMemory() throws(Failure) {
    // Each block, and for each thread a training set with its Gram matrix and factor.
    let blocks = folds.count ?? 10
    let matrices = blocks + 3 * min(options.threads, blocks + 1) + 1
    let width = encoder.width
    let (needed, overflow) = (8 * width).multipliedReportingOverflow(by: width * matrices)
    guard overflow || needed > options.memory else { return }
    throw Failure(
      .data,
      "\(width - 1) columns need \(memoryText(needed)) for their moments, more than --memory \(memoryText(options.memory)) (raise --memory, ask for fewer --folds, or leave columns out with --features)"
    )
  }

  consuming func finish() -> RowBlocks {
    let width = encoder.width
    return RowBlocks(
      blocks.finish(width: width), encoder.outcome(options.missing), counts)
  }
}
/// A size as a person writes it.
func memoryText(_ bytes: Int) -> String {
  for (unit, shift) in [("T", 40), ("G", 30), ("M", 20), ("K", 10)] where bytes >= 1 << shift {
    let tenths = (Double(bytes) / Double(1 << shift) * 10).rounded(.up) / 10
    return (tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)) + unit
  }
  return String(bytes)
}
