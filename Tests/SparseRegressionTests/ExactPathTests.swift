import Foundation
import Testing

@testable import SparseRegression

@Suite struct ExactPathTests {
  /// scikit-learn's knots, and its solutions there (Tests/References).
  @Test func knotsOfTheDiabetesDataEqualScikitLearns() throws {
    let folder = ReferenceCase.root.appending(path: "sklearn/diabetes")
    let reference = try ReferenceCase("diabetes")
    let exact = try ExactPath([reference.moments()], ElasticNet(count: 10), PathOptions())
    let lines = try String(contentsOf: folder.appending(path: "knots.csv"), encoding: .utf8)
      .split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    let solutions = try Table(folder.appending(path: "knots-path.csv"))
    try #require(exact.path.points.count == lines.count)
    #expect(exact.end == .zero)
    func names(_ terms: [Int]) -> String {
      terms.map { reference.predictors[$0] }.joined(separator: " ")
    }
    for (step, line) in lines.enumerated() {
      let point = exact.path.points[step]
      let lambda = Double(line[1])!
      #expect(abs(point.lambda - lambda) <= 1e-8 * lambda, "step \(step)")
      #expect(names(exact.changes[step].entered) == line[2], "step \(step)")
      #expect(names(exact.changes[step].left) == line[3], "step \(step)")
      #expect(point.gap <= 1e-12)
      #expect(point.df == Int(solutions["df"][step]))
      #expect(isClose(point.devianceRatio, solutions["dev_ratio"][step], 1e-10))
      for (j, beta) in exact.path.dense(step).enumerated() {
        let expected = solutions[reference.predictors[j]][step]
        #expect(abs(beta - expected) <= 1e-8 * abs(expected), "step \(step), column \(j)")
      }
    }
    // A column that leaves and comes back.
    let s3 = reference.predictors.firstIndex(of: "s3")!
    #expect(exact.changes.count { $0.entered == [s3] } == 2)
    #expect(exact.changes.count { $0.left == [s3] } == 1)
  }

  /// Every coefficient is a line between two knots: there the grid solver finds it.
  @Test(arguments: [(80, 12), (60, 30), (25, 60), (12, 40)])
  func linesJoinTheSolutionsOfTheGrid(n: Int, p: Int) throws {
    for seed in UInt64(1)...6 {
      let data = MadeData(n: n, p: p, seed: seed, weighted: seed % 2 == 0)
      for penalty in [ElasticNet(count: p), MadeData.penalty(p: p, alpha: 1, seed: seed)] {
        for (standardize, intercept) in [(true, true), (false, true), (true, false)] {
          let options = PathOptions(standardize: standardize, intercept: intercept)
          try expectLines([data.moments()], penalty, options)
        }
      }
    }
  }

  /// Where a column enters, its coefficient is zero, and not what rounding makes of it.
  @Test func gridHasNoCoefficientWhereAColumnEnters() throws {
    var entries = 0
    for seed in UInt64(1)...12 {
      let data = MadeData(n: 80, p: 12, seed: seed, weighted: seed % 2 == 0)
      let exact = try ExactPath([data.moments()], ElasticNet(count: 12), PathOptions())
      for (point, change) in zip(exact.path.points, exact.changes) where !change.entered.isEmpty {
        var options = PathOptions()
        for grid in [[point.lambda], exact.path.points.map(\.lambda).filter { $0 >= point.lambda }]
        {
          options.grid = .values(grid)
          let path = try RegularizationPath(data.moments(), ElasticNet(count: 12), options)
          #expect(path.points.last!.support == point.support, "seed \(seed), \(point.lambda)")
        }
        entries += change.entered.count
      }
    }
    #expect(entries > 100)
  }

  @Test func onOrthonormalColumnsItIsSoftThresholding() {
    // Two ties, one of them of opposite signs.
    let correlation = [0.5, -0.2, 0.5, 0, 0.2, 0.7]
    let gram = (0..<36).map { $0 % 7 == 0 ? 1.0 : 0 }
    let columns = Array(0..<6)
    var homotopy = Homotopy(
      Quadratic(gram: gram, correlation: correlation), ElasticNet(count: 6), columns: columns,
      start: columns.map { _ in 0 })
    var knots: [Homotopy.Knot] = []
    while let knot = homotopy.next() { knots.append(knot) }
    #expect(zip(knots.map(\.lambda), [0.7, 0.5, 0.2]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(knots.map(\.entered) == [[5], [0, 2], [1, 4]])
    for knot in knots {
      for j in columns {
        #expect(abs(knot.b[j] - softThreshold(correlation[j], knot.lambda)) < 1e-15)
      }
    }
    #expect(zip(homotopy.end(), correlation).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// Three columns reach their price together. Letting in one after the other would send the first the
  /// wrong way: it stays out, falls behind on its side, and enters much later on the other.
  @Test func ofColumnsThatTieOneMayStayOut() {
    var homotopy = Homotopy(
      Quadratic(gram: [1, 0.6, 0.6, 0.6, 1, 0, 0.6, 0, 1], correlation: [0.5, 0.5, 0.5]),
      ElasticNet(count: 3), columns: [0, 1, 2], start: [0, 0, 0])
    let first = homotopy.next()
    #expect(first?.lambda == 0.5 && first?.entered == [1, 2])
    let second = homotopy.next()
    #expect(isClose(second?.lambda ?? 0, 0.1 / 2.2, 1e-14) && second?.entered == [0])
    #expect(homotopy.next() == nil)
    #expect(homotopy.end()[0] < 0)
  }

  /// Columns that are combinations of others but for a little noise, down to what no double can tell.
  /// There rounding shows in the gap as λ goes to zero; the walk goes on to its end.
  @Test(arguments: 3...9)
  func nearlyDependentColumnsBreakNothing(digits: Int) throws {
    for seed in UInt64(1)...8 {
      var data = MadeData(n: 40, p: 6, seed: seed)
      let noise = MadeData(n: 40, p: 4, seed: seed + 100)
      let size = pow(10, -Double(digits))
      data.rows = zip(data.rows, noise.rows).map { row, e in
        let sums = [row[0], row[0] + row[1], row[2] - row[4], row.reduce(0, +)]
        return row + zip(sums, e).map { $0 + size * $1 }
      }
      let penalty =
        seed % 2 == 0 ? ElasticNet(count: 10) : MadeData.penalty(p: 10, alpha: 1, seed: seed)
      let exact = try ExactPath([data.moments()], penalty, PathOptions())
      let points = exact.path.points
      #expect(exact.end == .zero && points.count < 40)
      #expect(zip(points, points.dropFirst()).allSatisfy { $0.lambda > $1.lambda })
      for point in points where point.lambda >= 1e-5 * points[0].lambda {
        #expect(point.gap <= 1e-7, "seed \(seed), lambda \(point.lambda)")
      }
    }
  }

  @Test func columnsPermutedPermuteTheKnots() throws {
    let data = MadeData(n: 40, p: 25, seed: 3)
    let penalty = MadeData.penalty(p: 25, alpha: 1, seed: 4)
    let order = (0..<25).map { $0 * 7 % 25 }
    let permuted = ElasticNet(
      factors: order.map { penalty.factors[$0] }, bounds: order.map { penalty.bounds[$0] })
    let one = try ExactPath([data.moments()], penalty, PathOptions())
    let other = try ExactPath(
      [data.moments().selecting(order + [25])], permuted, PathOptions())
    try #require(one.path.points.count == other.path.points.count)
    for (step, point) in one.path.points.enumerated() {
      #expect(isClose(point.lambda, other.path.points[step].lambda, 1e-10))
      let change = other.changes[step]
      #expect(one.changes[step].entered == change.entered.map { order[$0] }.sorted())
      #expect(one.changes[step].left == change.left.map { order[$0] }.sorted())
    }
  }

  /// Factors of 0 are fitted first, and λ begins where they leave off.
  @Test func unpenalizedColumnsAreInFromTheStart() throws {
    let data = MadeData(n: 60, p: 8, seed: 5)
    let penalty = ElasticNet(
      factors: [0, 1, 1, 0, 1, 1, 1, 0],
      bounds: [.free, .free, .free, .free, .nonpositive, .free, .free, .nonpositive])
    let exact = try ExactPath([data.moments()], penalty, PathOptions())
    #expect(exact.path.points[0].support == [0, 3] || exact.path.points[0].support == [0, 3, 7])
    #expect(exact.changes.allSatisfy { !$0.entered.contains(0) && !$0.left.contains(3) })
    #expect(!exact.path.points.contains { $0.support.contains(4) })  // its true coefficient is 1
    try expectLines([data.moments()], penalty, PathOptions())
  }

  /// Columns that others span: twins that a bound keeps apart, sums, differences, many ties. The
  /// coefficients are then not the only ones, but the fit is.
  @Test func dependentColumnsBreakNothing() throws {
    for seed in UInt64(1)...12 {
      var data = MadeData(n: 50, p: 6, seed: seed)
      data.rows = data.rows.map { row in
        row + [row[0], row[0] + row[1], row[2] - row[3], -row[4], row.reduce(0, +), 2 * row[5]]
      }
      let p = data.p
      for bounds in [ElasticNet.Bounds.free, .nonnegative, .nonpositive] {
        let mixed = (0..<p).map { $0 % 2 == 0 || seed % 3 == 0 ? bounds : .free }
        for factors in [[1.0], [1, 2], [1, 0.5, 2], [0, 1, 1, 1]] {
          let penalty = ElasticNet(
            factors: (0..<p).map { factors[$0 % factors.count] }, bounds: mixed)
          for standardize in [true, false] {
            try expectLines(
              [data.moments()], penalty, PathOptions(standardize: standardize), isUnique: false)
          }
        }
      }
    }
  }

  /// A factorial design, where most knots are ties.
  @Test func manyTiesAtOnce() throws {
    for seed in UInt64(1)...40 {
      var random = SplitMix64(seed: seed, stream: 9)
      let n = [8, 16, 20].randomElement(using: &random)!
      let p = Int.random(in: 3...24, using: &random)
      let rows = (0..<n).map { row in
        (0..<p).map { column in
          column < 4 ? Double(row >> column & 1) : Double(Int.random(in: 0...1, using: &random))
        }
      }
      var accumulator = MomentAccumulator(width: p + 1)
      for row in rows {
        let y =
          row[0] + row[1] - (p > 3 ? row[3] : 0) + Double(Int.random(in: 0...2, using: &random))
        accumulator.add(row + [y])
      }
      let moments = accumulator.finish()
      for standardize in [true, false] {
        for sign in [ElasticNet.Bounds.free, .nonnegative] {
          try expectLines(
            [moments],
            ElasticNet(
              factors: Array(repeating: 1, count: p), bounds: Array(repeating: sign, count: p)),
            PathOptions(standardize: standardize), isUnique: false)
        }
      }
    }
  }

  @Test func groupsAreRefused() {
    let data = MadeData(n: 30, p: 4, seed: 1)
    #expect(throws: PathError.group(term: 1)) {
      try ExactPath(
        [data.moments()], terms: [.number(3), .levels([0, 1, 2])], ElasticNet(count: 2),
        PathOptions())
    }
  }

  @Test func itEndsWhereItIsTold() throws {
    let reference = try ReferenceCase("diabetes")
    let (moments, penalty) = (reference.moments(), ElasticNet(count: 10))
    let whole = try ExactPath([moments], penalty, PathOptions())
    let terms = try ExactPath([moments], penalty, PathOptions(), mostTerms: 4)
    #expect(terms.end == .terms && terms.changes == Array(whole.changes.prefix(5)))
    #expect(terms.path.points.last?.df == 4)
    let knots = try ExactPath([moments], penalty, PathOptions(), mostKnots: 7)
    #expect(knots.end == .knots && knots.changes == Array(whole.changes.prefix(7)))
    let all = try ExactPath([moments], penalty, PathOptions(), mostTerms: 10)
    #expect(all.end == .zero && all.changes == whole.changes)
  }

  /// Knots fall, are certified, and join the solutions that the grid solver finds between them.
  private func expectLines(
    _ blocks: [Moments], _ penalty: ElasticNet, _ options: PathOptions, isUnique: Bool = true,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let exact = try ExactPath(blocks, penalty, options)
    let points = exact.path.points
    #expect(exact.end == .zero && points.last?.lambda == 0, sourceLocation: location)
    let bs = points.map { point in
      var b = [Double](repeating: 0, count: exact.path.count)
      for (j, value) in zip(point.support, point.values) { b[j] = value }
      return b
    }
    var given = options
    var between: [(step: Int, share: Double)] = []
    var lambdas: [Double] = []
    for (step, (a, b)) in zip(points, points.dropFirst()).enumerated() {
      #expect(a.lambda > b.lambda, sourceLocation: location)
      let now = Set(a.support).union(exact.changes[step].entered)
      #expect(now.isSuperset(of: b.support), "step \(step)", sourceLocation: location)
      #expect(now.isDisjoint(with: exact.changes[step].left), sourceLocation: location)
      for share in [0.2, 0.7] {
        between.append((step, share))
        lambdas.append(a.lambda * (1 - share) + b.lambda * share)
      }
    }
    #expect(points.allSatisfy { $0.gap <= 1e-9 }, sourceLocation: location)
    guard !lambdas.isEmpty else { return }
    given.grid = .values(lambdas)
    let path = try RegularizationPath(blocks[0], penalty, given)
    let loss = exact.path.design.quadratic(blocks[0])
    for (point, (step, share)) in zip(path.points, between) {
      let b = zip(bs[step], bs[step + 1]).map { $0 * (1 - share) + $1 * share }
      var expected = [Double](repeating: 0, count: b.count)
      for (j, value) in zip(point.support, point.values) { expected[j] = value }
      let largest = max(1e-3, expected.map(abs).max()!)
      // Of different coefficients with the same fit, X b is compared.
      let (found, wanted) =
        isUnique ? (b, expected) : (loss.residualCorrelation(b), loss.residualCorrelation(expected))
      let apart = zip(found, wanted).map { abs($0 - $1) }.max()!
      #expect(apart <= 1e-8 * largest, "between \(step) and \(step + 1)", sourceLocation: location)
      if !isUnique {
        let norms = [b, expected].map { b in
          b.indices.reduce(0) { $0 + exact.path.penalty.factors[$1] * abs(b[$1]) }
        }
        #expect(isClose(norms[0], norms[1], 1e-8), sourceLocation: location)
      }
    }
  }
}
