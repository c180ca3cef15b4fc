internal import CSVRecords
internal import SparseRegression

/// Moments of blocks of rows, one block a fold, read in one pass.
struct RowBlocks: Sendable {
  /// One entry a block, in the order of the folds.
  let moments: [Moments]
  /// Rows that hold a record, fitted or not.
  let rows: Int
  /// Records passed over for their length.
  let skipped: Int

  /// How a row finds its block.
  private enum Assignment {
    case permuted(FoldAssignment.Permuted)
    /// By a text, given its block when it first appears.
    case labelled([[UInt8]: Int])
    /// By a hash of a text.
    case hashed(count: Int, seed: UInt64)
    /// By the row's number: the first block has `first` rows, the others `each`.
    case consecutive(first: Int, each: Int)
  }

  /// Blocks where no cross-validation asks for folds: only so that threads have something to share.
  static let blocksWithoutFolds = 8

  /// Reads all records.
  ///
  /// - Parameter rowCount: the number of rows, where folds go forward in time.
  /// - Throws: ``Failure``
  /// - Complexity: O(p²) a row; O(blocks · p²) memory.
  init(
    _ reader: inout BatchReader, _ schema: Schema, _ options: Options, rowCount: Int?,
    _ progress: Progress
  ) throws(Failure) {
    let count = Self.blockCount(options)
    let width = schema.predictors.count + 1
    try Self.checkMemory(width: width, blocks: count ?? 10, options)
    var assignment = Self.assignment(options, rowCount: rowCount, count: count ?? 0)
    var blocks = Blocks(width: width, count: count ?? 0)
    let plan = schema.parsingPlan(options)
    let name = reader.source.name
    var (rows, skipped, fitted) = (0, 0, 0)
    try forEachBatch(
      of: &reader, stage: "reading", options, schema, progress,
      work: { batch, index in batch.parse(index, plan) },
      take: { pieces throws(Failure) in
        for piece in pieces {
          let places = try Self.places(
            of: piece, plan, schema, &assignment, &blocks, fitted: &fitted, source: name)
          blocks.queue(piece, places, weightSlot: schema.weights == nil ? nil : width)
          rows += piece.count
          skipped += piece.skipped
        }
        guard blocks.count <= Self.mostLabels else {
          throw Failure(
            .data,
            "\(name): --fold-column has more than \(Self.mostLabels) values; use --fold-by")
        }
        blocks.flush(threads: options.threads)
      })
    moments = blocks.finish()
    self.rows = rows
    self.skipped = skipped
  }

  /// More folds than this are a mistake.
  private static let mostLabels = 1000

  private static func blockCount(_ options: Options) -> Int? {
    guard options.crossValidates else { return blocksWithoutFolds }
    switch options.folds {
    case .permuted(let count), .by(_, let count): return count
    case .forward(let count): return count + 1
    case .column: return nil
    }
  }

  private static func assignment(_ options: Options, rowCount: Int?, count: Int) -> Assignment {
    guard options.crossValidates else {
      return .permuted(.init(count: blocksWithoutFolds, seed: options.seed))
    }
    switch options.folds {
    case .permuted(let count): return .permuted(.init(count: count, seed: options.seed))
    case .column: return .labelled([:])
    case .by(_, let count): return .hashed(count: count, seed: options.seed)
    case .forward(let steps):
      let each = max(1, rowCount! / (steps + 1))
      return .consecutive(first: max(0, rowCount! - steps * each), each: each)
    }
  }

  /// The block of each row of a piece; -1 for a row of weight zero.
  private static func places(
    of piece: ParsedRows, _ plan: ParsingPlan, _ schema: Schema, _ assignment: inout Assignment,
    _ blocks: inout Blocks, fitted: inout Int, source: String
  ) throws(Failure) -> [Int] {
    let weightAt = schema.weights == nil ? nil : plan.numberCount - 1
    // A text is looked up once a piece, not once a row.
    var blockOfCode: [Int] = []
    switch assignment {
    case .labelled(var known):
      blockOfCode = piece.levels[0].map { level in
        if let block = known[level] { return block }
        known[level] = known.count
        return known.count - 1
      }
      blocks.grow(to: known.count)
      assignment = .labelled(known)
    case .hashed(let count, let seed):
      blockOfCode = piece.levels[0].map {
        FoldAssignment.fold(ofValue: $0, count: count, seed: seed)
      }
    case .permuted, .consecutive: break
    }
    var places = [Int](repeating: -1, count: piece.count)
    for row in 0..<piece.count {
      if let weightAt {
        let weight = piece.numbers[row * plan.numberCount + weightAt]
        guard weight >= 0 else {
          throw Failure(
            .data,
            "\(source): column '\(schema.header.label(schema.weights!))': a weight is negative (\(weight))"
          )
        }
        if weight == 0 { continue }
      }
      switch assignment {
      case .permuted(var permuted):
        places[row] = permuted.fold(ofRow: fitted)
        assignment = .permuted(permuted)
      case .labelled, .hashed: places[row] = blockOfCode[piece.codes[0][row]]
      case .consecutive(let first, let each):
        places[row] = fitted < first ? 0 : 1 + (fitted - first) / each
      }
      fitted += 1
    }
    return places
  }

  private static func checkMemory(width: Int, blocks: Int, _ options: Options) throws(Failure) {
    // Each block, and for each thread a training set with its Gram matrix and factor.
    let matrices = blocks + 3 * min(options.threads, blocks + 1) + 1
    let (square, overflow) = (8 * width).multipliedReportingOverflow(by: width * matrices)
    guard overflow || square > options.memory else { return }
    throw Failure(
      .data,
      "\(width - 1) columns need \(memoryText(square)) for their moments, more than --memory \(memoryText(options.memory)) (raise --memory, ask for fewer --folds, or leave columns out with --features)"
    )
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

/// The accumulators, and the rows that wait to enter them.
private struct Blocks {
  private struct Block: Sendable {
    var accumulator: MomentAccumulator
    /// For each waiting piece, the rows of it that belong here.
    var rows: [[Int32]] = []
  }

  private let width: Int
  private var blocks: [Block]
  private var waiting: [ParsedRows] = []
  private var weightSlot: Int?

  init(width: Int, count: Int) {
    self.width = width
    blocks = (0..<count).map { _ in Block(accumulator: MomentAccumulator(width: width)) }
  }

  var count: Int { blocks.count }

  mutating func grow(to count: Int) {
    while blocks.count < count {
      blocks.append(
        Block(
          accumulator: MomentAccumulator(width: width),
          rows: Array(repeating: [], count: waiting.count)))
    }
  }

  mutating func queue(_ piece: ParsedRows, _ places: [Int], weightSlot: Int?) {
    self.weightSlot = weightSlot
    waiting.append(piece)
    for index in blocks.indices { blocks[index].rows.append([]) }
    let last = waiting.count - 1
    for (row, place) in places.enumerated() where place >= 0 {
      blocks[place].rows[last].append(Int32(row))
    }
  }

  /// Lets the waiting rows in: blocks at once, each in the order of the rows.
  mutating func flush(threads: Int) {
    let (pieces, weightSlot, width) = (waiting, weightSlot, width)
    let stride = width + (weightSlot == nil ? 0 : 1)
    concurrently(&blocks, threads: threads) { _, block in
      for (piece, rows) in zip(pieces, block.rows) {
        for row in rows {
          let start = Int(row) * stride
          let weight = weightSlot.map { piece.numbers[start + $0] } ?? 1
          block.accumulator.add(piece.numbers, at: start, weight: weight)
        }
      }
      block.rows.removeAll(keepingCapacity: true)
    }
    waiting.removeAll(keepingCapacity: true)
  }

  consuming func finish() -> [Moments] { blocks.map { $0.accumulator.finish() } }
}

extension Schema {
  /// Numbers: the predictors, the target, the weight. Text: the fold.
  func parsingPlan(_ options: Options) -> ParsingPlan {
    var actions = [ColumnAction](repeating: .skip, count: roles.count)
    for (slot, column) in predictors.enumerated() { actions[column] = .number(slot) }
    actions[target] = .number(predictors.count)
    if let weights { actions[weights] = .number(predictors.count + 1) }
    if let fold, options.crossValidates { actions[fold] = .text(0) }
    return ParsingPlan(actions, skipsRagged: options.skipsRagged)
  }
}
