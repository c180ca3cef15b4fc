/// The columns that knockoffs are made for: coordinates of terms, orthonormal within a term, once the intercept
/// and the unpenalized terms are taken off.
struct RowCandidates {
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

  /// - Parameter live: the terms that take part, unpenalized ones included.
  /// - Throws: ``KnockoffError`` where there is no memory for the columns.
  /// - Complexity: O(n p) for each unpenalized column
  init(
    _ problem: ColumnsProblem, _ rows: RowStatistics, live: [Int], _ response: Response,
    threads: Int
  ) throws(KnockoffError) {
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
    do throws(RowStore.Failure) {
      columns = try matrix.room(forColumns: 2 * most + others.count)
    } catch { throw .noRoom(error) }
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
