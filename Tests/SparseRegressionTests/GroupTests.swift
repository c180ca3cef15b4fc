import Testing

@testable import SparseRegression

/// Rows with numbers and one categorical, as raw columns: numbers, one indicator a level, the target.
private struct GroupedData {
  let numbers: [[Double]]
  let levels: [Int]
  let target: [Double]
  let levelCount: Int

  init(n: Int, p: Int, levels: Int, seed: UInt64) {
    let data = MadeData(n: n, p: p, seed: seed)
    var random = SplitMix64(seed: seed, stream: 9)
    levelCount = levels
    numbers = data.rows
    let codes = (0..<n).map { $0 < levels ? $0 : Int.random(in: 0..<levels, using: &random) }
    self.levels = codes
    target = zip(data.target, codes).map { $0 + Double($1 * $1 % 5) }
  }

  var p: Int { numbers[0].count }

  func moments(order: [Int]? = nil, where included: (Int) -> Bool = { _ in true }) -> Moments {
    let order = order ?? Array(0..<levelCount)
    var accumulator = MomentAccumulator(width: p + levelCount + 1)
    for i in numbers.indices where included(i) {
      let indicators = order.map { $0 == levels[i] ? 1.0 : 0 }
      accumulator.add(numbers[i] + indicators + [target[i]])
    }
    return accumulator.finish()
  }

  /// The categorical stands first in the list of terms, behind the numbers in the moments.
  var terms: [Term] {
    [.levels(Array(p..<p + levelCount))] + (0..<p).map { .number($0) }
  }
}

@Suite struct GroupTests {
  /// Where every group is a single column the two path solvers are the same lasso.
  @Test(arguments: [1.0, 0.6, 0.0])
  func groupsOfOneAreTheLasso(alpha: Double) {
    for seed in UInt64(1)...4 {
      let moments = MadeData(n: 60, p: 12, seed: seed).moments()
      let loss = plainDesign(moments).quadratic(moments)
      let penalty = MadeData.penalty(p: 12, alpha: alpha, seed: seed)
      var single = ActiveSet(loss, penalty, columns: Array(0..<12))
      var group = GroupActiveSet(loss, penalty, groups: (0..<12).map { $0..<$0 + 1 })
      for lambda in [0.6, 0.3, 0.1, 0.03, 0.01, 0.001] {
        _ = single.solve(lambda: lambda, tolerance: 1e-10)
        let outcome = group.solve(lambda: lambda, tolerance: 1e-10)
        #expect(outcome.gap <= 1e-10 && outcome.isDirect)
        for j in 0..<12 { #expect(abs(single.b[j] - group.b[j]) <= 1e-9) }
      }
    }
  }

  /// ‖X_g'r‖ is the price of a group that is in, in the direction of b_g, and at most that of one that
  /// is not.
  @Test(arguments: [1.0, 0.5])
  func optimalityHoldsForGroups(alpha: Double) throws {
    for seed in UInt64(1)...5 {
      let data = GroupedData(n: 90, p: 5, levels: 4, seed: seed)
      let path = try RegularizationPath(
        data.moments(), terms: data.terms, ElasticNet(alpha: alpha, count: 6),
        PathOptions(grid: .automatic(count: 40)))
      let loss = path.design.quadratic(data.moments())
      for point in path.points {
        #expect(point.gap <= 1e-7)
        var b = [Double](repeating: 0, count: path.design.count)
        var next = 0
        for term in point.support {
          for k in path.design.coordinates[term] {
            b[k] = point.values[next]
            next += 1
          }
        }
        let g = loss.residualCorrelation(b)
        let lambda = point.lambda / path.design.targetScale
        for (term, group) in path.design.coordinates.enumerated() {
          let weight = Double(path.design.terms[term].size).squareRoot()
          let price = lambda * alpha * weight
          let norm = group.reduce(0) { $0 + b[$1] * b[$1] }.squareRoot()
          if norm > 0 {
            for k in group {
              let expected = price * b[k] / norm + lambda * (1 - alpha) * weight * b[k]
              #expect(abs(g[k] - expected) <= 1e-9)
            }
          } else {
            let pull = group.reduce(0) { $0 + g[$1] * g[$1] }.squareRoot()
            #expect(pull <= price + 1e-10)
          }
        }
      }
      #expect(path.entries[0] != nil)
    }
  }

  @Test func theOrderOfLevelsChangesNothing() throws {
    let data = GroupedData(n: 80, p: 4, levels: 5, seed: 3)
    let a = try RegularizationPath(
      data.moments(), terms: data.terms, ElasticNet(count: 5), PathOptions())
    let order = [3, 0, 4, 2, 1]
    let b = try RegularizationPath(
      data.moments(order: order), terms: data.terms, ElasticNet(count: 5), PathOptions())
    try #require(a.points.count == b.points.count)
    for step in a.points.indices {
      #expect(a.points[step].support == b.points[step].support)
      for (x, y) in zip(a.points[step].norms, b.points[step].norms) { #expect(isClose(x, y, 1e-8)) }
      let (x, y) = (a.original(step), b.original(step))
      #expect(isClose(x.intercept, y.intercept, 1e-8))
      guard a.points[step].support.contains(0) else { continue }
      let xs = Dictionary(uniqueKeysWithValues: zip(x.columns, x.values))
      let ys = Dictionary(uniqueKeysWithValues: zip(y.columns, y.values))
      for (place, level) in order.enumerated() {
        #expect(isClose(xs[4 + level]!, ys[4 + place]!, 1e-8))
      }
    }
  }

  /// A two-level categorical is its indicator, standardized: exactly the lasso.
  @Test func twoLevelsAreOneColumn() throws {
    let data = GroupedData(n: 70, p: 3, levels: 2, seed: 4)
    let a = try RegularizationPath(
      data.moments(), terms: data.terms, ElasticNet(count: 4), PathOptions())
    let b = try RegularizationPath(
      data.moments().selecting([4, 0, 1, 2, 5]), ElasticNet(count: 4), PathOptions())
    try #require(a.points.count == b.points.count)
    for step in a.points.indices {
      #expect(a.points[step].support == b.points[step].support)
      for (x, y) in zip(a.points[step].values, b.points[step].values) {
        #expect(isClose(abs(x), abs(y), 1e-10))
      }
    }
  }

  @Test func aLevelThatIsNotInTheTrainingRowsDoesNotBreakTheFold() throws {
    let data = GroupedData(n: 60, p: 3, levels: 4, seed: 5)
    let lonely = data.levels.firstIndex(of: 3)!
    let path = try RegularizationPath(
      data.moments { data.levels[$0] != 3 }, terms: data.terms, ElasticNet(count: 4),
      PathOptions())
    #expect(path.design.coordinates[0].count == 2)
    let last = path.original(path.points.count - 1)
    let absent = last.columns.firstIndex(of: 3 + 3)!
    #expect(last.values[absent] == 0)
    let blocks = [
      data.moments { data.levels[$0] == 3 || $0 == lonely }, data.moments { data.levels[$0] != 3 },
    ]
    let cv = try CrossValidation(
      blocks, terms: data.terms, lambda: [1, 0.1], ElasticNet(count: 4), PathOptions(), threads: 1)
    for error in cv.mean { #expect(error.isFinite) }
  }

  @Test func categoricalsThatDivideTheRowsAlikeAreTwins() throws {
    let data = GroupedData(n: 60, p: 2, levels: 3, seed: 6)
    var accumulator = MomentAccumulator(width: 2 + 6 + 1)
    for i in data.numbers.indices {
      let a = (0..<3).map { $0 == data.levels[i] ? 1.0 : 0 }
      let b = (0..<3).map { $0 == (data.levels[i] + 1) % 3 ? 1.0 : 0 }
      accumulator.add(data.numbers[i] + a + b + [data.target[i]])
    }
    let path = try RegularizationPath(
      accumulator.finish(), terms: [.levels([5, 6, 7]), .levels([2, 3, 4]), .number(0)],
      ElasticNet(count: 3), PathOptions())
    #expect(path.exclusions == [nil, .twin(of: 0), nil])
  }

  /// A factor nested in another, and a number that the finer one nearly explains: the groups span each
  /// other, and the path still ends certified and direct.
  @Test func nestedFactorsAreCertified() throws {
    var random = SplitMix64(seed: 11, stream: 0)
    var accumulator = MomentAccumulator(width: 20 + 4 + 1 + 1)
    for i in 0..<120 {
      let fine = i / 6
      let level = (0..<20).map { $0 == fine ? 1.0 : 0 }
      let coarse = (0..<4).map { $0 == fine % 4 ? 1.0 : 0 }
      let noise = Double.random(in: -2...2, using: &random)
      accumulator.add(level + coarse + [Double(i), Double(fine % 4) + Double(i % 6) + noise])
    }
    let path = try RegularizationPath(
      accumulator.finish(),
      terms: [.levels(Array(0..<20)), .levels(Array(20..<24)), .number(24)],
      ElasticNet(count: 3), PathOptions(grid: .automatic(count: 100, ratio: 1e-5)))
    for point in path.points { #expect(point.gap <= 1e-9 && point.isDirect) }
    #expect(path.entries.allSatisfy { $0 != nil })
  }

  /// The imputed column, built from one pass, is the column with its mean in the empty places.
  @Test func imputationFromMomentsEqualsImputedRows() throws {
    let data = MadeData(n: 80, p: 4, seed: 7)
    let isMissing = { (i: Int) in i % 7 == 2 || i == 0 }
    let observed = (0..<80).filter { !isMissing($0) }
    for origin in [0.0, data.rows[1][2], 1000] {
      var raw = MomentAccumulator(width: 6)
      for i in 0..<80 {
        let x = data.rows[i]
        raw.add([
          x[0], x[1], isMissing(i) ? origin : x[2], x[3], isMissing(i) ? 1 : 0, data.target[i],
        ])
      }
      let moments = raw.finish()
      let mean = observed.reduce(0) { $0 + data.rows[$1][2] } / Double(observed.count)
      var imputed = data
      for i in 0..<80 where isMissing(i) { imputed.rows[i][2] = mean }
      let a = try RegularizationPath(
        moments,
        terms: [
          .number(0), .number(1), .imputed(value: 2, missing: 4, origin: origin), .number(3),
        ],
        ElasticNet(count: 4), PathOptions())
      let b = try RegularizationPath(imputed.moments(), ElasticNet(count: 4), PathOptions())
      try #require(a.points.count == b.points.count)
      #expect(isClose(a.design.center[2], mean, 1e-12))
      for step in a.points.indices {
        #expect(a.points[step].support == b.points[step].support)
        for (x, y) in zip(a.points[step].values, b.points[step].values) {
          #expect(isClose(x, y, 1e-9))
        }
        #expect(isClose(a.original(step).intercept, b.original(step).intercept, 1e-8))
      }
    }
  }

  @Test func aColumnThatWidensLateIsExact() throws {
    let data = GroupedData(n: 50, p: 2, levels: 3, seed: 8)
    let whole = data.moments()
    for chunkRows in [4, 256] {
      var late = MomentAccumulator(width: 4, numbers: 3, chunkRows: chunkRows)
      for i in 0..<50 {
        // The level 2 is put off to the last rows; its column is not there before.
        if i == 30 { try late.widen(to: 5) }
        let ones = (data.levels[i] == 0 ? [3] : []) + (i >= 30 && i % 2 == 0 ? [4] : []) as [Int32]
        late.add(data.numbers[i] + [data.target[i]], ones: ones)
      }
      let moments = late.finish()
      #expect(moments.width == 5 && moments.rows == 50)
      #expect(isClose(moments.mean[4], 10.0 / 50, 1e-14))
      #expect(isClose(moments.comoment(4, 4), 50 * 0.2 * 0.8, 1e-12))
      for j in 0..<2 { #expect(isClose(moments.comoment(j, j), whole.comoment(j, j), 1e-12)) }
    }
  }
}
