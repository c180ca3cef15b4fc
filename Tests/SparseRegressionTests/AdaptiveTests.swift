import Foundation
import Testing

@testable import SparseRegression

/// The adaptive lasso against glmnet given its factors (Tests/References/make-glmnet-choices.R), and laws.
@Suite struct AdaptiveTests {
  private struct Reference {
    let data: Table
    let predictors: [String]
    static let folder = ReferenceCase.root.appending(path: "choices/adaptive")

    init() throws {
      data = try Table(Self.folder.appending(path: "data.csv"))
      predictors = data.names.filter { $0 != "y" && $0 != "fold" }
    }

    func table(_ name: String) throws -> Table { try Table(Self.folder.appending(path: name)) }

    func moments(where included: (Int) -> Bool = { _ in true }) -> Moments {
      var accumulator = MomentAccumulator(width: predictors.count + 1)
      let columns = (predictors + ["y"]).map { data[$0] }
      for row in 0..<data.count where included(row) { accumulator.add(columns.map { $0[row] }) }
      return accumulator.finish()
    }

    func path(_ moments: Moments, _ grid: LambdaGrid = .automatic()) throws -> RegularizationPath {
      try RegularizationPath(
        moments, ElasticNet(count: predictors.count),
        PathOptions(grid: grid, adaptive: AdaptiveWeights(.leastSquares)))
    }
  }

  @Test func pathEqualsGlmnet() throws {
    let reference = try Reference()
    let expected = try reference.table("path.csv")
    let path = try reference.path(reference.moments())
    try #require(path.points.count == expected.count)
    let scale = path.design.scale
    for step in path.points.indices {
      #expect(isClose(path.points[step].lambda, expected["lambda"][step], 1e-9))
      #expect(abs(path.points[step].devianceRatio - expected["dev_ratio"][step]) <= 1e-7)
      let beta = path.dense(step)
      let columns = reference.predictors.map { expected[$0][step] }
      let largest = zip(columns, scale).map { abs($0 * $1) }.max()!
      for j in beta.indices {
        #expect(abs(beta[j] - columns[j]) * scale[j] <= 1e-6 * largest + 1e-9)
      }
    }
  }

  /// Fold 0 is all rows; each of the others is left out of its own.
  @Test func everyTrainingSetHasFactorsOfItsOwn() throws {
    let reference = try Reference()
    let expected = try reference.table("factors.csv")
    for row in 0..<expected.count {
      let fold = expected["fold"][row]
      let path = try reference.path(reference.moments { reference.data["fold"][$0] != fold })
      for (factor, name) in zip(path.penalty.factors, reference.predictors) {
        #expect(isClose(factor, expected[name][row], 1e-8))
      }
    }
  }

  /// glmnet's factors have the mean 1 in each fold by itself: fits by themselves have the same.
  @Test func errorsOfFoldsEqualGlmnet() throws {
    let reference = try Reference()
    let (expected, fold) = (try reference.table("cv.csv"), reference.data["fold"])
    let lambda = expected["lambda"]
    var (errors, weights) = ([[Double]](), [Double]())
    for k in Set(fold).sorted() {
      let path = try reference.path(reference.moments { fold[$0] != k }, .values(lambda))
      let test = fold.indices.filter { fold[$0] == k }
      weights.append(Double(test.count))
      errors.append(
        path.points.indices.map { step in
          let (intercept, columns, values) = path.original(step)
          return test.reduce(0.0) { sum, row in
            let fitted = zip(columns, values).reduce(intercept) {
              $0 + reference.data[reference.predictors[$1.0]][row] * $1.1
            }
            let error = reference.data["y"][row] - fitted
            return sum + error * error
          } / Double(test.count)
        })
    }
    let cv = try CrossValidation(errors: errors, weights: weights)
    for step in lambda.indices {
      #expect(isClose(cv.mean[step], expected["cvm"][step], 1e-7))
      #expect(isClose(cv.standardError[step], expected["cvsd"][step], 1e-7))
    }
  }

  /// In cross-validation a λ means the same in every fold: the factors of folds have the unit of the whole.
  @Test func lambdaMeansTheSameInEveryFold() throws {
    let data = MadeData(n: 120, p: 8, seed: 41)
    let options = PathOptions(adaptive: AdaptiveWeights(.leastSquares))
    let blocks = (0..<4).map { block in data.moments { $0 % 4 == block } }
    let fit = try PathFit(blocks, plan: .leaveOneOut, ElasticNet(count: 8), options)
    let all = fit.path
    let (mine, lambda) = (all.penalty.factors, all.points.map(\.lambda))
    // |b₀| of all rows is known from the factors up to the unit, and that of a fold likewise.
    func lengths(_ moments: Moments) -> [Double] {
      let design = plainDesign(moments)
      let loss = design.quadratic(moments)
      return InitialFit.leastSquares(
        gram: (0..<8).flatMap { j in (0..<8).map { loss.gram(j, $0) } },
        correlations: [loss.correlation])![0].map { abs($0) * design.targetScale }
    }
    let unit = 1 / (lengths(data.moments())[0] * mine[0])
    var (errors, weights) = ([[Double]](), [Double]())
    for block in 0..<4 {
      let training = data.moments { $0 % 4 != block }
      let raw = lengths(training).map { 1 / $0 }
      let mean = raw.reduce(0, +) / 8
      // The library rescales what it is given to mean 1; λ takes that back.
      let path = try RegularizationPath(
        training, ElasticNet(factors: raw, bounds: Array(repeating: .free, count: 8)),
        PathOptions(grid: .values(lambda.map { $0 * mean / unit })))
      weights.append(Double((0..<120).count { $0 % 4 == block }))
      errors.append(
        path.points.indices.map { step in
          let original = path.original(step)
          return Gaussian.meanSquaredError(
            blocks[block], support: original.columns, beta: original.values,
            intercept: original.intercept)
        })
    }
    let expected = try CrossValidation(errors: errors, weights: weights)
    for step in lambda.indices {
      #expect(isClose(fit.crossValidation!.mean[step], expected.mean[step], 1e-8))
    }
  }

  /// The penalty that a search by brute force finds, and its solution.
  @Test(arguments: [UInt64(42), 43])
  func ridgeIsThatOfTheSmallestGCV(seed: UInt64) {
    let data = MadeData(n: 40, p: 6, seed: seed)
    let moments = data.moments()
    let design = plainDesign(moments)
    let loss = design.quadratic(moments)
    let gram = (0..<6).flatMap { j in (0..<6).map { loss.gram(j, $0) } }
    let found = InitialFit.ridge(
      gram: gram, correlations: [loss.correlation], norm: 1,
      isPenalized: [true, true, false, true, true, true], rows: 40, spent: 1)[0]
    // Row by row: the hat matrix is worked out from its columns.
    let x = data.rows.map { row in
      (0..<6).map { (row[$0] - design.center[$0]) / design.scale[$0] }
    }
    let y = data.target.map { ($0 - design.targetCenter) / design.targetScale }
    func solve(_ t: Double, _ right: [Double]) -> [Double] {
      var matrix = gram
      for j in [0, 1, 3, 4, 5] { matrix[j * 6 + j] += t }
      var factor = Cholesky()
      precondition(factor.reset(lower: matrix, count: 6))
      return factor.solve(right)
    }
    var (best, least) = ([Double](), Double.infinity)
    for k in 0..<13 {
      let t = 100 * pow(10, -Double(k) / 2)
      let b = solve(t, loss.correlation)
      let hat = x.reduce(1.0) { sum, row in
        sum + zip(row, solve(t, row)).reduce(0) { $0 + $1.0 * $1.1 } / 40
      }
      let squares = zip(x, y).reduce(0.0) { sum, row in
        let rest = row.1 - zip(row.0, b).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + rest * rest
      }
      let value = squares / ((1 - hat / 40) * (1 - hat / 40))
      if value < least { (best, least) = (b, value) }
    }
    for (a, b) in zip(found, best) { #expect(isClose(a, b, 1e-9)) }
  }

  /// Units, signs and places of columns change nothing.
  @Test(arguments: AdaptiveWeights.Initial.allCases)
  func unitsAndOrderChangeNothing(initial: AdaptiveWeights.Initial) throws {
    let data = MadeData(n: 60, p: 9, seed: 44, weighted: true)
    var other = data
    for i in other.rows.indices { other.rows[i] = data.rows[i].reversed().map { 7 - 1e3 * $0 } }
    let paths = try [data, other].map {
      try RegularizationPath(
        $0.moments(), ElasticNet(count: 9), PathOptions(adaptive: AdaptiveWeights(initial)))
    }
    try #require(paths[0].points.count == paths[1].points.count)
    for (a, b) in zip(paths[0].points, paths[1].points) {
      #expect(isClose(a.lambda, b.lambda, 1e-8))
      #expect(a.support == b.support.map { 8 - $0 }.sorted())
      #expect(a.gap <= 1e-7)
    }
  }

  /// A weight goes with the size of the initial coefficient: what is large enters first.
  @Test func theOracleIsFoundWhereTheLassoIsNot() throws {
    // Strong columns that are correlated with idle ones: the lasso's path lets idle ones in early.
    var recovered = (lasso: 0, adaptive: 0)
    for seed in UInt64(50)..<62 {
      var data = MadeData(n: 200, p: 12, seed: seed)
      var random = SplitMix64(seed: seed, stream: 3)
      for i in data.rows.indices {
        let x = data.rows[i]
        data.target[i] = 3 * x[0] - 2 * x[1] + 2 * x[2] + Double.random(in: -2...2, using: &random)
      }
      func holdsTruth(_ adaptive: AdaptiveWeights?) throws -> Bool {
        try RegularizationPath(
          data.moments(), ElasticNet(count: 12), PathOptions(adaptive: adaptive)
        ).points.contains { $0.support == [0, 1, 2] }
      }
      recovered.lasso += try holdsTruth(nil) ? 1 : 0
      recovered.adaptive += try holdsTruth(AdaptiveWeights(.ridge)) ? 1 : 0
    }
    #expect(recovered.adaptive >= 11 && recovered.adaptive >= recovered.lasso)
  }

  @Test func whatLeastSquaresCannotWeighIsRefused() throws {
    let options = PathOptions(adaptive: AdaptiveWeights(.leastSquares))
    #expect(throws: PathError.noLeastSquares) {
      try RegularizationPath(
        MadeData(n: 12, p: 12, seed: 45).moments(), ElasticNet(count: 12), options)
    }
    var data = MadeData(n: 60, p: 4, seed: 46)
    for i in data.rows.indices { data.rows[i][3] = data.rows[i][0] + data.rows[i][1] }
    #expect(throws: PathError.noLeastSquares) {
      try RegularizationPath(data.moments(), ElasticNet(count: 4), options)
    }
    #expect(throws: PathError.noLeastSquares) {
      try PathFit(
        BothWays(n: 30, numbers: 60, seed: 47).matrix(), terms: (0..<60).map { .number($0) },
        ElasticNet(count: 60), options)
    }
  }

  @Test func threadsNeverMatter() throws {
    let data = BothWays(n: 40, numbers: 700, imputed: 5, factors: 3, seed: 48)
    let fits = try [1, 3].map {
      try PathFit(
        data.matrix(threads: $0), plan: .leaveOneOut, terms: data.terms,
        ElasticNet(count: data.terms.count), PathOptions(adaptive: AdaptiveWeights(.ridge)),
        threads: $0)
    }
    #expect(fits[0].crossValidation == fits[1].crossValidation)
    #expect(fits[0].path.points.map(\.values) == fits[1].path.points.map(\.values))
  }
}
