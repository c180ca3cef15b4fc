import Testing

@testable import SparseRegression

/// The same rows for both engines.
struct BothWays: Sendable {
  var terms: [Term] = []
  var rows: [[Double]] = []
  var ones: [[Int32]] = []
  var weights: [Double] = []
  var blocks: [Int32] = []
  let numbers: Int
  let width: Int

  /// Numbers, numbers with missing cells and categoricals, in rows of `blockCount` blocks.
  init(
    n: Int, numbers p: Int, imputed: Int = 0, indicated: Int = 0, factors: Int = 0,
    blockCount: Int = 5, weighted: Bool = false, seed: UInt64
  ) {
    let data = MadeData(n: n, p: p + imputed + indicated, seed: seed, weighted: weighted)
    var random = SplitMix64(seed: seed, stream: 9)
    numbers = data.p + 1
    var next = numbers
    for j in 0..<data.p {
      if j < p {
        terms.append(.number(j))
        continue
      }
      terms.append(
        j < p + imputed
          ? .imputed(value: j, missing: next, origin: 0.25)
          : .indicated(value: j, missing: next, origin: 0.25))
      next += 1
    }
    for _ in 0..<factors {
      terms.append(.levels([next, next + 1, next + 2]))
      next += 3
    }
    width = next
    weights = data.weights
    blocks = (0..<n).map { Int32($0 * 7 % blockCount) }
    for i in 0..<n {
      var (row, ones) = (data.rows[i] + [data.target[i]], [Int32]())
      for (place, j) in (p..<data.p).enumerated() where Int.random(in: 0..<4, using: &random) == 0 {
        row[j] = 0.25
        ones.append(Int32(numbers + place))
      }
      for factor in 0..<factors {
        // The last level is rare: some folds do not know it.
        let level = min(2, Int.random(in: 0..<20, using: &random) / 9)
        row[data.p] += factor == 0 ? Double(level) * 2 : 0
        ones.append(Int32(numbers + imputed + indicated + 3 * factor + level))
      }
      rows.append(row)
      self.ones.append(ones)
    }
  }

  /// The same with terms of all kinds put into groups: those whose numbers leave the same remainder.
  func grouped(by divisor: Int) -> BothWays {
    var other = self
    other.terms = (0..<divisor).flatMap { rest -> [Term] in
      let some = terms.enumerated().filter { $0.offset % divisor == rest }.map(\.element)
      return rest % 3 == 0 ? some : [.group(some)]
    }
    return other
  }

  /// Columns 0 … numbers − 2, the target last, as the moments have it.
  func blocksOfMoments() -> [Moments] {
    let order = Array(0..<numbers - 1) + Array(numbers..<width) + [numbers - 1]
    return (0...Int(blocks.max()!)).map { block in
      var accumulator = MomentAccumulator(width: width)
      for i in rows.indices where blocks[i] == block {
        var row = rows[i] + Array(repeating: 0, count: width - numbers)
        for one in ones[i] { row[Int(one)] = 1 }
        accumulator.add(order.map { row[$0] }, weight: weights[i])
      }
      return accumulator.finish()
    }
  }

  /// The terms over the columns of ``blocksOfMoments()``.
  var termsOfMoments: [Term] {
    func moved(_ column: Int) -> Int { column < numbers ? column : column - 1 }
    return terms.map { $0.renumbered(moved) }
  }

  func matrix(limit: Int = .max, intercept: Bool = true, threads: Int = 1) throws -> ColumnMatrix {
    var store = RowStore(numbers: numbers, limit: limit, scratchFiles)
    for i in rows.indices {
      try store.append(blocks: [blocks[i]], weights: [weights[i]], ones: [ones[i]])
      store.fill(i) { out in for j in out.indices { out[j] = rows[i][j] } }
    }
    return try ColumnMatrix(
      store, width: width, blockCount: Int(blocks.max()!) + 1, centers: intercept,
      threads: threads)
  }
}

@Suite struct EngineTests {
  struct Case: CustomStringConvertible, Sendable {
    let description: String
    let data: BothWays
    var penalty: @Sendable (Int) -> ElasticNet = { ElasticNet(count: $0) }
    var options = PathOptions()
    var plan = CrossValidation.Plan.leaveOneOut
    /// How many times what rounding leaves elsewhere is allowed.
    var slack = 1.0

    init(_ description: String, _ data: BothWays) {
      (self.description, self.data) = (description, data)
    }
  }

  static let cases: [Case] = {
    var cases = [
      Case("tall", BothWays(n: 120, numbers: 20, seed: 1)),
      Case("wide", BothWays(n: 40, numbers: 150, seed: 2)),
      Case("weighted", BothWays(n: 50, numbers: 90, weighted: true, seed: 3)),
      Case("missing", BothWays(n: 60, numbers: 30, imputed: 40, seed: 4)),
      Case("groups", BothWays(n: 60, numbers: 30, factors: 12, seed: 5)),
      Case(
        "everything",
        BothWays(
          n: 60, numbers: 30, imputed: 10, indicated: 10, factors: 10, weighted: true, seed: 6)),
    ]
    var forward = Case("forward", BothWays(n: 60, numbers: 70, seed: 7))
    forward.plan = .forward
    cases.append(forward)
    var elastic = Case("elastic net", BothWays(n: 50, numbers: 80, seed: 8))
    elastic.penalty = {
      ElasticNet(
        alpha: 0.5, factors: Array(repeating: 1, count: $0),
        bounds: Array(repeating: .free, count: $0))
    }
    cases.append(elastic)
    var mixed = Case("factors and bounds", BothWays(n: 50, numbers: 80, seed: 9))
    mixed.penalty = { MadeData.penalty(p: $0, alpha: 1, seed: 9) }
    cases.append(mixed)
    var limited = Case("limits", BothWays(n: 50, numbers: 80, seed: 9))
    limited.penalty = { MadeData.limits(p: $0, alpha: 1, seed: 9) }
    cases.append(limited)
    var raw = Case("not standardized", BothWays(n: 50, numbers: 60, imputed: 10, seed: 10))
    raw.options = PathOptions(standardize: false)
    cases.append(raw)
    var through = Case(
      "without intercept", BothWays(n: 50, numbers: 60, imputed: 10, factors: 3, seed: 11))
    through.options = PathOptions(intercept: false)
    cases.append(through)
    cases.append(
      Case(
        "declared groups",
        BothWays(
          n: 60, numbers: 30, imputed: 10, indicated: 10, factors: 10, weighted: true, seed: 15
        ).grouped(by: 17)))
    var plain = Case(
      "declared groups, nothing centred",
      BothWays(n: 60, numbers: 40, imputed: 10, factors: 5, seed: 16).grouped(by: 15))
    plain.options = PathOptions(standardize: false, intercept: false)
    cases.append(plain)
    for kind in [PenaltyKind.mcp(gamma: 3), .scad(gamma: 3.7)] {
      var one = Case(
        "\(kind)",
        BothWays(
          n: 150, numbers: 60, imputed: 5, indicated: 3, factors: 4, weighted: true, seed: 21
        ).grouped(by: 50))
      one.options = PathOptions(grid: .automatic(count: 25, ratio: 0.1), kind: kind)
      cases.append(one)
      // Where columns outnumber rows the part of the path where there is but one minimum.
      var wide = Case("\(kind), wide", BothWays(n: 60, numbers: 150, seed: 22))
      wide.options = PathOptions(grid: .automatic(count: 15, ratio: 0.4), kind: kind)
      cases.append(wide)
    }
    for (place, initial) in AdaptiveWeights.Initial.allCases.enumerated() {
      let seed = UInt64(18 + place)
      var one = Case(
        "adaptive, \(initial.rawValue)",
        BothWays(
          n: 220, numbers: 25, imputed: 5, indicated: 5, factors: 5, weighted: true, seed: seed
        ).grouped(by: 25))
      one.penalty = {
        ElasticNet(
          factors: (0..<$0).map { $0 % 9 == 4 ? 0 : 1 }, bounds: Array(repeating: .free, count: $0))
      }
      one.options = PathOptions(adaptive: AdaptiveWeights(initial, exponent: 1 + Double(place)))
      cases.append(one)
    }
    var wide = Case(
      "adaptive, wide", BothWays(n: 50, numbers: 120, imputed: 5, factors: 5, seed: 20))
    wide.penalty = {
      ElasticNet(
        factors: (0..<$0).map { $0 % 50 == 3 ? 0 : 1 }, bounds: Array(repeating: .free, count: $0))
    }
    wide.options = PathOptions(adaptive: AdaptiveWeights(.ridge))
    // Weights are one over coefficients that may be small beside others, of a nearly singular system.
    wide.slack = 1e5
    cases.append(wide)
    var elasticGroups = Case(
      "declared groups, elastic net",
      BothWays(n: 70, numbers: 30, imputed: 5, factors: 4, seed: 17).grouped(by: 12))
    elasticGroups.penalty = { ElasticNet(alpha: 0.5, count: $0) }
    cases.append(elasticGroups)
    return cases
  }()

  /// Two ways to the same optimum: from moments, and from the columns.
  @Test(arguments: cases)
  func enginesAgree(_ one: Case) throws {
    let penalty = one.penalty(one.data.terms.count)
    let slow = try PathFit(
      one.data.blocksOfMoments(), plan: one.plan, terms: one.data.termsOfMoments, penalty,
      one.options)
    let fast = try PathFit(
      one.data.matrix(intercept: one.options.intercept), plan: one.plan, terms: one.data.terms,
      penalty, one.options)
    try #require(slow.path.points.count == fast.path.points.count)
    #expect(slow.path.exclusions == fast.path.exclusions)
    for (a, b) in zip(slow.path.points, fast.path.points) {
      #expect(isClose(a.lambda, b.lambda, 1e-12 * one.slack))
      #expect(a.support == b.support)
      for (x, y) in zip(a.norms, b.norms) {
        #expect(abs(x - y) <= 1e-9 * one.slack * a.norms.max()!)
      }
      #expect(isClose(a.devianceRatio, b.devianceRatio, 1e-10 * one.slack))
      #expect(b.gap <= 1e-7)
    }
    let (errors, others) = (slow.crossValidation!, fast.crossValidation!)
    for step in errors.mean.indices {
      #expect(isClose(errors.mean[step], others.mean[step], 1e-9 * one.slack))
      #expect(isClose(errors.standardError[step], others.standardError[step], 1e-9 * one.slack))
    }
    for step in slow.path.points.indices {
      #expect(
        isClose(
          slow.path.original(step).intercept, fast.path.original(step).intercept, 1e-8 * one.slack))
    }
    for (x, y) in zip(slow.path.targetCorrelations, fast.path.targetCorrelations) {
      #expect(isClose(x, y, 1e-10))
    }
  }

  @Test func threadsNeverMatterForColumns() throws {
    let data = BothWays(n: 40, numbers: 1500, imputed: 5, factors: 3, seed: 12)
    let penalty = ElasticNet(count: data.terms.count)
    let one = try PathFit(
      data.matrix(), plan: .leaveOneOut, terms: data.terms, penalty, PathOptions())
    let many = try PathFit(
      data.matrix(threads: 3), plan: .leaveOneOut, terms: data.terms, penalty, PathOptions(),
      threads: 3)
    #expect(one.crossValidation == many.crossValidation)
    #expect(one.path.points.map(\.values) == many.path.points.map(\.values))
  }

  @Test func twinsAreFoundAmongColumns() throws {
    var data = BothWays(n: 30, numbers: 600, seed: 13)
    for i in data.rows.indices {
      data.rows[i][599] = 3 - 2 * data.rows[i][4]
      data.rows[i][7] = 5
    }
    let fit = try PathFit(
      data.matrix(), terms: data.terms, ElasticNet(count: 600), PathOptions())
    #expect(fit.path.exclusions[599] == .twin(of: 4))
    #expect(fit.path.exclusions[7] == .constant)
    #expect(fit.path.exclusions.count { $0 != nil } == 2)
  }

  /// n rows become columns n at a time, and what is left beside the squares.
  @Test(arguments: [(1, 5), (7, 7), (33, 100), (64, 63), (40, 1), (100, 265)])
  func columnsHoldWhatRowsHeld(_ rows: Int, _ columns: Int) throws {
    for limit in [Int.max, 0] {
      var store = RowStore(numbers: columns + 1, limit: limit, scratchFiles)
      let blocks = (0..<rows).map { Int32($0 * 7 % 3) }
      let weights = (0..<rows).map { $0 % 5 == 4 ? 0.0 : 1 }
      for i in 0..<rows {
        try store.append(blocks: [blocks[i]], weights: [weights[i]], ones: [])
        store.fill(i) { out in for j in out.indices { out[j] = Double(1000 * i + j) } }
      }
      let matrix = try ColumnMatrix(
        store, width: columns + 1, blockCount: 3, centers: false, threads: 2)
      let order = (0..<rows).filter { weights[$0] > 0 }
        .sorted { (blocks[$0], $0) < (blocks[$1], $1) }
      for j in 0..<columns {
        #expect(matrix.withColumn(j) { Array($0) } == order.map { Double(1000 * $0 + j) })
      }
    }
  }

  /// Beyond the limit the numbers lie in mapped files; nothing else is different.
  @Test func dataBeyondTheLimitGiveTheSame() throws {
    let data = BothWays(n: 64, numbers: 400, factors: 2, seed: 14)
    let penalty = ElasticNet(count: data.terms.count)
    let held = try PathFit(
      data.matrix(), plan: .leaveOneOut, terms: data.terms, penalty, PathOptions())
    let mapped = try PathFit(
      data.matrix(limit: 8 * 64 * 400 / 4), plan: .leaveOneOut, terms: data.terms, penalty,
      PathOptions())
    #expect(held.crossValidation == mapped.crossValidation)
    #expect(held.path.points.map(\.values) == mapped.path.points.map(\.values))
  }
}
