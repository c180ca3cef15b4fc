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
    var tooMany: Set<Int> = []
    options.blocks = options.drawnBlocks(columns: reading.count)
    while true {
      var pass = RowPass(
        schema, options, reading, targetText: targetText, tooMany: tooMany, source: source.name,
        rowCount: rowCount)
      try pass.run(&reader, progress)
      let ignorable = options.missing == .dropRow ? pass.encoder.ignorable : [:]
      if pass.contradicted.isEmpty && pass.target.contradiction == nil && ignorable.isEmpty {
        guard pass.needsRoom else {
          self = try pass.finish()
          return
        }
        options = try pass.optionsWithRoom()
      }
      tooMany = pass.encoder.tooMany
      reading = pass.reading
      for predictor in pass.contradicted { reading[predictor] = .text }
      // Rows that were left out for a cell of a column that is no candidate have to come back in.
      for (predictor, levels) in ignorable { reading[predictor] = .ignored(levels: levels) }
      targetText = pass.target.text ?? pass.target.contradiction
      try Reduction.rewind(source)
      reader = try Reduction.records(of: source, options)
    }
  }

  /// - Parameter files: where moments lie; nil for memory.
  /// - Throws: ``RowStore/Failure``
  init(
    _ fitted: consuming FittedRows, _ files: NumberFiles?, _ given: Encoding, _ schema: Schema,
    declared: Set<Int>,
    _ counts: RowCounts, _ target: FittedTarget
  ) throws(RowStore.Failure) {
    let rows = fitted.blockRows.reduce(0, +)
    let (single, predictors): ([Term], [Int])
    let encoding: Encoding
    switch consume fitted {
    case .moments(var blocks):
      encoding = given.confined(toRows: rows, declared: declared) { column in
        blocks.contains { $0.mean[column] > 0 }
      }
      let compact = encoding.compact()
      (single, predictors) = (compact.terms, compact.predictors)
      // One after the other, so that no more than one is there twice.
      for index in blocks.indices where compact.columns != Array(0..<blocks[index].width) {
        blocks[index] = try blocks[index].selecting(compact.columns, in: files)
      }
      self.fitted = .moments(blocks)
    case .columns(let matrix, let response):
      encoding = given.confined(toRows: rows, declared: declared) { !matrix.list($0).isEmpty }
      predictors = encoding.terms.indices.filter { encoding.terms[$0] != nil }
      single = predictors.map { encoding.terms[$0]! }
      self.fitted = .columns(matrix, response)
    }
    (terms, columns) = TermColumns.grouping(
      single, of: predictors.map { schema.predictors[$0] }, by: schema.groups.map(\.columns))
    (types, missing, isSequence) = (encoding.types, encoding.missing, encoding.isSequence)
    self.target = target
    self.counts = counts
  }
}

extension Options {
  /// The blocks of rows whose moments go to files, where ``blocks`` of them would have gone to memory: there,
  /// one partition into folds has to do.
  func blocksInFiles(of blocks: Int) -> Int {
    halvesRows ? blocks : crossValidates ? drawnFolds ?? blocks : blocks
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
