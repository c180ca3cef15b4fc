import Foundation
import Testing

@testable import SparseRegression

/// The relaxed path against glmnet's, and the laws that hold on any data.
@Suite struct RelaxedTests {
  private static let gammas = PathOptions.relaxedGammas

  private struct Reference {
    struct Choices: Decodable {
      let minimum, minimumGamma, oneStandardError, oneStandardErrorGamma: Double
      let lassoMinimum, lassoOneStandardError: Double

      private enum CodingKeys: String, CodingKey {
        case minimum = "lambda_min"
        case minimumGamma = "gamma_min"
        case oneStandardError = "lambda_1se"
        case oneStandardErrorGamma = "gamma_1se"
        case lassoMinimum = "lasso_lambda_min"
        case lassoOneStandardError = "lasso_lambda_1se"
      }
    }

    let choices: Choices
    let data, path, refit, errors: Table

    init() throws {
      let folder = ReferenceCase.root.appending(path: "choices/relaxed")
      choices = try JSONDecoder().decode(
        Choices.self, from: Data(contentsOf: folder.appending(path: "case.json")))
      data = try Table(folder.appending(path: "data.csv"))
      path = try Table(folder.appending(path: "path.csv"))
      refit = try Table(folder.appending(path: "refit.csv"))
      errors = try Table(folder.appending(path: "cv.csv"))
    }

    var columns: [String] { data.names.filter { $0.hasPrefix("x") } }

    func moments(where included: (Int) -> Bool = { _ in true }) -> Moments {
      var accumulator = MomentAccumulator(width: columns.count + 1)
      let values = (columns + ["y"]).map { data[$0] }
      for row in 0..<data.count where included(row) { accumulator.add(values.map { $0[row] }) }
      return accumulator.finish()
    }

    func fit() throws -> PathFit {
      let fold = data["fold"]
      return try PathFit(
        (1...5).map { k in moments { fold[$0] == Double(k) } }, plan: .leaveOneOut,
        ElasticNet(count: columns.count), PathOptions(gammas: gammas), threads: 2)
    }
  }

  @Test func pathAndRefitsEqualGlmnet() throws {
    let reference = try Reference()
    let penalized = try reference.fit().path
    for (gamma, table) in [(1.0, reference.path), (0, reference.refit)] {
      let path = penalized.blended(gamma, of: Self.gammas)
      try #require(path.points.count == table.count)
      for step in path.points.indices {
        let beta = path.dense(step)
        for (j, name) in reference.columns.enumerated() {
          #expect(abs(beta[j] - table[name][step]) * path.design.scale[j] < 1e-8)
        }
        #expect(isClose(path.original(step).intercept, table["intercept"][step], 1e-8))
        #expect(abs(path.points[step].devianceRatio - table["dev_ratio"][step]) < 1e-9)
        #expect(Double(path.points[step].df) == table["df"][step])
      }
    }
  }

  @Test func errorsAndChoicesEqualGlmnet() throws {
    let reference = try Reference()
    let fit = try reference.fit()
    let (cv, steps) = (fit.crossValidation!, fit.path.points.count)
    #expect(cv.gammas == Self.gammas && cv.folds == 5 && cv.repeats == 1)
    for row in 0..<reference.errors.count {
      let curve = cv.curves[row / steps]
      #expect(isClose(curve.mean[row % steps], reference.errors["cvm"][row], 1e-8))
      #expect(isClose(curve.standardError[row % steps], reference.errors["cvsd"][row], 1e-8))
    }
    let (choices, points) = (reference.choices, fit.path.points)
    let minimum = Selection(fit.path, by: .relaxedMinimum, crossValidation: cv)
    #expect(isClose(points[minimum.step].lambda, choices.minimum, 1e-12))
    #expect(minimum.gamma == choices.minimumGamma)
    let sparse = Selection(fit.path, by: .relaxedOneStandardError, crossValidation: cv)
    #expect(isClose(points[sparse.step].lambda, choices.oneStandardError, 1e-12))
    #expect(sparse.gamma == choices.oneStandardErrorGamma)
    #expect(isClose(points[cv.minimum].lambda, choices.lassoMinimum, 1e-12))
    #expect(isClose(points[cv.oneStandardError].lambda, choices.lassoOneStandardError, 1e-12))
  }

  /// Least squares on the kept columns leaves a residual that none of them knows of, with groups, weights
  /// and missing cells; and the share of the deviance is that of the blended predictions.
  @Test(arguments: EngineTests.cases)
  func refitsAreLeastSquares(_ one: EngineTests.Case) throws {
    let penalty = one.penalty(one.data.terms.count)
    guard !penalty.isBounded else { return }
    var options = one.options
    options.gammas = Self.gammas
    let moments = Moments.merged(one.data.blocksOfMoments())
    let terms = one.data.termsOfMoments
    let path = try PathFit([moments], terms: terms, penalty, options).path
    let y = moments.width - 1
    for gamma in Self.gammas {
      let blend = path.blended(gamma, of: Self.gammas)
      for step in stride(from: 0, to: path.points.count, by: 7) {
        let (intercept, columns, values) = blend.original(step)
        let error = Gaussian.meanSquaredError(
          moments, support: columns, beta: values, intercept: intercept)
        #expect(
          isClose(blend.points[step].devianceRatio, 1 - error / path.nullDeviance, 1e-9))
        guard gamma == 0, path.points[step].refit != nil else { continue }
        for column in columns {
          var product = moments.comoment(column, y)
          for (k, value) in zip(columns, values) { product -= value * moments.comoment(column, k) }
          if !options.intercept {
            let rest = zip(columns, values).reduce(moments.mean[y]) {
              $0 - $1.1 * moments.mean[$1.0]
            }
            product += moments.weight * moments.mean[column] * rest
          }
          // Of a categorical only the span counts, and of the filled column only the combination.
          guard terms.contains(.number(column)) else { continue }
          let size = (moments.comoment(column, column) * moments.comoment(y, y)).squareRoot()
          #expect(abs(product) <= 1e-9 * size)
        }
      }
    }
  }

  /// Without a penalty the pulls of the rows add up to nothing on each column that is in.
  @Test(arguments: [Family.binomial, .poisson, .multinomial(classes: 3)])
  func refitsOfOtherLossesAreOptimal(_ family: Family) throws {
    var data = BothWays(n: 150, numbers: 6, seed: 50)
    let y = data.numbers - 1
    for i in data.rows.indices {
      let value = data.rows[i][y]
      data.rows[i][y] =
        family == .binomial
        ? (value > 3 ? 1 : 0)
        : family == .poisson ? max(0, (value / 2).rounded()) : value < 1 ? 0 : value < 5 ? 1 : 2
    }
    let path = try PathFit(
      data.matrix(), Response(family), terms: data.terms, ElasticNet(count: 6),
      PathOptions(grid: .automatic(count: 12, ratio: 0.05), gammas: Self.gammas)
    ).path.blended(0, of: Self.gammas)
    for step in path.points.indices {
      let all = (0..<family.responses).map { path.original(step, response: $0) }
      for response in all.indices {
        var sums = [Double](repeating: 0, count: 1 + all[0].columns.count)
        for row in data.rows {
          let eta = all.map { one in
            zip(one.columns, one.values).reduce(one.intercept) { $0 + $1.1 * row[$1.0] }
          }
          let pull =
            switch family {
            case .binomial: row[y] - 1 / (1 + exp(-eta[0]))
            case .poisson: row[y] - exp(eta[0])
            default:
              (Int(row[y]) == response ? 1 : 0) - exp(eta[response])
                / eta.reduce(0) { $0 + exp($1) }
            }
          sums[0] += pull
          for (place, column) in all[0].columns.enumerated() {
            sums[place + 1] += pull * row[column]
          }
        }
        #expect(sums.allSatisfy { abs($0) / 150 < 1e-6 }, "step \(step): \(sums)")
      }
    }
  }

  /// Each fold's blends, one by one: fitted to the other rows alone, tested on its own.
  @Test(arguments: [CrossValidation.Plan.leaveOneOut, .forward])
  func errorsOfBlendsAreThoseOfSeparateFits(plan: CrossValidation.Plan) throws {
    let data = MadeData(n: 90, p: 8, seed: 41, weighted: true)
    let fold = (0..<90).map { plan == .forward ? $0 / 23 : $0 * 7 % 4 }
    let blocks = (0..<4).map { k in data.moments { fold[$0] == k } }
    let lambda = [1.5, 0.6, 0.2, 0.05]
    let options = PathOptions(grid: .values(lambda), gammas: Self.gammas)
    let cv = try PathFit(blocks, plan: plan, ElasticNet(count: 8), options).crossValidation!
    let tested = plan == .forward ? [1, 2, 3] : [0, 1, 2, 3]
    for (blend, gamma) in Self.gammas.enumerated() {
      let errors = try tested.map { k in
        let path = try RegularizationPath(
          data.moments { plan == .forward ? fold[$0] < k : fold[$0] != k }, ElasticNet(count: 8),
          options
        ).blended(gamma, of: Self.gammas)
        return lambda.indices.map { step in
          let (intercept, columns, beta) = path.original(step)
          return Gaussian.meanSquaredError(
            blocks[k], support: columns, beta: beta, intercept: intercept)
        }
      }
      let expected = try CrossValidation(errors: errors, weights: tested.map { blocks[$0].weight })
      for step in lambda.indices {
        #expect(isClose(cv.curves[blend].mean[step], expected.mean[step], 1e-10))
        #expect(
          isClose(cv.curves[blend].standardError[step], expected.standardError[step], 1e-10))
      }
    }
  }

  @Test func theLastBlendIsThePathItself() throws {
    let data = MadeData(n: 70, p: 9, seed: 42)
    let blocks = (0..<5).map { k in data.moments { $0 % 5 == k } }
    let plain = try PathFit(blocks, plan: .leaveOneOut, ElasticNet(count: 9), PathOptions())
    let relaxed = try PathFit(
      blocks, plan: .leaveOneOut, ElasticNet(count: 9), PathOptions(gammas: Self.gammas))
    #expect(plain.crossValidation!.mean == relaxed.crossValidation!.mean)
    #expect(plain.crossValidation!.standardError == relaxed.crossValidation!.standardError)
    let blend = relaxed.path.blended(1, of: Self.gammas)
    #expect(plain.path.points.map(\.values) == blend.points.map(\.values))
  }

  /// At λ = 0 there is no penalty to take away.
  @Test func leastSquaresIsItsOwnRefit() throws {
    let data = MadeData(n: 60, p: 7, seed: 43)
    let path = try RegularizationPath(
      data.moments(), ElasticNet(count: 7),
      PathOptions(grid: .values([0.5, 0]), gammas: Self.gammas))
    let (a, b) = (path.dense(1), path.blended(0, of: Self.gammas).dense(1))
    #expect(a.allSatisfy { $0 != 0 })
    for j in a.indices { #expect(isClose(a[j], b[j], 1e-12)) }
  }

  @Test func boundsHoldInRefits() throws {
    for seed in UInt64(1)...10 {
      let data = MadeData(n: 40, p: 12, seed: seed)
      let penalty = MadeData.penalty(p: 12, alpha: 1, seed: seed)
      let path = try RegularizationPath(
        data.moments(), penalty, PathOptions(gammas: Self.gammas)
      ).blended(0, of: Self.gammas)
      for step in path.points.indices {
        let beta = path.dense(step)
        for j in beta.indices { #expect(penalty.allows(beta[j], j)) }
      }
    }
  }

  /// Where there are too few rows to refit, nothing is blended.
  @Test func saturatedFitsStayAsTheyAre() throws {
    let data = MadeData(n: 12, p: 40, seed: 44)
    let path = try RegularizationPath(
      data.moments(), ElasticNet(count: 40),
      PathOptions(grid: .automatic(count: 60, ratio: 1e-4), gammas: Self.gammas))
    let refitted = path.blended(0, of: Self.gammas)
    for (point, other) in zip(path.points, refitted.points) {
      if point.df + 1 >= 12 {
        #expect(point.values == other.values)
      } else {
        #expect(point.df == 0 || point.values != other.values)
      }
    }
    #expect(path.points.contains { $0.df + 1 >= 12 } && path.points.contains { $0.df + 1 < 12 })
  }

  /// The same rows by all engines, over several partitions. On half the rows of a wide table the optimum of a
  /// concave penalty is not the only one, and which is found depends on the last digits.
  @Test(
    arguments: EngineTests.cases.filter {
      $0.options.kind == .lasso || $0.data.terms.count <= $0.data.rows.count
    })
  func enginesAgree(_ one: EngineTests.Case) throws {
    let penalty = one.penalty(one.data.terms.count)
    var options = one.options
    options.gammas = Self.gammas
    let plan =
      one.plan == .forward ? one.plan : .repeated(folds: 2, times: 3, seed: 7)
    let slow = try PathFit(
      one.data.blocksOfMoments(), plan: plan, terms: one.data.termsOfMoments, penalty, options)
    // As far as no more coefficients than rows of a training set make refits a matter of rounding.
    let most = max(12, slow.path.points[0].df + 4)
    // Where λ agree less well, the first term may be in or not at the λ where it enters.
    let steps = slow.path.points.indices.prefix { slow.path.points[$0].df < most }
    let compared = one.slack > 1 ? steps.dropFirst() : steps
    options.grid = .values(steps.map { slow.path.points[$0].lambda })
    let matrix = try one.data.matrix(intercept: options.intercept)
    let columns = try PathFit(matrix, plan: plan, terms: one.data.terms, penalty, options)
    options.tolerance = 1e-12
    let rows = try PathFit(
      matrix, Response(.multigaussian(targets: 1)), plan: plan, terms: one.data.terms, penalty,
      options)
    let errors = slow.crossValidation!
    var fits = [(columns, 1e-8 * one.slack.squareRoot())]
    // Ridge parts differ: the loss of several targets knows no scale of the target.
    // And without an intercept the levels of two categoricals add up to the same, so that their refit is
    // not unique.
    // Nor does that loss know weighed factors or concave penalties.
    if penalty.alpha == 1 && options.intercept && options.kind == .lasso && options.adaptive == nil
    {
      fits.append((rows, 1e-5))
    }
    for (fit, tolerance) in fits {
      let others = fit.crossValidation!
      #expect(others.repeats == errors.repeats && others.folds == errors.folds)
      for (curve, other) in zip(errors.curves, others.curves) {
        for step in compared {
          #expect(isClose(curve.mean[step], other.mean[step], tolerance))
          #expect(isClose(curve.standardError[step], other.standardError[step], tolerance))
        }
      }
      for gamma in Self.gammas {
        let (a, b) = (
          slow.path.blended(gamma, of: Self.gammas), fit.path.blended(gamma, of: Self.gammas)
        )
        for step in compared {
          #expect(isClose(a.original(step).intercept, b.original(step).intercept, tolerance))
          #expect(isClose(a.points[step].devianceRatio, b.points[step].devianceRatio, tolerance))
        }
      }
    }
  }

  @Test func threadsNeverMatter() throws {
    let data = MadeData(n: 200, p: 12, seed: 45)
    let blocks = (0..<20).map { k in data.moments { $0 % 20 == k } }
    let fits = try [1, 2, 7].map { threads in
      try PathFit(
        blocks, plan: .repeated(folds: 5, times: 3, seed: 1), ElasticNet(count: 12),
        PathOptions(gammas: Self.gammas), threads: threads)
    }
    for fit in fits.dropFirst() {
      #expect(fit.crossValidation == fits[0].crossValidation)
      #expect(fit.path.points.map(\.values) == fits[0].path.points.map(\.values))
    }
  }

  @Test func permutedColumnsPermuteTheChoice() throws {
    let data = MadeData(n: 120, p: 15, seed: 46)
    var random = SplitMix64(seed: 46, stream: 3)
    let order = Array(0..<15).shuffled(using: &random)
    func kept(_ order: [Int]) throws -> Set<Int> {
      let blocks = (0..<20).map { k in data.moments { $0 % 20 == k }.selecting(order + [15]) }
      let fit = try PathFit(
        blocks, plan: .repeated(folds: 5, times: 3, seed: 1), ElasticNet(count: 15),
        PathOptions(gammas: Self.gammas))
      let selection = Selection(fit.path, by: .sparsest, crossValidation: fit.crossValidation)
      return Set(selection.kept.map { order[$0] })
    }
    let plain = try kept(Array(0..<15))
    #expect(!plain.isEmpty)
    #expect(try kept(order) == plain)
  }

  @Test func rulesKeepTheirOrder() throws {
    for seed in UInt64(1)...20 {
      let data = MadeData(n: 60, p: 10, seed: seed)
      let blocks = (0..<20).map { k in data.moments { $0 % 20 == k } }
      let fit = try PathFit(
        blocks, plan: .repeated(folds: 5, times: 2, seed: seed), ElasticNet(count: 10),
        PathOptions(gammas: Self.gammas))
      let cv = fit.crossValidation!
      let counts = fit.path.points.map(\.df)
      let (minimum, largest) = (cv.relaxedMinimum, cv.relaxedOneStandardError)
      #expect(largest.step <= minimum.step)
      #expect(cv[minimum].mean == cv.curves.map { $0.mean.min()! }.min()!)
      #expect(cv[largest].mean <= cv[minimum].mean + cv[minimum].standardError)
      let sparsest = cv.sparsest(counts, isNull: counts.map { $0 == 0 })
      #expect(counts[sparsest.step] <= counts[minimum.step] && counts[sparsest.step] > 0)
      let empty = cv.curves.map { $0.mean[0] }.min()!
      let explained = CrossValidation.explainedShare * (empty - cv[minimum].mean)
      func bound(_ blend: Int, _ step: Int) -> Double {
        cv[minimum].mean
          + min(CrossValidation.differenceShare * cv.curves[blend].differenceError[step], explained)
      }
      #expect(cv[sparsest].mean <= bound(sparsest.blend, sparsest.step))
      for (step, count) in counts.enumerated() where count < counts[sparsest.step] {
        #expect(cv.curves.indices.allSatisfy { cv.curves[$0].mean[step] > bound($0, step) })
      }
    }
  }

  /// Votes are those of fits to the training sets one by one, and a column that too few of them have is not kept.
  @Test func trainingSetsVote() throws {
    var unsteady = 0
    for seed in UInt64(1)...30 {
      let data = MadeData(n: 40, p: 30, seed: seed)
      let blocks = (0..<10).map { k in data.moments { $0 % 10 == k } }
      let options = PathOptions(gammas: Self.gammas)
      let fit = try PathFit(blocks, plan: .leaveOneOut, ElasticNet(count: 30), options)
      let cv = fit.crossValidation!
      let selection = Selection(fit.path, by: .sparsest, crossValidation: cv)
      let lambda = fit.path.points[selection.step].lambda
      let supports = try (0..<10).map { fold in
        try RegularizationPath(
          data.moments { $0 % 10 != fold }, ElasticNet(count: 30),
          PathOptions(grid: .values([lambda]))
        ).points[0].support
      }
      let support = fit.path.points[selection.step].support
      let votes = support.map { term in supports.count { $0.contains(term) } }
      #expect(cv.fits == 10 && cv.votes?[selection.step] == votes)
      #expect(selection.kept == zip(support, votes).filter { Double($0.1) >= 7.5 }.map(\.0))
      let few = zip(support, votes).filter { Double($0.1) < 7.5 }
      #expect(selection.unsteady == Dictionary(uniqueKeysWithValues: few))
      unsteady += selection.unsteady.count
      let minimum = Selection(fit.path, by: .minimum, crossValidation: cv)
      #expect(minimum.kept == fit.path.points[minimum.step].support && minimum.unsteady.isEmpty)
    }
    #expect(unsteady > 0)
  }

  /// Training sets that hold few of the rows are not asked.
  @Test(arguments: [CrossValidation.Plan.forward, .repeated(folds: 4, times: 2, seed: 1)])
  func smallTrainingSetsDoNotVote(_ plan: CrossValidation.Plan) throws {
    for seed in UInt64(1)...10 {
      let data = MadeData(n: 40, p: 30, seed: seed)
      let blocks = (0..<8).map { k in data.moments { $0 % 8 == k } }
      let fit = try PathFit(
        blocks, plan: plan, ElasticNet(count: 30), PathOptions(gammas: Self.gammas))
      let selection = Selection(fit.path, by: .sparsest, crossValidation: fit.crossValidation)
      #expect(fit.crossValidation!.votes == nil)
      #expect(selection.kept == fit.path.points[selection.step].support)
    }
  }

  /// A target that no column knows of.
  @Test func noiseKeepsNothing() throws {
    var empty = 0
    for seed in UInt64(1)...20 {
      var data = MadeData(n: 100, p: 10, seed: seed)
      var random = SplitMix64(seed: seed, stream: 5)
      data.target = data.target.indices.map { _ in
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
      }
      let blocks = (0..<20).map { k in data.moments { $0 % 20 == k } }
      let fit = try PathFit(
        blocks, plan: .repeated(folds: 10, times: 5, seed: seed), ElasticNet(count: 10),
        PathOptions(
          grid: .automatic(count: 40), endsPastMinimum: true, gammas: Self.gammas))
      let selection = Selection(fit.path, by: .sparsest, crossValidation: fit.crossValidation)
      if selection.kept.isEmpty { empty += 1 }
    }
    #expect(empty >= 18)
  }
}

/// How blocks are dealt into folds, several times over.
@Suite struct PartitionTests {
  @Test(arguments: [(60, 10), (23, 5), (20, 10), (7, 3)])
  func everyPartitionTestsEveryBlockOnce(_ count: Int, _ folds: Int) {
    let rows = (0..<count).map { 3 + $0 % 2 }
    let plan = CrossValidation.Plan.repeated(folds: folds, times: 4, seed: 9)
    let partitions = plan.partitions(of: rows)
    #expect(partitions.count == 4 && partitions.foldsEach == folds)
    var seen = Set<Set<[Int]>>()
    for time in 0..<4 {
      let some = partitions.folds[time * folds..<(time + 1) * folds]
      #expect(some.flatMap(\.test).sorted() == Array(0..<count))
      for fold in some {
        #expect((fold.training + fold.test).sorted() == Array(0..<count))
        #expect(abs(fold.test.count - count / folds) <= 1)
      }
      seen.insert(Set(some.map(\.test)))
    }
    #expect(seen.count == 4)
    #expect(partitions == plan.partitions(of: rows))
    let other = CrossValidation.Plan.repeated(folds: folds, times: 4, seed: 10)
    #expect(partitions != other.partitions(of: rows))
  }

  /// 40 blocks of two rows and 20 of one make ten folds of ten rows.
  @Test func foldsHaveTheirShareOfRows() {
    let rows = (0..<60).map { $0 % 3 == 0 ? 1 : 2 }
    let plan = CrossValidation.Plan.repeated(folds: 10, times: 5, seed: 1)
    for fold in plan.partitions(of: rows).folds {
      #expect(fold.test.reduce(0) { $0 + rows[$1] } == 10)
    }
  }

  @Test func asManyBlocksAsFoldsAreOnePartition() throws {
    let data = MadeData(n: 50, p: 5, seed: 47)
    let blocks = (0..<5).map { k in data.moments { $0 % 5 == k } }
    let repeated = CrossValidation.Plan.repeated(folds: 5, times: 3, seed: 2)
    let cv = try [repeated, .leaveOneOut].map {
      try CrossValidation(
        blocks, plan: $0, lambda: [1, 0.1], ElasticNet(count: 5), PathOptions(), threads: 1)
    }
    #expect(cv[0] == cv[1] && cv[0].repeats == 1)
  }

  /// Mean and standard error over partitions are means of theirs.
  @Test func repeatsAreAveraged() throws {
    let data = MadeData(n: 80, p: 5, seed: 48)
    let blocks = (0..<8).map { k in data.moments { $0 % 8 == k } }
    let plan = CrossValidation.Plan.repeated(folds: 4, times: 3, seed: 3)
    let lambda = [1.0, 0.1]
    let cv = try CrossValidation(
      blocks, plan: plan, lambda: lambda, ElasticNet(count: 5), PathOptions(), threads: 2)
    let folds = plan.partitions(of: blocks.map(\.rows)).folds
    let alone = try (0..<3).map { time in
      try CrossValidation(
        folds[time * 4..<time * 4 + 4].map { Moments.merged($0.test.map { blocks[$0] }) },
        lambda: lambda, ElasticNet(count: 5), PathOptions(), threads: 1)
    }
    for step in lambda.indices {
      #expect(isClose(cv.mean[step], alone.reduce(0) { $0 + $1.mean[step] } / 3, 1e-12))
      #expect(
        isClose(
          cv.standardError[step], alone.reduce(0) { $0 + $1.standardError[step] } / 3, 1e-12))
    }
  }
}
