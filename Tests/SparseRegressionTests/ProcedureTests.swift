import Testing

@testable import SparseRegression

@Suite struct ProcedureTests {
  private func blocks(_ data: MadeData, _ count: Int) -> [Moments] {
    (0..<count).map { k in data.moments { $0 % count == k } }
  }

  private func procedure(
    p: Int, _ criterion: Criterion, plan: CrossValidation.Plan? = .leaveOneOut,
    grid: LambdaGrid = .automatic()
  ) -> Procedure {
    Procedure(
      terms: (0..<p).map { .number($0) }, penalty: ElasticNet(count: p),
      options: PathOptions(grid: grid), criterion: criterion, plan: plan, maxColumns: nil, seed: 1)
  }

  /// Where there is nothing to choose, the nested error is the cross-validated one.
  @Test(arguments: [CrossValidation.Plan.leaveOneOut, .forward])
  func withoutAChoiceNothingIsHidden(plan: CrossValidation.Plan) throws {
    let data = MadeData(n: 70, p: 6, seed: 3, weighted: true)
    let blocks = blocks(data, 7)
    let fixed = procedure(p: 6, .lambda(0.3), plan: plan, grid: .values([0.3]))
    let nested = try NestedCrossValidation(.moments(blocks), plan: plan, fixed)
    var (errors, weights) = ([Double](), [Double]())
    for fold in NestedCrossValidation.folds(plan, of: blocks.map(\.rows)) {
      let path = try PathFit(
        fold.training.map { blocks[$0] }, terms: fixed.terms, fixed.penalty, fixed.options
      ).path
      let raw = path.original(0)
      errors.append(
        Gaussian.meanSquaredError(
          blocks[fold.test[0]], support: raw.columns, beta: raw.values, intercept: raw.intercept))
      weights.append(blocks[fold.test[0]].weight)
    }
    let expected = try CrossValidation(errors: errors.map { [$0] }, weights: weights)
    #expect(isClose(nested.mean, expected.mean[0], 1e-12))
    #expect(isClose(nested.standardError, expected.standardError[0], 1e-12))
    #expect(nested.folds == (plan == .forward ? 4 : 7))
    guard plan == .leaveOneOut else { return }
    let crossValidation = try CrossValidation(
      blocks, terms: fixed.terms, lambda: [0.3], fixed.penalty, fixed.options, threads: 1)
    #expect(isClose(nested.mean, crossValidation.mean[0], 1e-12))
    #expect(isClose(nested.standardError, crossValidation.standardError[0], 1e-12))
  }

  /// Where there is nothing to find, the error at the smallest cross-validated one flatters, and the nested
  /// one does not: on average it is above the target's variance.
  @Test(.tags(.slow)) func choiceFlatters() throws {
    var (flattered, honest) = (0.0, 0.0)
    let tables = madeTables(15)
    for seed in 0..<tables {
      var data = MadeData(n: 50, p: 15, seed: UInt64(seed))
      var random = SplitMix64(seed: UInt64(seed), stream: 3)
      data.target = data.rows.map { _ in random.normal() }
      let blocks = blocks(data, 5)
      let all = Moments.merged(blocks)
      let variance = all.comoment(15, 15) / all.weight
      let made = procedure(p: 15, .minimum)
      let fit = try PathFit(
        blocks, plan: .leaveOneOut, terms: made.terms, made.penalty, made.options)
      let cv = try #require(fit.crossValidation)
      flattered += cv.mean[cv.minimum] / variance / Double(tables)
      let nested = try NestedCrossValidation(.moments(blocks), plan: .leaveOneOut, made, threads: 2)
      #expect(nested == (try NestedCrossValidation(.moments(blocks), plan: .leaveOneOut, made)))
      honest += nested.mean / variance / Double(tables)
    }
    #expect(honest > 1 && flattered < honest)
  }

  /// Rules that choose columns predict by least squares on these.
  @Test func chosenColumnsAreRefitted() throws {
    var data = MadeData(n: 120, p: 8, seed: 2)
    data.target = zip(data.rows, data.target).map { 3 * $0[0] + 3 * $0[4] + 0.3 * $1 }
    var request = StabilitySelection.Request()
    request.picked = 2
    let blocks = blocks(data, 12)
    let outcome = try procedure(p: 8, .stability(request), plan: nil).apply(to: .moments(blocks))
    #expect(outcome.kept == [0, 4])
    let least = try PathFit(
      [data.moments().selecting([0, 4, 8])], terms: [.number(0), .number(1)],
      ElasticNet(count: 2), PathOptions(grid: .values([0]))
    ).path
    #expect(
      isClose(
        outcome.predictor.error(in: .moments([data.moments()]), on: [0], of: []).error,
        least.meanDeviance(0), 1e-10))
  }

  /// A rule that always keeps three columns does so of noise; one that keeps none does not.
  @Test func probeCountsWhatIsKept() throws {
    let data = MadeData(n: 60, p: 9, seed: 2)
    let blocks = blocks(data, 6)
    let three = try NullProbe(.moments(blocks), procedure(p: 9, .columns(3)), draws: 6, threads: 2)
    #expect(three.kept == Array(repeating: 3, count: 6))
    #expect(three.mean == 3 && three.falseAlarms == 6)
    let none = try NullProbe(
      .moments(blocks), procedure(p: 9, .lambda(1e6), grid: .values([1e6])), draws: 6)
    #expect(none.mean == 0 && none.falseAlarms == 0)
    let smallest = try NullProbe(.moments(blocks), procedure(p: 9, .minimum), draws: 30)
    let careful = try NullProbe(.moments(blocks), procedure(p: 9, .oneStandardError), draws: 30)
    #expect(careful.mean < smallest.mean && smallest.mean < 5)
  }
}
