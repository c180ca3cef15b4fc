internal import CSVRecords
internal import SparseRegression

/// One pass over the records.
struct RowPass {
  let schema: Schema
  let options: Options
  let source: String
  var reading: [ReadAs]
  /// Predictors that were read as numbers and hold text.
  var contradicted: Set<Int> = []
  private(set) var target: TargetWatch
  private var counts = RowCounts()
  private var plan: ParsingPlan
  private(set) var encoder: Encoder
  private var folds: FoldDealer
  private var collector: RowCollector
  private var hasStarted = false
  /// Predictors that are known to have too many levels.
  private let tooMany: Set<Int>
  /// Rows to be fitted.
  private var fitted = 0
  /// Whether rows outgrew what was to hold them: then the pass goes on only to learn how wide the table is, and
  /// how long.
  private(set) var needsRoom = false

  /// - Parameter targetText: a cell that is no number, where the target is to be read as text.
  init(
    _ schema: Schema, _ options: Options, _ reading: [ReadAs],
    targetText: ParsedRows.Contradiction?, tooMany: Set<Int>, source: String, rowCount: Int?
  ) {
    (self.schema, self.options, self.source) = (schema, options, source)
    self.tooMany = tooMany
    self.reading = reading
    target = TargetWatch(schema, options, source: source, text: targetText)
    plan = schema.parsingPlan(reading, targetIsText: target.isText, options)
    encoder = Encoder(
      reading, companions: schema.companions.count, maxLevels: options.maxLevels, tooMany: tooMany)
    folds = FoldDealer(options, rowCount: rowCount)
    collector = RowCollector(options)
  }

  mutating func run(_ reader: inout BatchReader, _ progress: Progress) throws(Failure) {
    let name = reader.source.name
    while let batch = try Failure.reading(
      name, schema, { () throws(ReadError) in try reader.next() })
    {
      var pieces = try parse(batch)
      // Before anything is encoded a guess is mended on the spot; later it takes another pass.
      while !hasStarted && (!contradicted.isEmpty || target.contradiction != nil) {
        for predictor in contradicted { reading[predictor] = .text }
        contradicted = []
        if target.contradiction != nil { target = target.readAsText() }
        plan = schema.parsingPlan(reading, targetIsText: target.isText, options)
        encoder = Encoder(
          reading, companions: schema.companions.count, maxLevels: options.maxLevels,
          tooMany: tooMany)
        pieces = try parse(batch)
      }
      if !hasStarted {
        encoder.setOrigins(pieces, stride: plan.numberCount)
        collector.shift(
          by: encoder.far(pieces, stride: plan.numberCount, targetIsText: target.isText))
      }
      hasStarted = true
      if !reader.source.canRewind {
        // What had too many values for a categorical before its first text is no candidate either way.
        for predictor in contradicted { encoder.giveUp(predictor) }
        contradicted = []
      }
      if contradicted.isEmpty && target.contradiction == nil {
        try take(pieces, canRewind: reader.source.canRewind)
      }
      if options.fitsOnly { forgetIfSettled(reader.source, pieces) }
      progress(
        .reading, .bytes(reader.bytesRead, rows: counts.rows, of: reader.source.size))
    }
  }

  /// Drops the copy of a pipe as soon as no column can ask for another reading.
  private mutating func forgetIfSettled(_ source: ByteSource, _ pieces: [ParsedRows]) {
    guard !source.isFile, source.canRewind, options.missing != .dropRow, !needsRoom,
      !collector.mayOutgrowRows(width: encoder.width)
    else { return }
    for piece in pieces { encoder.watch(piece, stride: plan.numberCount) }
    if encoder.isSettled && target.isSettled { source.forget() }
  }

  private mutating func parse(_ batch: Batch) throws(Failure) -> [ParsedRows] {
    let plan = plan
    let pieces = try batch.worked(options, schema, source: source) { batch.parse($0, plan) }
    for contradiction in pieces.lazy.flatMap(\.contradictions) {
      if contradiction.column == schema.target {
        try target.contradict(contradiction)
      } else {
        contradicted.insert(schema.predictors.firstIndex(of: contradiction.column)!)
      }
    }
    return pieces
  }

  private mutating func take(_ pieces: [ParsedRows], canRewind: Bool) throws(Failure) {
    for piece in pieces {
      let labels = try target.labels(of: piece)
      let encoding = encoder.prepare(piece, labels: labels)
      encoder.watchOrder(piece, stride: plan.numberCount)
      let places = try places(of: piece, encoding)
      try target.refuseTooManyValues()
      if !needsRoom { collector.queue(piece, encoding, places, blocks: folds.count ?? 0) }
      counts.rows += piece.count
      counts.skipped += piece.skipped
    }
    if !needsRoom && collector.overflows(width: encoder.width, target.purpose) {
      guard canRewind else { throw tooManyColumns }
      try makeRoom()
    }
    guard !needsRoom else {
      _ = encoder.clearDropped()
      return
    }
    do throws(RowStore.Failure) {
      try collector.flush(
        width: encoder.width, numbers: encoder.target + 1, stride: plan.numberCount,
        weight: schema.weights == nil ? nil : plan.numberCount - 1, target.purpose)
    } catch {
      throw Failure(error, source: source)
    }
    collector.clear(encoder.clearDropped())
    if canRewind, collector.outgrowsRows(width: encoder.usedWidth, target.purpose) {
      try makeRoom()
    }
  }

  /// Gives up what was taken in.
  private mutating func makeRoom() throws(Failure) {
    needsRoom = true
    collector = RowCollector(options)
    // Numbers alone may be hopeless; levels may yet turn out to be too many.
    _ = try optionsWithRoom(columns: encoder.target)
  }

  /// The options with which there is room for what this pass has met.
  ///
  /// - Throws: ``Failure`` where there are none.
  func optionsWithRoom() throws(Failure) -> Options {
    try optionsWithRoom(columns: encoder.usedWidth - 1)
  }

  /// - Parameter columns: raw columns that need room.
  /// - Throws: ``Failure`` where there are none.
  private func optionsWithRoom(columns: Int) throws(Failure) -> Options {
    let blocks = options.blocks ?? folds.count ?? 0
    let choice = EngineChoice(options)
    var options = options
    // It was columns of text with too many levels that had taken the room.
    guard choice.overflows(columns: columns, blocks: blocks) else { return options }
    if let fewer = options.drawnBlocks(columns: columns), fewer < blocks {
      options.blocks = fewer
      return options
    }
    guard options.engine == .auto && options.alpha > 0 && !options.isExact else {
      throw tooManyColumns
    }
    let few = options.blocksInFiles(of: blocks)
    guard choice.prefersFiles(rows: fitted, columns: columns, blocks: few) else {
      options.engine = .columns
      return options
    }
    (options.engine, options.hasMomentsInFiles) = (.moments, true)
    if !options.halvesRows { options.blocks = nil }
    return options
  }

  /// The block of each row of a piece; -1 for a row that is not fitted.
  private mutating func places(of piece: ParsedRows, _ encoding: PieceEncoding) throws(Failure)
    -> [Int]
  {
    let stride = plan.numberCount
    var places = [Int](repeating: -1, count: piece.count)
    if schema.fold != nil {
      folds.learn(piece.levels.last ?? [])
      try refuseTooManyFolds()
    }
    for row in 0..<piece.count {
      if schema.weights != nil {
        if piece.numbers[row * stride + stride - 1] == 0 { continue }
      }
      let value = encoding.targetValue(piece, row, stride: stride)
      let isLacking = encoder.companions.contains { piece.numbers[row * stride + $0].isNaN }
      if value.isNaN || isLacking {
        counts.withoutTarget += 1
        continue
      }
      if options.missing == .dropRow, encoding.isIncomplete(piece, row, stride: stride) {
        counts.incomplete += 1
        continue
      }
      target.see(value)
      fitted += 1
      if let event { counts.events += Int(piece.numbers[row * stride + event]) }
      places[row] = folds.next(code: schema.fold == nil ? 0 : piece.codes.last.map { $0[row] } ?? 0)
    }
    return places
  }

  /// What is predicted, and where the numbers of a row stand that go with it.
  private func response(_ family: Family) -> Response {
    let others = encoder.companions.prefix(schema.targets.count - 1)
    return Response(
      family, offset: schema.offset == nil ? nil : encoder.companions.last, event: event,
      others: Array(others), metric: options.metric)
  }

  /// The event's place in a row of numbers.
  private var event: Int? {
    schema.event == nil ? nil : encoder.companions.lowerBound + schema.targets.count - 1
  }

  private func refuseTooManyFolds() throws(Failure) {
    guard folds.count ?? 0 <= FoldDealer.mostLabels else {
      throw Failure(
        .data,
        "\(source): --fold-column has more than \(FoldDealer.mostLabels) values; use --fold-by")
    }
  }

  private var tooManyColumns: Failure {
    let needed = EngineChoice.momentsBytes(
      columns: encoder.usedWidth - 1,
      blocks: options.blocks == nil ? folds.count ?? 0 : options.drawnFolds!)
    let remedy =
      options.isExact
      ? "leave --exact out, raise --memory"
      : "use --engine columns, raise --memory, ask for fewer --folds"
    return Failure(
      .data,
      "\(source): \(encoder.usedWidth - 1) columns need \(memoryText(needed)) for their moments, more than --memory \(memoryText(options.memory)) (\(remedy), or leave columns out with --features)"
    )
  }

  /// - Throws: ``Failure`` for a target that this family does not take.
  mutating func finish() throws(Failure) -> RowBlocks {
    let target = try target.outcome()
    let cells = collector.keptRows * schema.predictors.count
    if options.partitions(for: target.family, cells: cells) == 1 && !options.halvesRows {
      collector.dealIntoFolds()
    }
    if target.family.hasClasses {
      counts.classes = collector.sortOut(classes: target.labels.count) { store, row in
        Int(target.value(store.target(of: row)))
      }
    } else if let event {
      // A fold without an event tells nothing of survival.
      _ = collector.sortOut(classes: 2) { store, row in store.number(event, of: row) == 1 ? 1 : 0 }
    }
    let named = try schema.header.columns(options.categorical)
    let declared = Set(
      schema.predictors.indices.filter { named.contains(schema.predictors[$0]) })
    let numbers = encoder.orderly
    do throws(RowStore.Failure) {
      let fitted = try collector.finish(
        width: encoder.width, numbers, response(target.family), target, column: encoder.target)
      var encoding = encoder.outcome(options.missing)
      if case .columns = fitted { encoding = encoding.renumbered(numbers) }
      return try RowBlocks(
        fitted, collector.momentFiles, encoding, schema, declared: declared, counts, target)
    } catch {
      throw Failure(error, source: source)
    }
  }
}
