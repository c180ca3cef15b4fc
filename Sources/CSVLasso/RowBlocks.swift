internal import CSVRecords
internal import SparseRegression

/// The rows to be fitted, in blocks that folds are made of, and what their columns are.
struct RowBlocks: Sendable {
  /// Where each fold is a block, in the order of the folds.
  private(set) var fitted: FittedRows
  /// What is selected, over the raw columns.
  private(set) var terms: [Term]
  /// For each term, its columns in the file.
  private(set) var columns: TermColumns
  /// One entry a predictor.
  private(set) var types: [ColumnType]
  /// Missing cells; one entry a predictor.
  private(set) var missing: [Int]
  /// Whether a predictor holds whole numbers in order; one entry a predictor.
  private(set) var isSequence: [Bool]
  private(set) var target: FittedTarget
  private(set) var counts: RowCounts

  /// Reads all records, a second time if a column that looked like numbers turns out to hold text: a
  /// type is decided from all cells, wherever the one that decides it stands.
  ///
  /// - Parameter rowCount: the number of rows, where folds go forward in time.
  /// - Throws: ``Failure``
  /// - Complexity: that of the engine; see ``EngineChoice``.
  init(
    _ source: ByteSource, _ first: BatchReader, _ schema: Schema, _ options: Options,
    rowCount: Int?, _ progress: Progress
  ) throws(Failure) {
    var (reader, options) = (first, options)
    var reading = try schema.initialReading(options)
    var targetText: ParsedRows.Contradiction?
    options.blocks = options.drawnBlocks(columns: reading.count)
    while true {
      var pass = RowPass(
        schema, options, reading, targetText: targetText, source: source.name, rowCount: rowCount)
      try pass.run(&reader, progress)
      if pass.needsColumns {
        // Levels have made more raw columns than moments of so many blocks can hold.
        let blocks = options.drawnBlocks(columns: pass.encoder.width - 1)
        if let blocks, blocks < options.blocks ?? 0 {
          options.blocks = blocks
        } else {
          options.engine = .columns
        }
        try Reduction.rewind(source)
        reader = try Reduction.records(of: source, options)
        continue
      }
      let ignorable = options.missing == .dropRow ? pass.encoder.ignorable : [:]
      if pass.contradicted.isEmpty && pass.target.contradiction == nil && ignorable.isEmpty {
        self = try pass.finish()
        return
      }
      reading = pass.reading
      for predictor in pass.contradicted { reading[predictor] = .text }
      // Rows that were left out for a cell of a column that is no candidate have to come back in.
      for (predictor, levels) in ignorable { reading[predictor] = .ignored(levels: levels) }
      targetText = pass.target.text ?? pass.target.contradiction
      try Reduction.rewind(source)
      reader = try Reduction.records(of: source, options)
    }
  }

  init(
    _ fitted: FittedRows, _ encoding: Encoding, _ schema: Schema, declared: Set<Int>,
    _ counts: RowCounts, _ target: FittedTarget
  ) {
    let rows = fitted.blockRows.reduce(0, +)
    let encoding: Encoding =
      switch fitted {
      case .moments(let blocks):
        encoding.confined(toRows: rows, declared: declared) { column in
          blocks.contains { $0.mean[column] > 0 }
        }
      case .columns(let matrix, _):
        encoding.confined(toRows: rows, declared: declared) { !matrix.list($0).isEmpty }
      }
    let (single, predictors): ([Term], [Int])
    switch fitted {
    case .moments(let blocks):
      let compact = encoding.compact()
      (single, predictors) = (compact.terms, compact.predictors)
      self.fitted = .moments(
        blocks.map { block in
          compact.columns == Array(0..<block.width) ? block : block.selecting(compact.columns)
        })
    case .columns:
      predictors = encoding.terms.indices.filter { encoding.terms[$0] != nil }
      single = predictors.map { encoding.terms[$0]! }
      self.fitted = fitted
    }
    (terms, columns) = TermColumns.grouping(
      single, of: predictors.map { schema.predictors[$0] }, by: schema.groups.map(\.columns))
    (types, missing, isSequence) = (encoding.types, encoding.missing, encoding.isSequence)
    self.target = target
    self.counts = counts
  }
}

/// What became of the rows.
struct RowCounts: Sendable {
  /// Records of the right length.
  var rows = 0
  /// Records passed over for their length.
  var skipped = 0
  /// Rows that lack the target or a companion of it: written, not fitted.
  var withoutTarget = 0
  /// Rows left out of the fit by `--missing drop-row`.
  var incomplete = 0
  /// Rows to be fitted in which there is an event.
  var events = 0
  /// For each class, its rows to be fitted.
  var classes: [Int] = []
}

extension Options {
  /// The blocks that several partitions, or halves, are drawn from; nil where there is one partition.
  func drawnBlocks(columns: Int) -> Int? {
    guard crossValidates else {
      return halvesRows ? EngineChoice(self).blocks(folds: 2, columns: columns) : nil
    }
    guard partitions() > 1 || halvesRows, let drawnFolds else { return nil }
    return EngineChoice(self).blocks(folds: drawnFolds, columns: columns)
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
