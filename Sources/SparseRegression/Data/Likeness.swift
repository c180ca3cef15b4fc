/// How terms are found that say the same: the lengths of their projections of the target and of two
/// vectors of noise.
struct Likeness {
  let projections: Projections
  private let problem: ColumnsProblem
  private let rows: RowStatistics

  /// - Parameters:
  ///   - rows: those that decide.
  ///   - target: one value a row, of length 1 over these.
  init(
    _ problem: ColumnsProblem, _ rows: RowStatistics, target: [Double], _ screens: [Screen],
    threads: Int
  ) {
    (self.problem, self.rows) = (problem, rows)
    var vectors = [target]
    for stream in 0..<2 {
      var random = SplitMix64(seed: 0, stream: UInt64(stream))
      var noise = rows.shares.map { _ in Double.random(in: -1...1, using: &random) }
      let mean = zip(rows.shares, noise).reduce(0) { $0 + $1.0 * $1.1 }
      if problem.options.intercept { noise = noise.map { $0 - mean } }
      let length = rows.inner(noise, noise).squareRoot()
      vectors.append(noise.map { length > 0 ? $0 / length : 0 })
    }
    projections = Self.lengths(vectors, problem, rows, screens, threads: threads)
  }

  /// The lengths of the projections of some vectors on each term.
  ///
  /// - Parameter vectors: one value a row each, of length 1 over the rows that decide, and of mean 0 there
  ///   where there is an intercept.
  /// - Complexity: O(n) for each term and vector
  static func lengths(
    _ vectors: [[Double]], _ problem: ColumnsProblem, _ rows: RowStatistics, _ screens: [Screen],
    threads: Int
  ) -> Projections {
    let weighted = InterleavedVectors(vectors.map(rows.weighted))
    return Projections(
      count: vectors.count,
      lengths: concurrentMap(screens.count, threads: threads) { index in
        screens[index].pulls(problem, rows, weighted)
      }.flatMap { $0 })
  }

  /// The sum of the squared canonical correlations of two terms.
  func overlap(_ a: Int, _ b: Int) -> Double {
    let (left, right) = (Self.vectors(a, problem, rows), Self.vectors(b, problem, rows))
    var sum = 0.0
    for x in left {
      for z in right {
        let product = rows.inner(x, z)
        sum += product * product
      }
    }
    return sum
  }

  /// The values of a term's coordinates, of length 1; none for one that holds a single value.
  static func vectors(_ term: Int, _ problem: ColumnsProblem, _ rows: RowStatistics) -> [[Double]] {
    let made = problem.coordinates(term, rows)
    guard !made.isConstant else { return [] }
    return made.basis.indices.map { index in
      let coordinate = LocalCoordinate(term, made, index, problem, rows)
      let length = coordinate.length(problem, rows)
      return coordinate.values(problem.matrix).map { length > 0 ? $0 / length : 0 }
    }
  }
}
