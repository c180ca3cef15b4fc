internal import SparseRegression

/// The rows to be fitted, as the engine has them.
enum FittedRows: Sendable {
  /// One entry a block; the target is the last column.
  case moments([Moments])
  /// What is predicted goes with them; all families but `gaussian` are fitted so.
  case columns(ColumnMatrix, Response)

  /// Rows of each block.
  var blockRows: [Int] {
    switch self {
    case .moments(let blocks): blocks.map(\.rows)
    case .columns(let matrix, _): matrix.blocks.map(\.count)
    }
  }
}

extension FittedRows {
  /// Raw columns, the target and its companions not counted.
  var columnCount: Int {
    switch self {
    case .moments(let blocks): (blocks.first?.width ?? 1) - 1
    case .columns(let matrix, let response):
      matrix.width - 1 - response.others.count
        - [response.event, response.offset].count { $0 != nil }
    }
  }

  /// Mean of the target and Σ w (y − ȳ)².
  var target: (mean: Double, square: Double) {
    switch self {
    case .moments(let blocks):
      guard !blocks.isEmpty else { return (0, 0) }
      let (all, y) = (TrainingMoments(blocks), blocks[0].width - 1)
      return (all.mean[y], all.comoment(y, y))
    case .columns(let matrix, _): return matrix.targetStatistics
    }
  }

  /// - Throws: ``PathError``
  func exactPath(
    _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions, mostTerms: Int?
  ) throws(PathError) -> ExactPath {
    guard case .moments(let blocks) = self else {
      preconditionFailure("knots are found from moments")
    }
    return try ExactPath(blocks, terms: terms, penalty, options, mostTerms: mostTerms)
  }

  /// - Throws: ``PathError``
  func fit(
    _ plan: CrossValidation.Plan?, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    threads: Int
  ) throws(PathError) -> PathFit {
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
}
