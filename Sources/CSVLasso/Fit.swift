public import SparseRegression

/// The fit: standardize, path, choice.
public struct Fit: Sendable {
  public let schema: Schema
  /// Of the predictors, in the order of ``Schema/predictors``.
  public let path: RegularizationPath
  public let crossValidation: CrossValidation?
  public let criterion: Criterion
  public let selection: Selection
  /// Records read, fitted or not.
  public let rows: Int
  /// Records passed over for their length.
  public let skippedRecords: Int
  public let options: Options

  /// Fits and chooses.
  ///
  /// - Parameter source: what messages call the input.
  /// - Throws: ``Failure`` for data that cannot be fitted.
  init(_ blocks: RowBlocks, _ schema: Schema, _ options: Options, source: String)
    throws(Failure)
  {
    self.schema = schema
    self.options = options
    rows = blocks.rows
    skippedRecords = blocks.skipped
    let total = Moments.merged(
      blocks.moments.isEmpty ? [Moments(width: schema.predictors.count + 1)] : blocks.moments)
    try Self.check(total, blocks, schema, options, source)
    let penalty = try schema.penalty(options)
    criterion = options.criterion
    var pathOptions = options.path
    if case .lambda(let lambda) = criterion { pathOptions.including = lambda }
    do throws(PathError) { path = try RegularizationPath(total, penalty, pathOptions) } catch {
      throw Failure(error, schema, source: source)
    }
    do throws(PathError) {
      crossValidation =
        try !options.crossValidates
        ? nil
        : CrossValidation(
          blocks.moments, plan: options.isForward ? .forward : .leaveOneOut,
          lambda: path.points.map(\.lambda), penalty, pathOptions, threads: options.threads)
    } catch {
      throw Failure(
        .data,
        "\(source): the target '\(schema.header.label(schema.target))' holds a single value in all rows outside a fold (deal other folds, or use --choose bic)"
      )
    }
    selection = Selection(
      path, by: criterion, crossValidation: crossValidation, maxColumns: options.maxFeatures)
  }

  /// Refuses what has no answer.
  private static func check(
    _ total: Moments, _ blocks: RowBlocks, _ schema: Schema, _ options: Options, _ source: String
  ) throws(Failure) {
    let p = schema.predictors.count
    guard blocks.rows > 0 else {
      throw Failure(.data, "\(source): there are no rows, only a header")
    }
    guard total.rows > 0 else {
      throw Failure(.data, "\(source): every row has weight 0")
    }
    for index in 0...p where !total.mean[index].isFinite || !total.comoment(index, index).isFinite {
      throw Failure(.overflow(column: index), schema, source: source)
    }
    guard total.comoment(p, p) > 0 else {
      throw Failure(.constantTarget, schema, source: source)
    }
    guard (0..<p).contains(where: { total.comoment($0, $0) > 0 }) else {
      throw Failure(.data, "\(source): every column but the target holds a single value")
    }
    if options.crossValidates { try checkFolds(total, blocks, options, source) }
    var lambdas: [Double] = []
    if case .values(let values) = options.path.grid { lambdas += values }
    if case .lambda(let value) = options.criterion { lambdas.append(value) }
    guard !lambdas.contains(0) || total.rows > p else {
      throw Failure(
        .data,
        "\(source): lambda 0 is least squares without a penalty, which needs more rows than columns; there are \(total.rows) rows and \(p) columns"
      )
    }
  }

  private static func checkFolds(
    _ total: Moments, _ blocks: RowBlocks, _ options: Options, _ source: String
  ) throws(Failure) {
    let filled = blocks.moments.count { $0.rows > 0 }
    func refuse(_ text: String) -> Failure { Failure(.data, "\(source): \(text)") }
    switch options.folds {
    case .permuted(let count):
      guard total.rows >= max(count, 2) else {
        throw refuse(
          "\(total.rows) \(total.rows == 1 ? "row" : "rows") cannot fill \(count) folds (ask for fewer with --folds, or use --choose bic)"
        )
      }
    case .forward(let count):
      guard total.rows >= 2 * (count + 1) else {
        throw refuse(
          "\(total.rows) rows are too few for \(count) forward folds (ask for fewer with --folds forward:K)"
        )
      }
    case .column(let name), .by(let name, _):
      guard filled >= 2 else {
        throw refuse("column '\(name)' puts all rows into one fold; two are needed")
      }
    }
  }
}

extension Options {
  /// Whether folds go forward in time.
  var isForward: Bool { if case .forward = folds { true } else { false } }
}

extension Schema {
  /// The penalty on the predictors.
  func penalty(_ options: Options) throws(Failure) -> ElasticNet {
    var factors = [Double](repeating: 1, count: header.names.count)
    for factor in options.factors {
      for column in try factor.columns.columns(in: header) { factors[column] = factor.value }
    }
    var signs = [ElasticNet.Sign](repeating: .free, count: header.names.count)
    for (selector, sign): ([ColumnSelector], ElasticNet.Sign) in [
      (options.nonnegative, .nonnegative), (options.nonpositive, .nonpositive),
    ] {
      for column in try header.columns(selector).sorted() {
        guard signs[column] == .free else {
          throw Failure(
            .usage, "'\(header.label(column))' is named by --positive and by --negative")
        }
        signs[column] = sign
      }
    }
    for column in roles.indices where roles[column] == .keep { factors[column] = 0 }
    return ElasticNet(
      alpha: options.alpha, factors: predictors.map { factors[$0] },
      signs: predictors.map { signs[$0] })
  }
}

extension Failure {
  init(_ error: PathError, _ schema: Schema, source: String) {
    switch error {
    case .constantTarget:
      self.init(
        .data,
        "\(source): the target '\(schema.header.label(schema.target))' holds a single value in the rows to fit; there is nothing to predict"
      )
    case .overflow(let index):
      let column = index < schema.predictors.count ? schema.predictors[index] : schema.target
      self.init(
        .data,
        "\(source): column '\(schema.header.label(column))' holds values so large that their squares overflow; scale it down or drop it"
      )
    }
  }
}
