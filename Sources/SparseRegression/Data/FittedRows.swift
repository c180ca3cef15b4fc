/// The rows that are fitted, in blocks that training sets are made of, as one of the engines has them.
public enum FittedRows: Sendable {
  /// One entry a block; the target is the last column.
  case moments([Moments])
  /// What is predicted goes with them; all families but `gaussian` are fitted so.
  case columns(ColumnMatrix, Response)

  /// Rows of each block.
  public var blockRows: [Int] {
    switch self {
    case .moments(let blocks): blocks.map(\.rows)
    case .columns(let matrix, _): matrix.blocks.map(\.count)
    }
  }

  /// Raw columns, the target and its companions not counted.
  public var columnCount: Int {
    switch self {
    case .moments(let blocks): (blocks.first?.width ?? 1) - 1
    case .columns(let matrix, let response): matrix.width - 1 - response.companions.count
    }
  }

  /// Mean of the target and Σ w (y − ȳ)².
  public var target: (mean: Double, square: Double) {
    switch self {
    case .moments(let blocks):
      guard !blocks.isEmpty else { return (0, 0) }
      let (all, y) = (TrainingMoments(blocks), blocks[0].width - 1)
      return (all.mean[y], all.comoment(y, y))
    case .columns(let matrix, _): return matrix.targetStatistics
    }
  }

  public var family: Family {
    if case .columns(_, let response) = self { response.family } else { .gaussian }
  }

  // MARK: Blocks

  /// The blocks that hold rows to be fitted.
  var used: [Int] {
    switch self {
    case .moments(let blocks): blocks.indices.filter { blocks[$0].weight > 0 }
    case .columns(let matrix, _): matrix.used
    }
  }

  /// Rows of each of the blocks used.
  var usedRows: [Int] {
    let rows = blockRows
    return used.map { rows[$0] }
  }

  /// The rows of some blocks alone. Columns are shared, not copied.
  ///
  /// - Parameter some: some of ``used``, increasing.
  func keeping(_ some: [Int]) -> FittedRows {
    switch self {
    case .moments(let blocks): .moments(some.map { blocks[$0] })
    case .columns(let matrix, let response): .columns(matrix.using(some), response)
    }
  }

  // MARK: Fits

  /// What fits a path of penalized solutions; see ``PathFit``.
  ///
  /// - Throws: ``PathError``
  func engine(
    _ plan: CrossValidation.Plan?, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    threads: Int
  ) throws(PathError) -> any PathEngine {
    switch self {
    case .moments(let blocks):
      return try MomentsEngine(blocks, plan, terms, penalty, options, threads: threads)
    case .columns(let matrix, let response):
      guard response.family == .gaussian else {
        return try LossEngine(matrix, response, plan, terms, penalty, options, threads: threads)
      }
      return try ColumnsEngine(matrix, plan, terms, penalty, options, threads: threads)
    }
  }

  /// - Throws: ``PathError``
  public func fit(
    _ plan: CrossValidation.Plan?, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    threads: Int
  ) throws(PathError) -> PathFit {
    // Not by way of an engine in a box, which would keep a second copy of all that the path changes.
    switch self {
    case .moments(let blocks):
      try PathFit(blocks, plan: plan, terms: terms, penalty, options, threads: threads)
    case .columns(let matrix, let response):
      response.family == .gaussian
        ? try PathFit(matrix, plan: plan, terms: terms, penalty, options, threads: threads)
        : try PathFit(
          matrix, response, plan: plan, terms: terms, penalty, options, threads: threads)
    }
  }

  /// - Throws: ``PathError``
  public func exactPath(
    _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions, mostTerms: Int?
  ) throws(PathError) -> ExactPath {
    guard case .moments(let blocks) = self else {
      preconditionFailure("knots are found from moments")
    }
    return try ExactPath(blocks, terms: terms, penalty, options, mostTerms: mostTerms)
  }
}
