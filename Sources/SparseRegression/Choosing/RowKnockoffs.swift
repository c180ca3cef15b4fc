internal import RealModule

/// Columns and their knockoffs as a table of its own, for losses that need rows, and for tables too wide for moments.
///
/// What is drawn beside each column are knockoffs of random columns (``SecondOrderSampler``), whose rate does not ask
/// which loss a model has (Candès, Fan, Janson & Lv, 2018). The intercept and the unpenalized columns are taken off
/// first: these stay in the table without a penalty, so that what they span changes no fit. W is that of least
/// squares, at the λ of the smallest BIC with the family's own likelihood.
struct RowKnockoffs {
  /// One entry a candidate: its place among all terms.
  let terms: [Int]
  /// Terms that the unpenalized ones span.
  let dependent: [Int]
  /// Rows less what was taken off.
  let freedom: Int
  private let matrix: ColumnMatrix
  private let response: Response
  private let penalty: ElasticNet
  private let options: PathOptions
  private let sampler: SecondOrderSampler
  /// The candidates' columns, room for their knockoffs, then unpenalized columns and companions of the target.
  private let columns: NumberBuffer
  private let width: Int
  private let groups: [Range<Int>]
  private let threads: Int

  private var count: Int { sampler.count }
  private var height: Int { matrix.rows }

  /// - Throws: ``KnockoffError``
  /// - Complexity: that of the sampler.
  init(
    _ matrix: ColumnMatrix, _ response: Response, terms: [Term], _ penalty: ElasticNet,
    _ options: PathOptions, threads: Int
  ) throws(KnockoffError) {
    let exclusions: [RegularizationPath.Exclusion?]
    do throws(PathError) {
      exclusions = try FittedRows.columns(matrix, response).engine(
        nil, terms, penalty, options, threads: threads
      ).path([]).exclusions
    } catch { throw .path(error) }
    let live = terms.indices.filter { exclusions[$0] == nil }
    let rows = RowStatistics(matrix, blocks: matrix.used)
    let problem = ColumnsProblem(matrix, terms, penalty, options)
    let made = try RowCandidates(problem, rows, live: live, response, threads: threads)
    guard made.freedom > 2 else { throw .tooFewRows }
    (self.terms, dependent, freedom) = (made.terms, made.dependent, made.freedom)
    guard
      let sampler = SecondOrderSampler(
        made.columns, count: made.count, groups: made.groups, shares: rows.shares,
        freedom: made.freedom, basis: made.basis, threads: threads)
    else { throw .singular }
    (self.matrix, self.response, self.penalty) = (matrix, made.response, made.penalty)
    (self.sampler, columns, width, groups) = (sampler, made.columns, made.width, made.groups)
    self.threads = threads
    var options = options
    (options.standardize, options.grid, options.including) = (true, Self.grid, nil)
    (options.gammas, options.endsPastMinimum) = ([1], false)
    options.tolerance = max(options.tolerance, Self.tolerance)
    self.options = options
  }

  /// Coarser than the moments' and solved to fewer digits: each λ costs passes over the rows, and what is asked is
  /// which of two columns has the larger coefficient.
  private static let (grid, tolerance) = (LambdaGrid.automatic(count: 40, ratio: 1e-4), 1e-4)
  /// How far down the path goes without a better BIC: as far as from moments.
  fileprivate static let patience = 8

  /// W of a draw.
  ///
  /// - Parameter exchanged: candidates that take the places of their knockoffs.
  /// - Throws: ``PathError``
  /// - Complexity: a path of twice as many columns, and what a draw takes.
  func statistics(seed: UInt64, exchanging exchanged: Set<Int> = []) throws(PathError)
    -> KnockoffStatistics
  {
    sampler.draw(columns, into: columns, at: count * height, seed: seed, threads: threads)
    let table = ColumnMatrix(
      TurnedRows(table: columns, height: height), count: width, insteadOf: matrix)
    let numbers = (0..<2).flatMap { side in
      groups.enumerated().map { place, group in
        let first = (side == 0) == exchanged.contains(place) ? count : 0
        let members = group.map { Term.number($0 + first) }
        return members.count == 1 ? members[0] : .group(members)
      }
    }
    let unpenalized = (2 * count..<width - response.companions.count).map { Term.number($0) }
    var engine = try FittedRows.columns(table, response).engine(
      nil, numbers + unpenalized, penalty, options, threads: threads)
    let norms = engine.normsOfSmallestBIC(
      options.grid, terms: penalty.factors.count, rows: freedom)
    return KnockoffStatistics(
      values: groups.indices.map { norms[$0] - norms[$0 + groups.count] })
  }
}

extension PathEngine {
  /// The length of each term's coefficients at the λ of the smallest BIC.
  fileprivate mutating func normsOfSmallestBIC(_ grid: LambdaGrid, terms: Int, rows: Int)
    -> [Double]
  {
    let null = path([]).nullDeviance
    var best = (value: Double.infinity, step: 0, norms: [Double](repeating: 0, count: terms))
    for (step, lambda) in grid.resolved(lambdaMax: lambdaMax, isTall: true).enumerated() {
      let point = advance(to: lambda).point
      let value = InformationCriterion.bic.value(
        minusTwoLogLikelihood: family.minusTwoLogLikelihood(
          meanDeviance: (1 - point.devianceRatio) * null, rows: rows),
        rows: rows, columns: terms, nonzero: point.df * family.parameters)
      if value < best.value {
        best = (value, step, [Double](repeating: 0, count: terms))
        for (term, norm) in zip(point.support, point.norms) { best.norms[term] = norm }
      }
      let isNoise = point.df > rows / 2 || point.devianceRatio > 0.999
      if isNoise || step - best.step >= RowKnockoffs.patience { break }
    }
    return best.norms
  }
}
