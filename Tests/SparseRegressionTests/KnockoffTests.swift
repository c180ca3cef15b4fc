import Testing

@testable import SparseRegression

@Suite struct KnockoffTests {
  private func candidates(
    _ moments: Moments, terms: [Term]? = nil, _ penalty: ElasticNet? = nil,
    options: PathOptions = PathOptions()
  ) throws -> Candidates {
    let terms = terms ?? numbers(moments.width - 1)
    let penalty = penalty ?? ElasticNet(count: terms.count)
    let problem = try MomentsProblem(
      TrainingMoments([moments]), terms, penalty, options, twins: nil)
    return Candidates(problem, penalty, intercept: options.intercept)
  }

  private func numbers(_ count: Int) -> [Term] { (0..<count).map { .number($0) } }

  private func meanAndVariance(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, square / Double(values.count - 1))
  }

  /// Columns of unit length, centred: what rows are to the moments.
  private func standardized(_ column: [Double]) -> [Double] {
    let mean = column.reduce(0, +) / Double(column.count)
    let centred = column.map { $0 - mean }
    let length = LinearAlgebra.dot(centred, centred).squareRoot()
    return centred.map { $0 / length }
  }

  /// Knockoffs made of rows, by the formula with an explicit frame, have the Gram matrix and the products
  /// that are worked out without rows.
  @Test func momentsAreThoseOfRows() throws {
    let data = MadeData(n: 30, p: 4, seed: 8)
    let knockoffs = try #require(FixedKnockoffs(try candidates(data.moments())))
    let x = (0..<4).map { j in standardized(data.rows.map { $0[j] }) }
    let y = standardized(data.target)
    let gram = x.flatMap { a in x.map { LinearAlgebra.dot(a, $0) } }
    for (made, expected) in zip(knockoffs.candidates.gram, gram) {
      #expect(isClose(made, expected, 1e-12))
    }
    // A frame that is orthogonal to the constant and to the columns, by Gram–Schmidt on noise.
    var random = SplitMix64(seed: 5, stream: 0)
    var basis = [[Double](repeating: 1 / 30.0.squareRoot(), count: 30)]
    for vector in x + (0..<4).map({ _ in (0..<30).map { _ in random.normal() } }) {
      var rest = vector
      for _ in 0..<2 {
        for other in basis {
          let share = LinearAlgebra.dot(rest, other)
          rest = zip(rest, other).map { $0 - share * $1 }
        }
      }
      let length = LinearAlgebra.dot(rest, rest).squareRoot()
      basis.append(rest.map { $0 / length })
    }
    let frame = basis.suffix(4)
    // X (I − G⁻¹S) + U C, with C' a Cholesky factor of 2S − S G⁻¹ S.
    let (s, inverse) = (knockoffs.scales, try #require(LinearAlgebra.inverse(of: gram, count: 4)))
    var square = (0..<16).map { -s[$0 / 4] * inverse[$0] * s[$0 % 4] }
    for j in 0..<4 { square[j * 5] += 2 * s[j] }
    try #require(LinearAlgebra.factorize(&square, stride: 4, count: 4))
    let made = (0..<4).map { j in
      (0..<30).map { i in
        var value = x[j][i]
        for k in 0..<4 { value -= x[k][i] * inverse[k * 4 + j] * s[j] }
        for (k, u) in frame.enumerated() where k <= j { value += u[i] * square[j * 4 + k] }
        return value
      }
    }
    let beta = LinearAlgebra.product(inverse, x.map { LinearAlgebra.dot($0, y) })
    let residual = (0..<30).map { i in y[i] - (0..<4).reduce(0) { $0 + x[$1][i] * beta[$1] } }
    let length = LinearAlgebra.dot(residual, residual).squareRoot()
    let products = knockoffs.products(
      along: frame.map { LinearAlgebra.dot($0, residual) / length })
    for j in 0..<4 { #expect(isClose(products[j], LinearAlgebra.dot(made[j], y), 1e-12)) }
    var augmented = knockoffs.augmented(products)
    augmented.prepareAll()
    let all = x + made
    for j in 0..<8 {
      for k in 0..<8 {
        #expect(isClose(augmented.gram(j, k), LinearAlgebra.dot(all[j], all[k]), 1e-12))
      }
    }
  }

  /// Over draws, X̃'y has the mean (I − SG⁻¹)c, and the covariance of a uniform direction:
  /// (2S − SG⁻¹S) r'r / (n − 1 − p).
  @Test func drawsHaveTheMomentsOfAUniformDirection() throws {
    let data = MadeData(n: 24, p: 3, seed: 12)
    let knockoffs = try #require(FixedKnockoffs(try candidates(data.moments())))
    let (p, s, draws) = (3, knockoffs.scales, 40_000)
    var random = SplitMix64(seed: 3, stream: 0)
    let origin = knockoffs.products(along: [0, 0, 0])
    var (sum, square) = ([Double](repeating: 0, count: p), [Double](repeating: 0, count: p * p))
    for _ in 0..<draws {
      let products = knockoffs.products(along: random.direction(3, of: 20))
      let off = zip(products, origin).map { $0 - $1 }
      for j in 0..<p {
        sum[j] += off[j] / Double(draws)
        for k in 0..<p { square[j * p + k] += off[j] * off[k] / Double(draws) }
      }
    }
    let made = knockoffs.candidates
    let inverse = try #require(LinearAlgebra.inverse(of: made.gram, count: p))
    let beta = LinearAlgebra.product(inverse, made.correlation)
    let residual = made.targetNorm - LinearAlgebra.dot(beta, made.correlation)
    for j in 0..<p {
      #expect(isClose(origin[j], made.correlation[j] - s[j] * beta[j], 1e-12))
      let variance = (2 * s[j] - s[j] * inverse[j * p + j] * s[j]) * residual / 20
      #expect(abs(sum[j]) < 4 * (variance / Double(draws)).squareRoot())
      for k in 0..<p {
        let expected =
          ((j == k ? 2 * s[j] : 0) - s[j] * inverse[j * p + k] * s[k]) * residual / 20
        #expect(abs(square[j * p + k] - expected) < 0.03 * variance)
      }
    }
  }

  /// Exchanging a column's products with its knockoff's turns the sign of its W and leaves all others.
  @Test func exchangeTurnsTheSign() throws {
    let data = MadeData(n: 60, p: 8, seed: 4)
    let terms = numbers(6) + [.levels([6, 7])]
    let penalty = ElasticNet(
      alpha: 0.9, factors: [1, 2, 1, 1, 0.5, 1, 1],
      bounds: [.free, .free, .nonnegative, .free, .free, .nonpositive, .free])
    let made = try candidates(data.moments(), terms: terms, penalty)
    let knockoffs = try #require(FixedKnockoffs(made))
    var random = SplitMix64(seed: 9, stream: 0)
    let products = knockoffs.products(along: random.direction(8, of: 51))
    let before = KnockoffStatistics(
      made, knockoffs.augmented(products), tolerance: 1e-12
    ).values
    try #require(before.contains { $0 != 0 })
    for (place, group) in made.groups.enumerated() {
      var (own, others) = (made.correlation, products)
      for j in group { swap(&own[j], &others[j]) }
      let after = KnockoffStatistics(
        made, knockoffs.with(correlation: own).augmented(others), tolerance: 1e-12
      ).values
      for k in before.indices {
        #expect(isClose(after[k], k == place ? -before[k] : before[k], 1e-7))
      }
    }
  }

  /// No other S has a smaller trace of S⁻¹ + (2G − S)⁻¹, and coordinates of a group share theirs.
  @Test func scalesAreOptimal() throws {
    let data = MadeData(n: 50, p: 7, seed: 2)
    let terms = numbers(4) + [.levels([4, 5, 6])]
    let made = try candidates(data.moments(), terms: terms)
    let p = made.count
    let s = try #require(Reconstructability.scales(made.gram, made.groups))
    func trace(_ s: [Double]) -> Double? {
      var rest = made.gram.map { 2 * $0 }
      for j in 0..<p { rest[j * p + j] -= s[j] }
      return LinearAlgebra.inverse(of: rest, count: p).map { inverse in
        (0..<p).reduce(0) { $0 + 1 / s[$1] + inverse[$1 * p + $1] }
      }
    }
    let best = try #require(trace(s))
    for group in made.groups {
      #expect(Set(group.map { s[$0] }).count == 1)
      for factor in [0.98, 1.02] {
        var other = s
        for j in group { other[j] *= factor }
        if let value = trace(other) { #expect(value > best) }
      }
    }
  }

  /// Candidates beside an unpenalized column are those of rows from which it is taken off.
  @Test func unpenalizedColumnsAreTakenOff() throws {
    let data = MadeData(n: 40, p: 5, seed: 6)
    var factors = [Double](repeating: 1, count: 5)
    factors[2] = 0
    let made = try candidates(
      data.moments(), ElasticNet(factors: factors, bounds: Array(repeating: .free, count: 5)))
    #expect(made.terms == [0, 1, 3, 4])
    #expect(made.freedom == 38)
    let z = standardized(data.rows.map { $0[2] })
    func rest(_ column: [Double]) -> [Double] {
      let share = LinearAlgebra.dot(column, z)
      return zip(column, z).map { $0 - share * $1 }
    }
    let y = rest(standardized(data.target))
    let x = [0, 1, 3, 4].map { j in standardized(rest(standardized(data.rows.map { $0[j] }))) }
    #expect(isClose(made.targetNorm, LinearAlgebra.dot(y, y), 1e-12))
    for j in 0..<4 {
      #expect(isClose(made.correlation[j], LinearAlgebra.dot(x[j], y), 1e-12))
      for k in 0..<4 {
        #expect(isClose(made.gram[j * 4 + k], LinearAlgebra.dot(x[j], x[k]), 1e-12))
      }
    }
  }

  /// W ≥ T, T the least at which one more than the losses are no more than the rate of the wins.
  @Test func thresholdCountsLosses() {
    let statistics = KnockoffStatistics(values: [9, 8, -1, 7, 6, 0, 5, -2, 4, 3])
    #expect(statistics.chosen(rate: 0.5) == [0, 1, 3, 4, 6, 8, 9])
    #expect(statistics.chosen(rate: 0.2) == [0, 1, 3, 4, 6, 8, 9])
    #expect(statistics.chosen(rate: 0.1).isEmpty)
    #expect(KnockoffFilter.fewest(0.2) == 5)
    #expect(KnockoffFilter.fewest(0.1) == 10)
    #expect(KnockoffFilter.fewest(0.3) == 4)
  }

  /// On tables whose columns are known: the mean share of false ones stays within two standard errors of
  /// the rate, and most of the right ones are found; in wide tables, too.
  @Test(arguments: [
    Tables(count: 60, n: 100, p: 24, noise: 1.5, draws: 15),
    Tables(count: 20, n: 80, p: 60, noise: 1, draws: 7),
  ])
  func rateIsKept(tables: Tables) throws {
    let (p, rate) = (tables.p, 0.2)
    var (shares, found) = ([Double](), 0)
    for table in 0..<tables.count {
      var data = MadeData(n: tables.n, p: p, seed: UInt64(table))
      var random = SplitMix64(seed: UInt64(table), stream: 7)
      let right = Set((0..<p).shuffled(using: &random).prefix(8))
      data.target = data.rows.map { row in
        right.reduce(tables.noise * random.normal()) { $0 + ($1 % 2 == 0 ? 1 : -1) * row[$1] }
      }
      let filter = try KnockoffFilter(
        .moments([data.moments()]), terms: numbers(p), ElasticNet(count: p), PathOptions(),
        rate: rate,
        draws: tables.draws, seed: 1)
      #expect(filter.isApproximate == (tables.n <= 2 * p))
      let wrong = filter.kept.count { !right.contains($0) }
      shares.append(Double(wrong) / Double(max(1, filter.kept.count)))
      found += filter.kept.count - wrong
    }
    let (mean, variance) = meanAndVariance(shares)
    #expect(mean <= rate + 2 * (variance / Double(tables.count)).squareRoot())
    #expect(found > tables.count * 8 / 2)
  }

  struct Tables: Sendable {
    let count, n, p: Int
    let noise: Double
    let draws: Int
  }

  /// Threads, and the blocks that rows are in, do not matter; copies and combinations take no part.
  @Test func nothingButTheDataMatters() throws {
    var data = MadeData(n: 90, p: 8, seed: 3)
    data.rows = data.rows.map { $0 + [$0[0] * 2 + 1, $0[1] + $0[2]] }
    let terms = numbers(10)
    func filter(_ blocks: [Moments], threads: Int) throws -> KnockoffFilter {
      try KnockoffFilter(
        .moments(blocks), terms: terms, ElasticNet(count: 10), PathOptions(), rate: 0.5, seed: 2,
        threads: threads)
    }
    let one = try filter([data.moments()], threads: 1)
    let other = try filter(
      (0..<3).map { k in data.moments { $0 % 3 == k } }, threads: 3)
    #expect(one == (try filter([data.moments()], threads: 4)))
    #expect(one.kept == other.kept && one.frequencies == other.frequencies)
    #expect(!one.kept.isEmpty)
    #expect(one.dependent == [9] && one.candidates == 8)
    #expect(one.frequencies[8] == 0 && one.frequencies[9] == 0)
  }

  /// Where there are fewer than twice as many rows as columns, and fewer than columns, knockoffs have the
  /// second moments that the estimated covariance gives them, and go with the very moments of the data.
  @Test(arguments: [(30, 18), (14, 18)])
  func secondOrderKnockoffsHaveTheirMoments(n: Int, p: Int) throws {
    let data = MadeData(n: n, p: p, seed: 5)
    let terms = numbers(p - 2) + [.levels([p - 2, p - 1])]
    let problem = try MomentsProblem(
      TrainingMoments([data.moments()]), terms, ElasticNet(count: p - 1), PathOptions(),
      twins: nil)
    let made = Candidates(
      problem, ElasticNet(count: p - 1), intercept: true, allowsDependence: true)
    #expect(made.count == p && made.dependent.isEmpty)
    let knockoffs = try #require(SecondOrderKnockoffs(made))
    var random = SplitMix64(seed: 4, stream: 0)
    let draws = 3000
    var own = [Double](repeating: 0, count: p)
    for _ in 0..<draws {
      let drawn = knockoffs.draw(using: &random)
      for j in 0..<p {
        own[j] += drawn.gram(j, j + p) / Double(draws)
        #expect(isClose(drawn.correlation[j], made.correlation[j], 1e-12))
        #expect(isClose(drawn.gram(j + p, j + p), 1, 1e-12))
      }
      for k in 1..<p { #expect(isClose(drawn.gram(0, k), made.gram[k], 1e-9)) }
      #expect(isClose(drawn.gram(2 * p - 2, 2 * p - 1), 0, 1e-12))
    }
    // As alike as S leaves a column and its knockoff: more than nothing, less than one another.
    for j in 0..<p { #expect(own[j] > -0.1 && own[j] < 0.9) }
  }

  @Test func noRowsLeftAreRefused() {
    let data = MadeData(n: 4, p: 3, seed: 3)
    let penalty = ElasticNet(factors: [0, 1, 1], bounds: Array(repeating: .free, count: 3))
    #expect(throws: KnockoffError.tooFewRows) {
      try KnockoffFilter(
        .moments([data.moments()]), terms: numbers(3), penalty, PathOptions(), rate: 0.2,
        seed: 1)
    }
  }

  /// Means and variances of the numbers that are drawn.
  @Test func randomNumbersHaveTheirLaws() {
    var random = SplitMix64(seed: 11, stream: 0)
    let draws = 20_000
    func moments(_ draw: () -> Double) -> (mean: Double, variance: Double) {
      meanAndVariance((0..<draws).map { _ in draw() })
    }
    let normal = moments { random.normal() }
    #expect(abs(normal.mean) < 0.03 && abs(normal.variance - 1) < 0.05)
    for freedom in [0, 1, 2, 3, 40] {
      let square = moments { random.chiSquare(freedom) }
      #expect(abs(square.mean - Double(freedom)) <= 0.03 * Double(freedom))
      #expect(abs(square.variance - 2 * Double(freedom)) <= 0.16 * Double(freedom))
    }
    let share = moments { random.direction(3, of: 12).reduce(0) { $0 + $1 * $1 } }
    #expect(abs(share.mean - 0.25) < 0.005)
    #expect(random.direction(5, of: 5).reduce(0) { $0 + $1 * $1 }.isApproximately(1))
  }
}

extension Double {
  fileprivate func isApproximately(_ other: Double) -> Bool { isClose(self, other, 1e-12) }
}

extension FixedKnockoffs {
  /// The same columns with other products.
  fileprivate func with(correlation: [Double]) -> FixedKnockoffs {
    var changed = self
    changed.candidates.correlation = correlation
    return changed
  }
}
