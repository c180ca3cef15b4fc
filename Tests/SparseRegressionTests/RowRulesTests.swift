import Foundation
import Testing

@testable import SparseRegression

/// Rules and checks on rows: the same as from moments where both can be had, and what they say they are for the
/// other losses.
@Suite struct RowRulesTests {
  private static let everything = BothWays(
    n: 90, numbers: 12, imputed: 3, indicated: 3, factors: 3, blockCount: 10, weighted: true,
    seed: 6)

  private func rows(_ data: BothWays, _ response: Response = Response(.gaussian)) throws
    -> FittedRows
  { .columns(try data.matrix(), response) }

  private func procedure(_ data: BothWays, _ criterion: Criterion, _ options: PathOptions = .init())
    -> Procedure
  {
    Procedure(
      terms: data.terms, penalty: ElasticNet(count: data.terms.count), options: options,
      criterion: criterion, plan: .leaveOneOut, maxColumns: nil, seed: 1)
  }

  /// Two classes told by the target, with noise.
  private func classes(_ data: BothWays) -> BothWays {
    var data = data
    let y = data.numbers - 1
    let middle = data.rows.map { $0[y] }.sorted()[data.rows.count / 2]
    for i in data.rows.indices { data.rows[i][y] = data.rows[i][y] > middle ? 1 : 0 }
    return data
  }

  /// A fit to some blocks is that to a table of their rows alone, and predicts the others as the path says.
  @Test(arguments: [Family.gaussian, .multigaussian(targets: 1), .huber(delta: nil)])
  func blocksThatAreLeftOutHaveNoSay(family: Family) throws {
    let all = Self.everything
    var some = all
    let kept = all.rows.indices.filter { ![3, 8].contains(all.blocks[$0]) }
    (some.rows, some.ones) = (kept.map { all.rows[$0] }, kept.map { all.ones[$0] })
    (some.weights, some.blocks) = (kept.map { all.weights[$0] }, kept.map { all.blocks[$0] })
    let options = PathOptions(grid: .automatic(count: 12, ratio: 0.05))
    func path(_ rows: FittedRows) throws -> PathFit {
      try rows.fit(.leaveOneOut, all.terms, ElasticNet(count: all.terms.count), options, threads: 2)
    }
    let left = try rows(all, Response(family)).keeping([0, 1, 2, 4, 5, 6, 7, 9])
    let (one, other) = (try path(left), try path(rows(some, Response(family))))
    for (a, b) in zip(one.path.points, other.path.points) {
      #expect(a.support == b.support && isClose(a.lambda, b.lambda, 1e-9))
      for (x, y) in zip(a.values, b.values) { #expect(isClose(x, y, 1e-5)) }
    }
    let errors = zip(one.crossValidation!.mean, other.crossValidation!.mean)
    for (a, b) in errors { #expect(isClose(a, b, 1e-6)) }
  }

  /// Halves of rows pick what halves of moments do, the penalty being random, too, or not.
  @Test(arguments: [1.0, 0.4])
  func stabilityIsThatOfMoments(weakness: Double) throws {
    let data = BothWays(n: 90, numbers: 12, factors: 2, blockCount: 10, seed: 4)
    var request = StabilitySelection.Request()
    (request.picked, request.threshold, request.pairs) = (3, 0.7, 12)
    request.weakness = weakness
    func select(_ rows: FittedRows, _ terms: [Term]) throws -> StabilitySelection {
      try StabilitySelection(
        rows, terms: terms, ElasticNet(count: terms.count), PathOptions(), request, seed: 3)
    }
    let moments = try select(.moments(data.blocksOfMoments()), data.termsOfMoments)
    for family in [Family.gaussian, .multigaussian(targets: 1)] {
      let found = try select(try rows(data, Response(family)), data.terms)
      #expect(found.kept == moments.kept && !found.kept.isEmpty)
      for (a, b) in zip(found.frequencies, moments.frequencies) { #expect(abs(a - b) <= 0.05) }
    }
  }

  /// The nested error of least squares does not depend on the engine, nor does a rule that chooses columns.
  @Test(arguments: [Criterion.minimum, .sparsest, .columns(3), .stability(stable)])
  func nestedIsThatOfMoments(criterion: Criterion) throws {
    let data = Self.everything
    var options = PathOptions()
    if criterion.choosesBlend { options.gammas = PathOptions.relaxedGammas }
    let own = procedure(data, criterion, options)
    var other = own
    other.terms = data.termsOfMoments
    let moments = try NestedCrossValidation(
      .moments(data.blocksOfMoments()), plan: .leaveOneOut, other)
    let columns = try NestedCrossValidation(try rows(data), plan: .leaveOneOut, own, threads: 2)
    #expect(columns.kept == moments.kept)
    #expect(isClose(columns.mean, moments.mean, 1e-6))
    #expect(isClose(columns.standardError, moments.standardError, 1e-6))
  }

  private static var stable: StabilitySelection.Request {
    var request = StabilitySelection.Request()
    (request.picked, request.threshold, request.pairs) = (3, 0.7, 4)
    return request
  }

  /// Where there is nothing to choose, the nested error of a family is the cross-validated one on rows that
  /// were not fitted, whatever is measured; of survival times with the risk sets of all rows.
  @Test(arguments: [Metric.deviance, .error, .auc])
  func nestedErrorsAreThoseOfTheMetric(metric: Metric) throws {
    let data = classes(Self.everything)
    let fixed = procedure(data, .lambda(0.05), PathOptions(grid: .values([0.05])))
    let rows = try rows(data, Response(.binomial, metric: metric))
    let fit = try rows.fit(
      .leaveOneOut, fixed.terms, fixed.penalty, fixed.options, threads: 1)
    let nested = try NestedCrossValidation(rows, plan: .leaveOneOut, fixed)
    #expect(isClose(nested.mean, fit.crossValidation!.mean[0], 1e-6))
    #expect(isClose(nested.standardError, fit.crossValidation!.standardError[0], 1e-6))
  }

  @Test func nestedErrorsOfSurvivalTimes() throws {
    var data = BothWays(n: 80, numbers: 9, blockCount: 8, weighted: true, seed: 3)
    let y = data.numbers - 1
    for i in data.rows.indices {
      data.rows[i][y] = (data.rows[i][y] + 20).rounded()
      data.rows[i][8] = i % 3 == 0 ? 0 : 1
    }
    data.terms = Array(data.terms.prefix(8))
    let rows = try rows(data, Response(.cox, event: 8))
    let fixed = procedure(data, .lambda(0.05), PathOptions(grid: .values([0.05])))
    let fit = try rows.fit(.leaveOneOut, fixed.terms, fixed.penalty, fixed.options, threads: 1)
    let nested = try NestedCrossValidation(rows, plan: .leaveOneOut, fixed)
    #expect(isClose(nested.mean, fit.crossValidation!.mean[0], 1e-6))
    #expect(isClose(nested.standardError, fit.crossValidation!.standardError[0], 1e-6))
  }

  /// A target of noise goes with its own companions and weight: a fit to exchanged rows is that to a table where
  /// they were exchanged before.
  @Test func exchangedTargetsTakeTheirCompanionsAlong() throws {
    let data = BothWays(n: 60, numbers: 7, blockCount: 6, weighted: true, seed: 8)
    let matrix = try data.matrix()
    var random = SplitMix64(seed: 2, stream: 0)
    let order = (0..<60).shuffled(using: &random)
    // Rows of a matrix are sorted by their block.
    let places = data.rows.indices.sorted { (data.blocks[$0], $0) < (data.blocks[$1], $1) }
    var moved = data
    for (row, from) in order.enumerated() {
      for column in [6, 7] { moved.rows[places[row]][column] = data.rows[places[from]][column] }
      moved.weights[places[row]] = data.weights[places[from]]
    }
    let response = Response(.multigaussian(targets: 2), others: [6])
    func path(_ matrix: ColumnMatrix) throws -> RegularizationPath {
      try PathFit(
        matrix, response, terms: Array(data.terms.prefix(6)), ElasticNet(count: 6), PathOptions()
      ).path
    }
    let (one, other) = (try path(matrix.exchangingTargets(order)), try path(moved.matrix()))
    #expect(one.points.count == other.points.count)
    for (a, b) in zip(one.points, other.points) {
      #expect(a.support == b.support)
      for (x, y) in zip(a.values, b.values) { #expect(isClose(x, y, 1e-6)) }
    }
  }

  /// On noise a rule that always keeps three columns does so, and careful rules keep less than others; a class that
  /// is rare is never missing from a training set.
  @Test func probeCountsWhatIsKept() throws {
    var data = classes(BothWays(n: 60, numbers: 9, blockCount: 5, seed: 2))
    for i in data.rows.indices { data.rows[i][9] = i < 3 ? 1 : 0 }
    let rows = try rows(data, Response(.binomial))
    let three = try NullProbe(rows, procedure(data, .columns(3)), draws: 6, threads: 2)
    #expect(three.kept == Array(repeating: 3, count: 6))
    let smallest = try NullProbe(rows, procedure(data, .minimum), draws: 12)
    let careful = try NullProbe(rows, procedure(data, .oneStandardError), draws: 12)
    #expect(smallest == (try NullProbe(rows, procedure(data, .minimum), draws: 12, threads: 3)))
    #expect(careful.mean < smallest.mean && smallest.mean < 5)
  }

  // MARK: Knockoffs

  /// Over draws, columns and knockoffs have the products that the estimated covariance gives them, by a matrix of
  /// the columns and, where these outnumber the rows, of the rows.
  @Test(arguments: [(200, 6), (40, 501)])
  func knockoffsHaveTheirMoments(n: Int, p: Int) throws {
    let data = MadeData(n: n, p: p, seed: 5)
    let x = try #require(NumberBuffer(count: n * p))
    let columns = (0..<p).map { j in
      var column = data.rows.map { $0[j] }
      orthonormalize(
        &column, to: [Array(repeating: 1, count: n)], Array(repeating: 1 / Double(n), count: n))
      return column
    }
    x.withMutableNumbers(0..<n * p) { x in
      for j in 0..<p { for i in 0..<n { x[j * n + i] = columns[j][i] } }
    }
    let sampler = try #require(
      SecondOrderSampler(
        x, count: p, groups: (0..<p).map { $0..<$0 + 1 },
        shares: Array(repeating: 1 / Double(n), count: n), freedom: n - 1,
        basis: [Array(repeating: 1, count: n)]))
    let (draws, some) = (p > n ? 30 : 400, min(p, 6))
    var (own, crossed) = (
      [Double](repeating: 0, count: some * some), [Double](repeating: 0, count: some * some)
    )
    let out = try #require(NumberBuffer(count: n * p))
    for draw in 0..<draws {
      sampler.draw(x, into: out, at: 0, seed: UInt64(draw), threads: 1)
      let made = (0..<some).map { j in out.withNumbers(j * n..<(j + 1) * n) { Array($0) } }
      for j in 0..<some {
        #expect(abs(made[j].reduce(0, +)) < 1e-9 * Double(n))
        for k in 0..<some {
          let share = 1 / Double(n * draws)
          own[j * some + k] += LinearAlgebra.dot(made[j], made[k]) * share
          crossed[j * some + k] += LinearAlgebra.dot(columns[j], made[k]) * share
        }
      }
    }
    for j in 0..<some {
      #expect(isClose(own[j * some + j], 1, 1e-9))
      for k in 0..<some where k != j {
        let correlation = LinearAlgebra.dot(columns[j], columns[k]) / Double(n)
        // With few rows what is kept of a correlation is what shrinking leaves of it.
        let most = p > n ? abs(correlation) + 0.1 : 0.06
        #expect(abs(crossed[j * some + k] - (p > n ? 0 : correlation)) < most)
        #expect(abs(own[j * some + k] - (p > n ? 0 : correlation)) < most)
      }
      #expect(crossed[j * some + j] < 0.9)
    }
  }

  /// Columns of mean square 1, each odd one nearly the even one before it.
  private func pairedColumns(n: Int, p: Int) throws -> (
    buffer: NumberBuffer, columns: [[Double]], shares: [Double]
  ) {
    var random = SplitMix64(seed: 12, stream: 0)
    let raw = (0..<n).map { _ in Double.random(in: 0.5..<2, using: &random) }
    let shares = raw.map { $0 / raw.reduce(0, +) }
    var columns: [[Double]] = []
    for j in 0..<p {
      var column = (0..<n).map { i in
        j % 2 == 1 ? columns[j - 1][i] + 0.2 * random.normal() : random.normal()
      }
      orthonormalize(&column, to: [], shares)
      columns.append(column)
    }
    let buffer = try #require(NumberBuffer(count: n * p))
    buffer.withMutableNumbers(0..<n * p) { x in
      for j in 0..<p { for i in 0..<n { x[j * n + i] = columns[j][i] } }
    }
    return (buffer, columns, shares)
  }

  /// Columns that are certain to go together are a block, no block is too large, and a group is not taken apart.
  @Test func blocksHoldWhatGoesTogether() throws {
    let (x, _, shares) = try pairedColumns(n: 60, p: 40)
    func blocks(_ groups: [Range<Int>], freedom: Int) -> [[Int]] {
      CorrelatedBlocks(
        x, count: 40, groups: groups, shares: shares, freedom: freedom, threads: 2
      ).blocks
    }
    let single = (0..<40).map { $0..<$0 + 1 }
    #expect(blocks(single, freedom: 60) == (0..<20).map { [2 * $0, 2 * $0 + 1] })
    let grouped = [0..<1, 1..<3] + (3..<40).map { $0..<$0 + 1 }
    #expect(
      blocks(grouped, freedom: 60) == [[0, 1, 2, 3]] + (2..<20).map { [2 * $0, 2 * $0 + 1] })
    #expect(blocks(single, freedom: 7) == (0..<40).map { [$0] })
    let gram = CorrelatedBlocks.gram(x, Array(0..<40), shares.map { $0.squareRoot() })
    #expect(
      CorrelatedBlocks(gram, count: 40, groups: grouped, freedom: 60).blocks
        == blocks(grouped, freedom: 60))
  }

  /// What is drawn where columns outnumber the rows has the mean X (I − Σ⁻¹S) and, row by row, the covariance
  /// 2S − SΣ⁻¹S, for the Σ that is never made.
  @Test func lawOfRowsIsThatOfTheCovariance() throws {
    let (n, p, draws) = (16, 30, 4000)
    let (x, columns, shares) = try pairedColumns(n: n, p: p)
    let groups = (0..<p).map { $0..<$0 + 1 }
    let blocks = CorrelatedBlocks(
      x, count: p, groups: groups, shares: shares, freedom: n, threads: 1)
    #expect(blocks.blocks.contains { $0.count == 2 })
    let law = try #require(LawOfRows(x, groups, shares, freedom: n, threads: 1))
    let roots = shares.map { $0.squareRoot() }
    var sigma = CorrelatedBlocks.gram(x, Array(0..<p), roots).map { (1 - law.share) * $0 }
    for block in blocks.blocks {
      let target = Shrinkage.shrunk(
        CorrelatedBlocks.gram(x, block, roots), count: block.count, freedom: n)
      for (a, j) in block.enumerated() {
        for (b, k) in block.enumerated() {
          sigma[j * p + k] += law.share * target[a * block.count + b]
        }
      }
    }
    try #require(law.share > 0.05 && law.share < 1)
    let (s, inverse) = (law.scales, try #require(LinearAlgebra.inverse(of: sigma, count: p)))
    let out = try #require(NumberBuffer(count: n * p))
    var (mean, square) = (
      [Double](repeating: 0, count: n * p), [Double](repeating: 0, count: p * p)
    )
    let expected = (0..<n * p).map { place in
      let (j, i) = (place / n, place % n)
      return columns[j][i]
        - (0..<p).reduce(0) { $0 + columns[$1][i] * inverse[$1 * p + j] } * s[j]
    }
    for draw in 0..<draws {
      law.draw(x, into: out, at: 0, seed: UInt64(draw), threads: 1)
      let made = out.withNumbers(0..<n * p) { Array($0) }
      for place in mean.indices { mean[place] += made[place] / Double(draws) }
      let row = draw % n
      for j in 0..<p {
        let off = made[j * n + row] - expected[j * n + row]
        for k in [0, 1, 2, 3] {
          square[j * p + k] += off * (made[k * n + row] - expected[k * n + row]) / Double(draws)
        }
      }
    }
    for place in mean.indices {
      #expect(
        abs(mean[place] - expected[place]) < 5 * (2 * s[place / n] / Double(draws)).squareRoot())
    }
    for j in 0..<p {
      for k in [0, 1, 2, 3] {
        let covariance = (j == k ? 2 * s[j] : 0) - s[j] * inverse[j * p + k] * s[k]
        #expect(abs(square[j * p + k] - covariance) < 0.12)
      }
    }
  }

  /// Exchanging columns with their knockoffs turns the sign of their W, and leaves all others.
  @Test(arguments: [Family.binomial, .poisson])
  func exchangeTurnsTheSign(family: Family) throws {
    var data = BothWays(n: 150, numbers: 6, factors: 1, weighted: true, seed: 4)
    for i in data.rows.indices {
      let y = data.rows[i][6]
      data.rows[i][6] = family == .binomial ? (y > 3 ? 1 : 0) : max(0, y.rounded())
    }
    var factors = [Double](repeating: 1, count: 7)
    factors[2] = 0
    let made = try RowKnockoffs(
      data.matrix(), Response(family), terms: data.terms,
      ElasticNet(factors: factors, bounds: Array(repeating: .free, count: 7)),
      PathOptions(), threads: 1)
    #expect(made.terms == [0, 1, 3, 4, 5, 6] && made.freedom == 148)
    let before = try made.statistics(seed: 3).values
    try #require(before.contains { $0 != 0 })
    for exchanged in [[0], [5], [1, 2, 4]] {
      let after = try made.statistics(seed: 3, exchanging: Set(exchanged)).values
      for (place, value) in after.enumerated() {
        let expected = exchanged.contains(place) ? -before[place] : before[place]
        // Fits are exact to a gap of 1e-4.
        #expect(abs(value - expected) < 0.02)
      }
    }
  }

  /// On tables whose columns are known the mean share of false ones stays within two standard errors of the rate,
  /// and most of the right ones are found: two classes, and least squares with few rows.
  @Test(arguments: [Family.binomial, .gaussian])
  func rateIsKept(family: Family) throws {
    let (n, p, tables, rate) = family == .binomial ? (250, 20, 12, 0.2) : (60, 90, 8, 0.2)
    var (shares, found) = ([Double](), 0)
    for table in 0..<tables {
      var data = BothWays(n: n, numbers: p, seed: UInt64(table))
      var random = SplitMix64(seed: UInt64(table), stream: 7)
      let right = Set((0..<p).shuffled(using: &random).prefix(8))
      for i in data.rows.indices {
        let eta = right.reduce(0.0) { $0 + ($1 % 2 == 0 ? 1.2 : -1.2) * data.rows[i][$1] }
        data.rows[i][p] =
          family == .gaussian
          ? eta + 0.7 * random.normal()
          : Double.random(in: 0..<1, using: &random) < 1 / (1 + exp(-eta)) ? 1 : 0
      }
      let filter = try KnockoffFilter(
        .columns(data.matrix(), Response(family)), terms: data.terms, ElasticNet(count: p),
        PathOptions(), rate: rate, draws: 5, seed: 1, threads: 2)
      #expect(filter.isApproximate && filter.candidates == p)
      let wrong = filter.kept.count { !right.contains($0) }
      shares.append(Double(wrong) / Double(max(1, filter.kept.count)))
      found += filter.kept.count - wrong
    }
    let mean = shares.reduce(0, +) / Double(tables)
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(tables - 1)
    #expect(mean <= rate + 2 * (variance / Double(tables)).squareRoot())
    #expect(found > tables * 8 / 2)
  }
}
