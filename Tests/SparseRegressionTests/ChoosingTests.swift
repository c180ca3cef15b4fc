import Testing

@testable import SparseRegression

@Suite struct ChoosingTests {
  /// Folds standardized, fitted and tested row by row: nothing shared with the moments.
  private func slowErrors(
    _ data: MadeData, fold: [Int], k: Int, lambda: [Double], alpha: Double,
    trainsOn: (Int) -> Bool
  ) throws -> (errors: [Double], weight: Double) {
    let training = (0..<data.n).filter { trainsOn(fold[$0]) }
    let total = training.reduce(0) { $0 + data.weights[$1] }
    func mean(_ f: (Int) -> Double) -> Double {
      training.reduce(0) { $0 + data.weights[$1] * f($1) } / total
    }
    let center = (0..<data.p).map { j in mean { data.rows[$0][j] } }
    let scale = (0..<data.p).map { j in
      mean { (data.rows[$0][j] - center[j]) * (data.rows[$0][j] - center[j]) }.squareRoot()
    }
    let yCenter = mean { data.target[$0] }
    let yScale = mean { (data.target[$0] - yCenter) * (data.target[$0] - yCenter) }.squareRoot()
    func z(_ i: Int, _ j: Int) -> Double { (data.rows[i][j] - center[j]) / scale[j] }

    var (b, errors) = ([Double](repeating: 0, count: data.p), [Double]())
    for lambda in lambda {
      // Naive coordinate descent on the residuals of the rows.
      var r = training.map { i in
        (data.target[i] - yCenter) / yScale
          - b.indices.reduce(0) { $0 + b[$1] * z(i, $1) }
      }
      for _ in 0..<3000 {
        var change = 0.0
        for j in b.indices {
          var u = 0.0
          for (place, i) in training.enumerated() { u += data.weights[i] * z(i, j) * r[place] }
          let new =
            softThreshold(u / total + b[j], lambda / yScale * alpha)
            / (1 + lambda / yScale * (1 - alpha))
          for (place, i) in training.enumerated() { r[place] -= (new - b[j]) * z(i, j) }
          change = max(change, abs(new - b[j]))
          b[j] = new
        }
        if change < 1e-15 { break }
      }
      let tested = (0..<data.n).filter { fold[$0] == k }
      let weight = tested.reduce(0) { $0 + data.weights[$1] }
      errors.append(
        tested.reduce(0) { sum, i in
          let fit = yCenter + yScale * b.indices.reduce(0) { $0 + b[$1] * z(i, $1) }
          return sum + data.weights[i] * (data.target[i] - fit) * (data.target[i] - fit)
        } / weight)
    }
    let weight = (0..<data.n).filter { fold[$0] == k }.reduce(0) { $0 + data.weights[$1] }
    return (errors, weight)
  }

  @Test(arguments: [1.0, 0.5], [CrossValidation.Plan.leaveOneOut, .forward])
  func crossValidationFromMomentsEqualsTheRows(alpha: Double, plan: CrossValidation.Plan) throws {
    let data = MadeData(n: 45, p: 5, seed: 21, weighted: true)
    let fold = (0..<45).map { plan == .forward ? $0 / 12 : ($0 * 7) % 4 }
    let blocks = (0..<4).map { k in data.moments { fold[$0] == k } }
    let lambda = [1.5, 0.6, 0.2, 0.05]
    let cv = try CrossValidation(
      blocks, plan: plan, lambda: lambda, ElasticNet(alpha: alpha, count: 5), PathOptions(),
      threads: 2)
    let tested = plan == .forward ? [1, 2, 3] : [0, 1, 2, 3]
    let slow = try tested.map { k in
      try slowErrors(data, fold: fold, k: k, lambda: lambda, alpha: alpha) {
        plan == .forward ? $0 < k : $0 != k
      }
    }
    let oracle = try CrossValidation(errors: slow.map(\.errors), weights: slow.map(\.weight))
    for step in lambda.indices {
      #expect(isClose(cv.mean[step], oracle.mean[step], 1e-10))
      #expect(isClose(cv.standardError[step], oracle.standardError[step], 1e-10))
    }
    #expect(cv.folds == tested.count)
  }

  /// Σ w e / Σ w and √(Σ w (e − m)² / Σ w / (K − 1)), worked by hand for two folds.
  @Test func meanAndStandardErrorAreWeightedOverFolds() throws {
    let cv = try CrossValidation(errors: [[1, 4], [3, 4]], weights: [1, 3])
    #expect(cv.mean == [2.5, 4])
    #expect(isClose(cv.standardError[0], ((1 * 2.25 + 3 * 0.25) / 4.0).squareRoot(), 1e-15))
    #expect(cv.standardError[1] == 0)
  }

  /// A fold of weight 0 has no part in anything, whatever its error is; it is counted.
  @Test func aFoldWithoutWeightIsSilent() throws {
    let two = try CrossValidation(errors: [[1, 4], [3, 5]], weights: [1, 3])
    let three = try CrossValidation(
      errors: [[1, 4], [.nan, .infinity], [3, 5]], weights: [1, 0, 3])
    #expect(three.curves == two.curves)
    #expect(two.silentFolds == 0 && three.silentFolds == 1 && three.folds == 3)
  }

  /// No error is chosen over that is no finite number; squares of errors may overflow where errors do not.
  @Test func whatIsNotFiniteIsNotChosenOver() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      #expect(throws: PathError.boundless(lambda: 0.5)) {
        try CrossValidation(errors: [[1, 4], [3, bad]], weights: [1, 3])
      }
    }
    #expect(throws: PathError.boundless(lambda: 1)) {
      try CrossValidation(errors: [[1], [2]], weights: [0, 0])
    }
    let small = try CrossValidation(errors: [[1, 4], [3, 5]], weights: [1, 3])
    let unit = Double(sign: .plus, exponent: 1000, significand: 1)
    let large = try CrossValidation(
      errors: [[unit, 4 * unit], [3 * unit, 5 * unit]], weights: [1, 3])
    #expect(large.mean == small.mean.map { $0 * unit })
    #expect(large.standardError == small.standardError.map { $0 * unit })
  }

  @Test func oneStandardErrorNeverPicksASmallerLambdaThanTheMinimum() throws {
    for seed in UInt64(1)...20 {
      let data = MadeData(n: 40, p: 10, seed: seed)
      let blocks = (0..<5).map { k in data.moments { $0 % 5 == k } }
      let path = try RegularizationPath(data.moments(), ElasticNet(count: 10), PathOptions())
      let cv = try CrossValidation(
        blocks, lambda: path.points.map(\.lambda), ElasticNet(count: 10), PathOptions(),
        threads: 1)
      #expect(cv.oneStandardError <= cv.minimum)
      #expect(cv.mean[cv.minimum] == cv.mean.min()!)
    }
  }

  @Test func threadsNeverMatter() throws {
    let data = MadeData(n: 60, p: 8, seed: 23)
    let blocks = (0..<6).map { k in data.moments { $0 % 6 == k } }
    let one = try CrossValidation(
      blocks, lambda: [1, 0.1], ElasticNet(count: 8), PathOptions(), threads: 1)
    for threads in [2, 7] {
      #expect(
        one
          == (try CrossValidation(
            blocks, lambda: [1, 0.1], ElasticNet(count: 8), PathOptions(), threads: threads)))
    }
  }

  private func deal(_ count: Int, seed: UInt64, rows: Int) -> [Int] {
    var folds = FoldAssignment.Permuted(count: count, seed: seed)
    return (0..<rows).map { folds.fold(ofRow: $0) }
  }

  @Test func everyRunOfRowsIsAPermutationOfTheFolds() {
    for seed in UInt64(0)..<5 {
      let dealt = deal(7, seed: seed, rows: 70)
      let runs = (0..<10).map { Array(dealt[$0 * 7..<$0 * 7 + 7]) }
      for run in runs { #expect(run.sorted() == Array(0..<7)) }
      #expect(Set(runs).count > 5)
      var again = FoldAssignment.Permuted(count: 7, seed: seed)
      let fold = again.fold(ofRow: 33)
      #expect(fold == dealt[33])
    }
    #expect(deal(10, seed: 1, rows: 50) != deal(10, seed: 2, rows: 50))
  }

  @Test func rowsThatShareAValueShareAFold() {
    let values = (0..<3000).map { Array("patient \($0)".utf8) }
    let folds = values.map { FoldAssignment.fold(ofValue: $0, count: 5, seed: 1) }
    #expect(folds == values.map { FoldAssignment.fold(ofValue: $0, count: 5, seed: 1) })
    for k in 0..<5 { #expect((500...700).contains(folds.count { $0 == k })) }
  }

  /// n log(MSE) and the prices, worked by hand for n = 20, p = 10, k = 3, MSE = e.
  @Test func informationCriteriaAreTheirFormulas() {
    func value(_ criterion: InformationCriterion) -> Double {
      criterion.value(minusTwoLogLikelihood: 20, rows: 20, columns: 10, nonzero: 3)
    }
    #expect(isClose(value(.aic), 26, 1e-14))
    #expect(isClose(value(.bic), 20 + 3 * 2.995732273553991, 1e-14))
    #expect(isClose(value(.aicc), 26 + 24.0 / 16, 1e-14))
    #expect(isClose(value(.ebic), 20 + 3 * 2.995732273553991 + 2 * 4.787491742782046, 1e-13))
    #expect(
      InformationCriterion.aicc.value(minusTwoLogLikelihood: 0, rows: 4, columns: 9, nonzero: 3)
        == .infinity)
  }

  @Test func firstColumnsAreTheFirstToEnter() throws {
    let data = MadeData(n: 80, p: 10, seed: 24)
    let path = try RegularizationPath(data.moments(), ElasticNet(count: 10), PathOptions())
    var before = Set<Int>()
    for count in 1...10 {
      let selection = Selection(path, by: .columns(count))
      #expect(selection.kept.count == count)
      #expect(before.isSubset(of: selection.kept))
      before = Set(selection.kept)
      let entries = path.entries
      let latest = selection.kept.map { entries[$0]! }.max()!
      for j in 0..<10 where !selection.kept.contains(j) { #expect(entries[j]! >= latest) }
    }
    #expect(Selection(path, by: .columns(99)).kept.count == 10)
  }

  @Test func noMoreColumnsAreKeptThanAllowed() throws {
    let data = MadeData(n: 80, p: 10, seed: 25)
    let path = try RegularizationPath(data.moments(), ElasticNet(count: 10), PathOptions())
    let free = Selection(path, by: .information(.aic))
    let capped = Selection(path, by: .information(.aic), maxColumns: 2)
    #expect(free.kept.count > 2 && !free.isCapped)
    #expect(capped.kept.count <= 2 && capped.isCapped && capped.step < free.step)
  }

  @Test func aGivenLambdaIsOnTheGridAndChosen() throws {
    let data = MadeData(n: 80, p: 10, seed: 26)
    for lambda in [123.0, 0.3, 1e-6, 0] {
      let path = try RegularizationPath(
        data.moments(), ElasticNet(count: 10), PathOptions(including: lambda))
      let selection = Selection(path, by: .lambda(lambda))
      #expect(path.points[selection.step].lambda == lambda)
      #expect(path.points.map(\.lambda) == path.points.map(\.lambda).sorted(by: >))
      let alone = try RegularizationPath(
        data.moments(), ElasticNet(count: 10), PathOptions(grid: .values([lambda])))
      let (x, y) = (path.dense(selection.step), alone.dense(0))
      for j in 0..<10 { #expect(isClose(x[j], y[j], 1e-9)) }
    }
  }
}
