public import SparseRegression

/// The fit: standardize, path, choice.
public struct Fit: Sendable {
  public let schema: Schema
  /// Of the terms; where it is relaxed, the path of the chosen blend.
  public let path: RegularizationPath
  /// For each term of the path, its column in the file, or those of its group.
  public let columns: TermColumns
  /// For each predictor, in the order of ``Schema/predictors``, what it turned out to hold.
  public let types: [ColumnType]
  /// For each predictor, its missing cells.
  public let missing: [Int]
  /// For each predictor, whether it holds whole numbers that only rise or only fall.
  public let isSequence: [Bool]
  public let target: FittedTarget
  public let crossValidation: CrossValidation?
  public let criterion: Criterion
  public let selection: Selection
  /// What the choice rests on where it is not a λ of the path.
  public let evidence: Evidence?
  /// Which terms could stand in for those that were chosen; nil where they were not looked for.
  public let understudies: Understudies?
  /// The whole procedure cross-validated, if asked for.
  public let nested: NestedCrossValidation?
  /// The procedure on targets of noise, if asked for.
  public let probe: NullProbe?
  /// The share of the penalized fits in ``path``; what is missing to 1 is that of their refits without a
  /// penalty.
  public let gamma: Double
  /// What was asked for by ``Options/isExact``: the path's points are its knots, and the selection is
  /// where it ends.
  public let exact: ExactPath?
  let counts: RowCounts
  public let options: Options

  /// Fits and chooses.
  ///
  /// - Parameter source: what messages call the input.
  /// - Throws: ``Failure`` for data that cannot be fitted.
  init(
    _ blocks: RowBlocks, _ schema: Schema, _ options: Options, source: String,
    _ progress: @escaping Progress
  ) throws(Failure) {
    self.schema = schema
    self.options = options
    counts = blocks.counts
    (types, missing, isSequence) = (blocks.types, blocks.missing, blocks.isSequence)
    target = blocks.target
    columns = blocks.columns
    try Self.check(blocks, schema, options, source)
    if options.isExact, case .columns = blocks.fitted {
      throw Failure(
        .data,
        "\(source): --exact is for least squares on one target of numbers (--family gaussian fits two labels as 0 and 1)"
      )
    }
    let penalty = try schema.penalty(options, columns, blocks.terms)
    criterion = options.isExact ? .lambda(0) : options.criterion
    var pathOptions = options.path
    if case .lambda(let lambda) = criterion { pathOptions.including = lambda }
    pathOptions.endsPastMinimum = !options.walksFullPath && criterion.needsCrossValidation
    pathOptions.gammas = options.gammas
    pathOptions.watch = Watch { progress("fitting", .parts($0, of: $1)) }
    let penalized: RegularizationPath
    do throws(PathError) {
      if options.isExact {
        let found = try blocks.fitted.exactPath(
          blocks.terms, penalty, pathOptions, mostTerms: options.maxFeatures)
        (exact, penalized, crossValidation) = (found, found.path, nil)
      } else {
        let fit = try blocks.fitted.fit(
          options.plan(for: blocks.fitted), blocks.terms, penalty, pathOptions,
          threads: options.threads)
        (exact, penalized, crossValidation) = (nil, fit.path, fit.crossValidation)
      }
    } catch {
      throw Self.failure(error, blocks, schema, source)
    }
    guard penalized.exclusions.contains(where: { $0 != .constant }) else {
      throw Failure(
        .data,
        "\(source): no column is left to choose from: each holds a single value, or is text with too many levels"
      )
    }
    pathOptions.watch = Watch { progress("trying \(options.criterion.label)", .parts($0, of: $1)) }
    evidence = try Evidence(blocks, schema, penalty, pathOptions, options, source)
    (nested, probe) = try Self.checks(
      blocks, schema, penalty, pathOptions, options, source, progress)
    // A rule that looks at no blends looks at what is reported.
    let gammas = pathOptions.gammas
    let looked = criterion.choosesBlend ? penalized : penalized.blended(gammas[0], of: gammas)
    if let evidence {
      selection = Selection(looked, keeping: evidence.kept)
    } else {
      selection = Selection(
        looked, by: criterion, crossValidation: crossValidation,
        maxColumns: options.isExact ? nil : options.maxFeatures
      ) { [columns] in columns[$0].count }
    }
    gamma = selection.gamma ?? gammas[0]
    path = penalized.blended(gamma, of: gammas)
    understudies = blocks.understudies(of: selection, path, options)
  }

  /// Whether fits are blended with refits.
  public var isRelaxed: Bool { options.gammas.count > 1 }

  /// The cross-validated errors of ``path``.
  public var errorCurve: CrossValidation.Curve? {
    crossValidation.flatMap { cv in cv.gammas.firstIndex(of: gamma).map { cv.curves[$0] } }
  }

  /// Records of the right length, fitted or not.
  public var rowCount: Int { counts.rows }

  /// What else became of rows: how many, and what.
  public var rowNotes: [(count: Int, text: String)] {
    [
      (counts.skipped, "of the wrong length, passed over"),
      (counts.withoutTarget, "without \(schema.requiredCells), written and not fitted"),
      (counts.incomplete, "with missing cells, written and not fitted"),
    ].map { ($0, "\($0 == 1 ? "row" : "rows") \($1)") }
  }

  private static func overflow(_ column: Int, _ schema: Schema, _ source: String) -> Failure {
    Failure(
      .data,
      "\(source): column '\(schema.header.label(column))' holds values so large that their squares overflow; scale it down or drop it"
    )
  }

  /// Why there is no path, the target of all rows being sound.
  static func failure(
    _ error: PathError, _ blocks: RowBlocks, _ schema: Schema, _ source: String
  ) -> Failure {
    switch error {
    case .overflow(let column):
      for (term, columns) in zip(blocks.terms, blocks.columns) {
        for (member, place) in zip(term.members, columns)
        where member.term.columns.contains(column) {
          return overflow(place, schema, source)
        }
      }
      return overflow(schema.target, schema, source)
    case .separated(let term):
      let what =
        term.map { "\(schema.label(blocks.columns[$0])) separates" }
        ?? "columns without a penalty separate"
      return Failure(
        .data,
        "\(source): \(what) the classes without an error, in all rows or in those outside a fold, so that coefficients without a penalty are infinite (leave --keep or --penalty 0 out)"
      )
    case .noLeastSquares:
      return Failure(
        .data,
        "\(source): --adaptive ols needs columns that do not depend on each other, and more rows than coefficients in every fold (use --adaptive ridge)"
      )
    case .tooLargeToWeigh:
      return Failure(
        .data,
        "\(source): --adaptive needs a matrix of the rows or of the coefficients, and there are too many of both (leave columns out with --features, or leave --adaptive out)"
      )
    case .group(let index):
      let label = schema.label(blocks.columns[index])
      let remedy =
        switch blocks.terms[index] {
        case .indicated: "fill its missing cells with --missing mean"
        case .group: "leave --group out"
        default: "leave it out with --drop \(label)"
        }
      return Failure(
        .data,
        "\(source): \(blocks.columns[index].count > 1 ? "" : "column ")\(label) has several coefficients, with which the path is curved between its knots (\(remedy), or leave --exact out)"
      )
    case .constantTarget:
      let name = schema.header.label(schema.target)
      let what =
        switch blocks.target.family {
        case .cox: "there is no event"
        case .multigaussian: "one of the targets holds a single value"
        default: "the target '\(name)' holds a single value"
        }
      return Failure(
        .data,
        "\(source): \(what) in all rows outside a fold (deal other folds, or use --choose bic)")
    }
  }

  /// Refuses what has no answer.
  private static func check(
    _ blocks: RowBlocks, _ schema: Schema, _ options: Options, _ source: String
  ) throws(Failure) {
    let (p, rows) = (blocks.fitted.columnCount, blocks.fitted.blockRows.reduce(0, +))
    guard blocks.counts.rows > 0 else {
      throw Failure(.data, "\(source): there are no rows, only a header")
    }
    guard rows > 0 else {
      throw Failure(
        .data,
        "\(source): no row can be fitted: in each the target is missing, the weight is 0, or --missing drop-row left it out"
      )
    }
    let target = blocks.fitted.target
    guard target.mean.isFinite && target.square.isFinite else {
      throw overflow(schema.target, schema, source)
    }
    guard target.square > 0 else {
      throw Failure(
        .data,
        "\(source): the target '\(schema.header.label(schema.target))' holds a single value in the rows to fit; there is nothing to predict"
      )
    }
    if let event = schema.event, blocks.counts.events == 0 {
      throw Failure(
        .data,
        "\(source): the event '\(schema.header.label(event))' is 0 in all rows to fit; there is nothing to predict"
      )
    }
    for group in schema.groups {
      for column in group.columns {
        let predictor = schema.predictors.firstIndex(of: column)!
        guard case .text = blocks.types[predictor] else { continue }
        throw Failure(
          .data,
          "\(source): column '\(schema.header.label(column))' of --group \(group.name) is text with too many levels or different in every row, so it cannot be fitted (leave it out of the group, or see --max-levels)"
        )
      }
    }
    if let lone = blocks.counts.classes.firstIndex(of: 1) {
      throw Failure(
        .data,
        "\(source): '\(blocks.target.labels[lone])' stands in a single row of the target '\(schema.header.label(schema.target))'; a class needs two (--na '\(blocks.target.labels[lone])' leaves the row out of the fit)"
      )
    }
    if options.crossValidates { try checkFolds(rows, blocks, options, source) }
    if options.alpha == 0, p > mostRidge, case .columns(_, let response) = blocks.fitted,
      response.family != .gaussian
    {
      throw Failure(
        .data,
        "\(source): ridge keeps every column, and \(p) are more than the \(mostRidge) that it takes for this family (use --alpha 0.01 or more, or leave columns out with --features)"
      )
    }
    var lambdas: [Double] = []
    if case .values(let values) = options.path.grid { lambdas += values }
    if case .lambda(let value) = options.criterion { lambdas.append(value) }
    guard !lambdas.contains(0) || rows > p else {
      throw Failure(
        .data,
        "\(source): lambda 0 is least squares without a penalty, which needs more rows than columns; there are \(rows) rows and \(p) columns"
      )
    }
  }

  /// Ridge solves with a matrix of all columns; families whose curvature changes do so over and over.
  private static let mostRidge = 2000

  private static func checkFolds(
    _ rows: Int, _ blocks: RowBlocks, _ options: Options, _ source: String
  ) throws(Failure) {
    let filled = blocks.fitted.blockRows.count { $0 > 0 }
    func refuse(_ text: String) -> Failure { Failure(.data, "\(source): \(text)") }
    switch options.folds {
    case .permuted(let count):
      guard rows >= max(count, 2) else {
        throw refuse(
          "\(rows) \(rows == 1 ? "row" : "rows") cannot fill \(count) folds (ask for fewer with --folds, or use --choose bic)"
        )
      }
    case .forward(let count):
      guard rows >= 2 * (count + 1) else {
        throw refuse(
          "\(rows) rows are too few for \(count) forward folds (ask for fewer with --folds forward:K)"
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
  /// What a row has to have to be fitted.
  fileprivate var requiredCells: String {
    [
      family == .cox ? "a time" : targets.count > 1 ? "all targets" : "a target",
      event == nil ? nil : "an event", offset == nil ? nil : "an offset",
    ].compactMap { $0 }.joined(separator: " or ")
  }

  /// The group that a column is in.
  func group(of column: Int) -> String? { groups.first { $0.columns.contains(column) }?.name }

  /// What a term is called: its column in quotes, or its group.
  func label(_ columns: ArraySlice<Int>) -> String {
    columns.count == 1
      ? "'\(header.label(columns.first!))'" : "group '\(group(of: columns.first!)!)'"
  }
}
