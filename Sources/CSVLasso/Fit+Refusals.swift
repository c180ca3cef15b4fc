internal import SparseRegression

/// What cannot be fitted, in words, with the remedy.
extension Fit {
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
    case .boundless(let lambda):
      let place = lambda.map { "at lambda \(decimalText($0))" } ?? "of the whole procedure"
      return Failure(
        .data,
        "\(source): \(place) the error on rows that were not fitted is no finite number (divide the target or the columns by a power of ten, deal other folds, or use --choose bic)"
      )
    case .uncertain(let worst):
      return Failure(
        .data,
        "\(source): at lambda \(decimalText(worst.lambda)) no solution is certain to be within --tol of the optimum, and the nearest found is within \(decimalText(worst.gap)) (give --tol a larger value, or leave --keep and --penalty out)"
      )
    case .crowded(let most):
      return Failure(
        .data,
        "\(source): no lambda of the path keeps at most \(most) columns (raise --max-features, ask for larger values with --lambda, or give --alpha a larger value)"
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
  static func check(
    _ blocks: RowBlocks, _ schema: Schema, _ options: Options, _ source: String
  ) throws(Failure) {
    if options.criterion.choosesColumns && !options.isExact && options.maxFeatures != nil {
      throw Failure(
        .usage,
        "--choose \(options.criterion.label) knows no order of columns; leave --max-features out")
    }
    let (p, rows) = (blocks.fitted.columnCount, blocks.fitted.blockRows.reduce(0, +))
    guard blocks.counts.rows > 0 else {
      throw Failure(.data, "\(source): there are no rows, only a header (is the input whole?)")
    }
    guard rows > 0 else {
      throw Failure(
        .data,
        "\(source): no row can be fitted: in each the target is missing, the weight is 0, or --missing drop-row left it out (see csvlasso check)"
      )
    }
    let target = blocks.fitted.target
    guard target.mean.isFinite && target.square.isFinite else {
      throw overflow(schema.target, schema, source)
    }
    guard target.square > 0 else {
      throw Failure(
        .data,
        "\(source): the target '\(schema.header.label(schema.target))' holds a single value in the rows to fit; there is nothing to predict (name another column)"
      )
    }
    if let event = schema.event, blocks.counts.events == 0 {
      throw Failure(
        .data,
        "\(source): the event '\(schema.header.label(event))' is 0 in all rows to fit; there is nothing to predict (name another column)"
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
        "\(source): lambda 0 is least squares without a penalty, which needs more rows than columns; there are \(rows) rows and \(p) columns (use --lambda-ratio for a small penalty, or leave columns out with --drop)"
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
        throw refuse(
          "column '\(name)' puts all rows into one fold; two are needed (name another column, or leave the option out)"
        )
      }
    }
  }
}
