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
    let made = RowCandidates(problem, rows, live: live, response, threads: threads)
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
  /// - Throws: ``PathError``
  /// - Complexity: a path of twice as many columns, and what a draw takes.
  func statistics(seed: UInt64) throws(PathError) -> KnockoffStatistics {
    sampler.draw(columns, into: columns, at: count * height, seed: seed, threads: threads)
    let table = ColumnMatrix(
      TurnedRows(table: columns, height: height), count: width, insteadOf: matrix)
    let numbers = (0..<2).flatMap { side in
      groups.map { group in
        let members = group.map { Term.number($0 + side * count) }
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

/// The columns that knockoffs are made for: coordinates of terms, orthonormal within a term, once the intercept
/// and the unpenalized terms are taken off.
private struct RowCandidates {
  let terms: [Int]
  let groups: [Range<Int>]
  let dependent: [Int]
  /// What was taken off, orthonormal.
  let basis: [[Double]]
  let columns: NumberBuffer
  /// Of the table with knockoffs.
  let width: Int
  let response: Response
  let penalty: ElasticNet
  let freedom: Int

  var count: Int { groups.last?.upperBound ?? 0 }

  /// Terms that are made at once.
  private static let atOnce = 256

  private struct Made: Sendable {
    let term: Int
    let columns: [[Double]]
    /// Of the first column, before it was made 1.
    let length: Double
  }

  init(
    _ problem: ColumnsProblem, _ rows: RowStatistics, live: [Int], _ response: Response,
    threads: Int
  ) {
    let (matrix, factors) = (problem.matrix, problem.penalty.factors)
    func values(_ term: Int) -> [[Double]] {
      let made = problem.coordinates(term, rows)
      return made.basis.indices.map {
        LocalCoordinate(term, made, $0, problem, rows).values(matrix)
      }
    }
    let shares = rows.shares
    var basis: [[Double]] = []
    if problem.options.intercept { basis.append(shares.map { $0 > 0 ? 1 : 0 }) }
    let taken = basis.count
    for term in live where factors[term] == 0 {
      for var column in values(term) {
        let before = rows.inner(column, column)
        if orthonormalize(&column, to: basis, shares) > Candidates.leastShare * before {
          basis.append(column)
        }
      }
    }
    let known = basis
    /// A term's columns; none for one that the unpenalized ones span.
    @Sendable func candidate(_ term: Int) -> Made {
      let given = problem.coordinates(term, rows)
      var (made, length) = ([[Double]](), 0.0)
      for index in given.basis.indices {
        var column = LocalCoordinate(term, given, index, problem, rows).values(matrix)
        let before = rows.inner(column, column)
        let left = orthonormalize(&column, to: known + made, shares)
        guard left > Candidates.leastShare * before else { continue }
        if made.isEmpty { length = left.squareRoot() / given.basis[index][0] }
        made.append(column)
      }
      return Made(term: term, columns: made, length: length)
    }
    let penalized = live.filter { factors[$0] > 0 }
    let most = penalized.reduce(0) { $0 + problem.terms[$1].columns.count }
    let companions = response.companions.map { matrix.companion($0) }
    let others = Array(basis[taken...]) + companions
    let n = matrix.rows
    columns = NumberBuffer(count: max(1, n * (2 * most + others.count)))!
    var (terms, groups, dependent, next) = ([Int](), [Range<Int>](), [Int](), 0)
    var (own, bounds) = ([Double](), [ElasticNet.Bounds]())
    for start in stride(from: 0, to: penalized.count, by: Self.atOnce) {
      let some = penalized[start..<min(start + Self.atOnce, penalized.count)]
      for made in concurrentMap(some.count, threads: threads, { candidate(some[start + $0]) }) {
        guard !made.columns.isEmpty else {
          dependent.append(made.term)
          continue
        }
        for (place, column) in made.columns.enumerated() {
          let first = (next + place) * n
          unsafe columns.withMutableNumbers(first..<first + n) {
            unsafe _ = $0.update(fromContentsOf: column)
          }
        }
        terms.append(made.term)
        groups.append(next..<next + made.columns.count)
        next += made.columns.count
        // The engine multiplies a group's factor by the root of its columns. A column that was not to be
        // standardized is paid for in its own unit.
        let unit = problem.options.standardize || made.columns.count > 1 ? 1 : made.length
        own.append(problem.factors[made.term] / Double(made.columns.count).squareRoot() / unit)
        bounds.append(problem.penalty.bounds[made.term].inUnits(of: 1 / made.length))
      }
    }
    for (place, column) in others.enumerated() {
      let first = (2 * next + place) * n
      unsafe columns.withMutableNumbers(first..<first + n) {
        unsafe _ = $0.update(fromContentsOf: column)
      }
    }
    (self.terms, self.groups, self.dependent, self.basis) = (terms, groups, dependent, basis)
    width = 2 * next + others.count
    var moved = response
    let first = width - companions.count
    moved.others = response.others.indices.map { first + $0 }
    moved.event = response.event.map { _ in first + response.others.count }
    moved.offset = response.offset.map { [width] _ in width - 1 }
    self.response = moved
    let unpenalized = basis.count - taken
    penalty = ElasticNet(
      alpha: problem.penalty.alpha,
      exactly: own + own + Array(repeating: 0, count: unpenalized),
      bounds + bounds + Array(repeating: .free, count: unpenalized))
    freedom = rows.rows - basis.count
  }
}
