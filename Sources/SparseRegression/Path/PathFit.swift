/// A path on all rows and, beside it, the paths of the folds: all go down the grid together.
///
/// Each fit is solved at one λ before any goes on to the next, so that the cross-validated error is known
/// as far as the path is, and both can end together.
public struct PathFit: Sendable {
  public let path: RegularizationPath
  /// Nil without folds.
  public let crossValidation: CrossValidation?

  /// An automatic grid never ends before so many values (glmnet's `mnlam`).
  static let leastCount = 5

  /// Fits least squares with an elastic-net penalty along a grid of λ, from moments.
  ///
  /// - Parameters:
  ///   - blocks: moments of disjoint sets of rows, of the predictors and, last, the target.
  ///   - plan: how the blocks make training and test sets; nil for no cross-validation.
  ///   - terms: what is selected, over the predictors; each predictor a number of its own if nil.
  ///   - penalty: one factor a term; a group's is multiplied by √(its size).
  /// - Throws: ``PathError``
  /// - Complexity: for each λ and fit, O(p · support) for each column that enters or leaves;
  ///   O(p · support) memory a fit beside the blocks.
  public init(
    _ blocks: [Moments], plan: CrossValidation.Plan? = nil, terms: [Term]? = nil,
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int = 1
  ) throws(PathError) {
    let terms = terms ?? (0..<blocks[0].width - 1).map { .number($0) }
    try self.init(
      try MomentsEngine(blocks, plan, terms, penalty, options, threads: threads), options)
  }

  /// Fits the same from the columns themselves: for tables with more columns than moments can hold.
  ///
  /// - Parameters:
  ///   - terms: what is selected, over the raw columns.
  /// - Throws: ``PathError``
  /// - Complexity: O(n p) for the first look at the columns; then, for each λ, O(n) for each column that
  ///   may matter there.
  public init(
    _ matrix: ColumnMatrix, plan: CrossValidation.Plan? = nil, terms: [Term],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int = 1
  ) throws(PathError) {
    try self.init(
      try ColumnsEngine(matrix, plan, terms, penalty, options, threads: threads), options)
  }

  /// Fits another family than `gaussian`.
  ///
  /// - Parameters:
  ///   - response: what is predicted, beside the target of `matrix`.
  ///   - terms: what is selected, over the raw columns.
  /// - Throws: ``PathError``
  /// - Complexity: for each λ a few passes over the rows, O(n · watched columns) a fit.
  public init(
    _ matrix: ColumnMatrix, _ response: Response, plan: CrossValidation.Plan? = nil,
    terms: [Term], _ penalty: ElasticNet, _ options: PathOptions, threads: Int = 1
  ) throws(PathError) {
    try self.init(
      try LossEngine(matrix, response, plan, terms, penalty, options, threads: threads), options)
  }

  /// Walks down the grid, as far as solutions, those of the folds too, are certain to be within the tolerance of the
  /// optimum: what may be far from it is no basis for a choice. (A concave penalty has no optimum to be certain of.)
  ///
  /// - Throws: ``PathError``
  init(_ engine: consuming some PathEngine, _ options: PathOptions) throws(PathError) {
    var grid = options.grid.resolved(lambdaMax: engine.lambdaMax, isTall: engine.isTall)
    var mayStop = false
    if case .automatic = options.grid { mayStop = true }
    if let including = options.including, !grid.contains(including) {
      grid.insert(including, at: grid.firstIndex { $0 < including } ?? grid.count)
    }
    var points: [RegularizationPath.Point] = []
    var errors = CrossValidation.Errors(
      weights: engine.foldWeights, foldsEach: engine.partitions.foldsEach, gammas: options.gammas,
      isRelative: engine.family == .cox)
    var end: RegularizationPath.End?
    for lambda in grid {
      let step = engine.advance(to: lambda)
      let reached = WorstGap(gap: max(step.point.gap, step.worstFoldGap), lambda: lambda)
      if !(reached.gap <= options.tolerance), options.kind == .lasso {
        let isAsked = options.including.map { lambda >= $0 } ?? false
        if points.isEmpty || isAsked { throw .uncertain(reached) }
        end = .uncertain(reached)
        break
      }
      points.append(step.point)
      options.progress?(.fitting, .parts(points.count, of: grid.count))
      try errors.append(
        step.errors, votes: engine.partitions.areLarge ? step.votes : nil, gap: step.worstFoldGap,
        lambda: lambda)
      if engine.isSpent(options.workShare) && lambda != grid.last
        && lambda <= options.including ?? .infinity
      {
        end = .spent
        break
      }
      guard mayStop, points.count >= Self.leastCount, lambda <= options.including ?? .infinity
      else { continue }
      let mayRest = engine.holdsSigns || options.kind != .lasso
      if engine.family.isSaturated(points.map(\.devianceRatio), mayRest: mayRest) { break }
      if options.endsPastMinimum && errors.arePastMinimum { break }
    }
    var path = engine.path(points)
    path.end = end
    self.path = path
    crossValidation = errors.crossValidation
  }
}

/// What goes down the grid: a fit to all rows, and one for each fold.
protocol PathEngine {
  var family: Family { get }
  /// Where the first column enters the fit to all rows, on the scale of the target.
  var lambdaMax: Double { get }
  /// Whether there are at least as many rows as coordinates.
  var isTall: Bool { get }
  /// Whether some coefficient may have one sign only.
  var holdsSigns: Bool { get }
  /// What is fitted and tested beside the fit to all rows.
  var partitions: Partitions { get }
  /// The weight of the test rows of each fold.
  var foldWeights: [Double] { get }

  /// Products of two numbers that were worked out so far, as far as there may be very many of them.
  var work: Double { get }
  /// Values that one look of all fits at all rows, or moments, is.
  var cells: Int { get }

  /// Solves all fits at `lambda`, not above that of the last call.
  mutating func advance(to lambda: Double) -> PathStep
  /// The path of the fit to all rows.
  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath
}

extension PathEngine {
  var work: Double { 0 }
  var cells: Int { 0 }

  /// Whether more work was done than a table of its size is worth: some ten seconds' for a small one, and thousands of
  /// looks at a large one, of which an ordinary path takes hundreds. Work is counted, not time, so that a path ends at
  /// the same λ everywhere.
  func isSpent(_ share: Double) -> Bool { work > share * (8e9 + 2000 * Double(cells)) }
}

/// All fits at one λ.
struct PathStep: Sendable {
  /// Of the fit to all rows.
  let point: RegularizationPath.Point
  /// The mean squared error on the test rows of each fold, one a blend.
  let errors: [[Double]]
  /// Of the fit to each training set.
  let foldPoints: [RegularizationPath.Point]

  /// The largest relative duality gap over the folds.
  var worstFoldGap: Double { foldPoints.map(\.gap).max() ?? 0 }

  /// - Parameter fits: solved; the fit to all rows, then one a fold.
  init(_ fits: [some SolvedFit]) {
    point = fits[0].point!
    errors = fits.dropFirst().map(\.testErrors)
    foldPoints = fits.dropFirst().map { $0.point! }
  }

  /// In how many training sets' fits each term of the point is.
  var votes: [Int] {
    var votes = [Int](repeating: 0, count: point.support.count)
    for fold in foldPoints {
      // Both supports increase.
      var place = 0
      for term in fold.support {
        while place < votes.count && point.support[place] < term { place += 1 }
        if place < votes.count && point.support[place] == term { votes[place] += 1 }
      }
    }
    return votes
  }
}

/// A fit of an engine: where it stands at the last λ.
protocol SolvedFit: Sendable {
  /// Nil before the first λ.
  var point: RegularizationPath.Point? { get }
  /// The mean squared error on its test rows, one a blend.
  var testErrors: [Double] { get }
}

extension RegularizationPath {
  /// The path on the rows of `moments`, without folds; see ``PathFit``.
  ///
  /// - Throws: ``PathError``
  public init(
    _ moments: Moments, terms: [Term]? = nil, _ penalty: ElasticNet, _ options: PathOptions
  ) throws(PathError) {
    self = try PathFit([moments], terms: terms, penalty, options).path
  }
}
