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
    _ progress: Progress
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
    let procedure = Self.procedure(blocks, penalty, options, progress)
    criterion = procedure.criterion
    progress(.preparing, .nothing)
    let fit: (path: RegularizationPath, found: PathFit?)
    do throws(PathError) {
      if options.isExact {
        let found = try blocks.fitted.exactPath(
          blocks.terms, penalty, procedure.options, mostTerms: options.maxFeatures)
        (exact, fit) = (found, (found.path, nil))
      } else {
        let found = try procedure.fit(blocks.fitted, threads: options.threads)
        (exact, fit) = (nil, (found.path, found))
      }
    } catch {
      throw Self.failure(error, blocks, schema, source)
    }
    guard fit.path.exclusions.contains(where: { $0 != .constant }) else {
      throw Failure(
        .data,
        "\(source): no column is left to choose from: each holds a single value, or is text with too many levels (see csvlasso check)"
      )
    }
    if let found = fit.found {
      let choice: Procedure.Choice
      do throws(ProcedureError) {
        choice = try procedure.choose(from: found, blocks.fitted, threads: options.threads)
      } catch { throw Self.failure(error, blocks, schema, options, source) }
      (path, gamma, selection) = (choice.path, choice.gamma, choice.selection)
      (crossValidation, evidence) = (choice.crossValidation, choice.evidence)
      (nested, probe) = try Self.checks(blocks, procedure, schema, options, source)
    } else {
      (path, gamma, selection) = (fit.path, 1, Selection(fit.path, by: criterion))
      (crossValidation, evidence, nested, probe) = (nil, nil, nil, nil)
    }
    progress(.understudies, .nothing)
    understudies = blocks.understudies(of: selection, path, options)
  }

  /// All that is done with rows to choose columns, as it was asked for.
  static func procedure(
    _ blocks: RowBlocks, _ penalty: ElasticNet, _ options: Options, _ progress: Progress
  ) -> Procedure {
    let criterion: Criterion = options.isExact ? .lambda(0) : options.criterion
    var path = options.path
    if case .lambda(let lambda) = criterion { path.including = lambda }
    path.endsPastMinimum = !options.walksFullPath && criterion.needsCrossValidation
    path.gammas = options.gammas
    path.progress = progress
    return Procedure(
      terms: blocks.terms, penalty: penalty, options: path, criterion: criterion,
      plan: options.plan(for: blocks.fitted, predictors: blocks.types.count),
      maxColumns: options.maxFeatures,
      columnCounts: blocks.columns.map(\.count), seed: options.seed)
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
