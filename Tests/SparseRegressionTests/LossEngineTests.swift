import Foundation
import Testing

@testable import SparseRegression

/// The engine for losses against the engines of least squares, and laws of its own.
@Suite struct LossEngineTests {
  private static let alike = EngineTests.cases.filter {
    !$0.description.contains("elastic net")
  }

  /// Least squares by Newton's steps is least squares: groups, missing cells, weights, factors, bounds, with
  /// or without intercept and standardization, columns watched from the start or let in.
  @Test(arguments: alike)
  func squaresAreLeastSquares(_ one: EngineTests.Case) throws {
    let penalty = one.penalty(one.data.terms.count)
    var options = one.options
    let slow = try PathFit(
      one.data.blocksOfMoments(), plan: one.plan, terms: one.data.termsOfMoments, penalty, options)
    options.grid = .values(slow.path.points.map(\.lambda))
    options.tolerance = 1e-10
    let fast = try PathFit(
      one.data.matrix(intercept: options.intercept), Response(.multigaussian(targets: 1)),
      plan: one.plan, terms: one.data.terms, penalty, options)
    #expect(slow.path.exclusions == fast.path.exclusions)
    let scale = slow.path.design.targetScale
    for (a, b) in zip(slow.path.points, fast.path.points) {
      for term in Set(a.support).symmetricDifference(b.support) {
        // At a tie rounding decides.
        let norm = zip(a.support + b.support, a.norms.map { $0 * scale } + b.norms)
          .first { $0.0 == term }!.1
        #expect(norm < 1e-7 * one.slack * scale)
      }
      #expect(isClose(a.devianceRatio, b.devianceRatio, 1e-8 * one.slack))
      #expect(b.gap <= 1e-10)
    }
    for step in slow.path.points.indices {
      let (a, b) = (slow.path.original(step), fast.path.original(step))
      #expect(isClose(a.intercept, b.intercept, 1e-6 * one.slack))
      // With a concave penalty the fits of the folds, of fewer rows, may end at different minima.
      guard one.options.kind == .lasso else { continue }
      #expect(
        isClose(
          slow.crossValidation!.mean[step], fast.crossValidation!.mean[step],
          1e-7 * one.slack))
    }
  }

  /// Weights of a family are those of its pulls at the null model: for two classes, a least-squares fit to 0
  /// and 1. With them for factors of its own the path is the same.
  @Test(arguments: [false, true])
  func adaptiveWeightsAreThoseOfTheFirstPulls(isWide: Bool) throws {
    var data = BothWays(n: 120, numbers: isWide ? 450 : 10, seed: 25)
    for i in data.rows.indices {
      data.rows[i][data.numbers - 1] = data.rows[i][data.numbers - 1] > 3 ? 1 : 0
    }
    let p = data.terms.count
    let options = PathOptions(
      grid: .automatic(count: 12, ratio: 0.1), adaptive: AdaptiveWeights(.ridge))
    let squares = try PathFit(data.matrix(), terms: data.terms, ElasticNet(count: p), options).path
    let path = try PathFit(
      data.matrix(), Response(.binomial), terms: data.terms, ElasticNet(count: p), options
    ).path
    for (a, b) in zip(squares.penalty.factors, path.penalty.factors) {
      #expect(isClose(a, b, 1e-6))
    }
    let given = try PathFit(
      data.matrix(), Response(.binomial), terms: data.terms,
      ElasticNet(factors: path.penalty.factors, bounds: Array(repeating: .free, count: p)),
      PathOptions(grid: .values(path.points.map(\.lambda)))
    ).path
    for (a, b) in zip(path.points, given.points) {
      #expect(a.support == b.support && a.gap <= 1e-7)
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-5) }
    }
  }

  /// Of several targets and of classes the initial fits are one to each, and a column has the length of its
  /// coefficients in all.
  @Test(arguments: [Family.multigaussian(targets: 2), .multinomial(classes: 3)])
  func adaptiveWeightsAreThoseOfAllResponses(_ family: Family) throws {
    var data = BothWays(n: 120, numbers: 9, seed: 26)
    let (p, others) = (8, 8)
    data.terms.removeLast()
    if family == .multinomial(classes: 3) {
      for i in data.rows.indices {
        data.rows[i][9] = [0, 1, 2][min(2, max(0, Int(data.rows[i][9] / 3)))]
      }
    }
    let path = try PathFit(
      data.matrix(),
      Response(family, others: family == .multigaussian(targets: 2) ? [others] : []),
      terms: data.terms, ElasticNet(count: p),
      PathOptions(grid: .automatic(count: 10, ratio: 0.1), adaptive: AdaptiveWeights(.leastSquares))
    ).path
    let y = data.rows.map { $0[9] }
    let targets =
      family == .multigaussian(targets: 2)
      ? [y, data.rows.map { $0[others] }]
      : (0..<3).map { k in y.map { $0 == Double(k) ? 1.0 : 0 } }
    func standardized(_ x: [Double]) -> [Double] {
      let mean = x.reduce(0, +) / 120
      let scale = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 120).squareRoot()
      return x.map { ($0 - mean) / scale }
    }
    let columns = (0..<p).map { j in standardized(data.rows.map { $0[j] }) }
    let b = try #require(
      InitialFit.leastSquares(
        gram: columns.flatMap { x in columns.map { LinearAlgebra.dot(x, $0) / 120 } },
        correlations: targets.map { y in columns.map { LinearAlgebra.dot($0, y) / 120 } }))
    let raw = (0..<p).map { j in 1 / b.reduce(0) { $0 + $1[j] * $1[j] }.squareRoot() }
    let unit = raw.reduce(0, +) / Double(p)
    for (factor, raw) in zip(path.penalty.factors, raw) {
      #expect(isClose(factor, raw / unit, 1e-6))
    }
    for point in path.points { #expect(point.gap <= 1e-7) }
    #expect(path.points.last!.support.count > 1)
  }

  /// A wide table with a target of 0 and 1.
  private static func wide(seed: UInt64) -> BothWays {
    var data = BothWays(n: 80, numbers: 500, seed: seed)
    for i in data.rows.indices {
      data.rows[i][data.numbers - 1] = data.rows[i][data.numbers - 1] > 3 ? 1 : 0
    }
    return data
  }

  @Test func threadsNeverMatter() throws {
    let data = Self.wide(seed: 20)
    let penalty = ElasticNet(count: data.terms.count)
    let fits = try [1, 3].map { threads in
      try PathFit(
        data.matrix(threads: threads), Response(.binomial), plan: .leaveOneOut, terms: data.terms,
        penalty, PathOptions(grid: .automatic(count: 20, ratio: 0.2)), threads: threads)
    }
    #expect(fits[0].crossValidation == fits[1].crossValidation)
    #expect(fits[0].path.points.map(\.values) == fits[1].path.points.map(\.values))
  }

  /// At every λ no column left out pulls harder than its price, and one that is in pulls just as hard.
  @Test func optimalityHoldsOverAllColumns() throws {
    let data = Self.wide(seed: 21)
    let path = try PathFit(
      data.matrix(), Response(.binomial), terms: data.terms, ElasticNet(count: data.terms.count),
      PathOptions(grid: .automatic(count: 15, ratio: 0.1), tolerance: 1e-10)
    ).path
    let n = Double(data.rows.count)
    for (step, point) in path.points.enumerated() {
      let (intercept, columns, values) = path.original(step)
      let pulls = data.rows.map { row in
        let eta = zip(columns, values).reduce(intercept) { $0 + $1.1 * row[$1.0] }
        return row[data.numbers - 1] - 1 / (1 + exp(-eta))
      }
      #expect(abs(pulls.reduce(0, +)) < 1e-6 * n)
      for term in data.terms.indices where path.exclusions[term] == nil {
        let (center, scale) = (path.design.center[term], path.design.scale[term])
        let pull = zip(data.rows, pulls).reduce(0) { $0 + ($1.0[term] - center) / scale * $1.1 } / n
        #expect(abs(pull) <= point.lambda * (1 + 1e-6))
        if point.support.contains(term) { #expect(isClose(abs(pull), point.lambda, 1e-7)) }
      }
    }
  }

  /// The unit of a column changes nothing, nor does its place.
  @Test func unitsAndOrderChangeNothing() throws {
    var data = BothWays(n: 90, numbers: 12, seed: 22)
    for i in data.rows.indices { data.rows[i][12] = data.rows[i][12] > 3 ? 1 : 0 }
    var other = data
    for i in other.rows.indices {
      other.rows[i] = data.rows[i][..<12].reversed().map { 1e3 * $0 - 5 } + [data.rows[i][12]]
    }
    let paths = try [data, other].map {
      try PathFit(
        $0.matrix(), Response(.binomial), terms: $0.terms, ElasticNet(count: 12), PathOptions()
      ).path
    }
    #expect(paths[0].points.count == paths[1].points.count)
    for (a, b) in zip(paths[0].points, paths[1].points) {
      #expect(isClose(a.lambda, b.lambda, 1e-9))
      #expect(a.support == b.support.map { 11 - $0 }.sorted())
    }
  }

  /// Whole weights are repeated rows.
  @Test(arguments: [Family.binomial, .poisson, .huber(delta: 1)])
  func weightsAreRepeatedRows(_ family: Family) throws {
    var data = BothWays(n: 60, numbers: 8, seed: 23)
    for i in data.rows.indices {
      let y = data.rows[i][8]
      data.rows[i][8] = family == .binomial ? (y > 3 ? 1 : 0) : max(0, y.rounded())
    }
    var doubled = data
    data.weights = data.rows.indices.map { $0 % 3 == 0 ? 2 : 1 }
    for i in data.rows.indices where i % 3 == 0 {
      doubled.rows.append(data.rows[i])
      doubled.ones.append([])
      doubled.weights.append(1)
      doubled.blocks.append(data.blocks[i])
    }
    let fits = try [data, doubled].map {
      try PathFit(
        $0.matrix(), Response(family), plan: .leaveOneOut, terms: $0.terms, ElasticNet(count: 8),
        PathOptions(grid: .automatic(count: 20), tolerance: 1e-10))
    }
    for (a, b) in zip(fits[0].path.points, fits[1].path.points) {
      #expect(isClose(a.lambda, b.lambda, 1e-8))
      #expect(isClose(a.devianceRatio, b.devianceRatio, 1e-8))
    }
    for (a, b) in zip(fits[0].crossValidation!.mean, fits[1].crossValidation!.mean) {
      #expect(isClose(a, b, 1e-7))
    }
  }

  /// The constants of the tests above would not notice a wrong loss: here each is told by differences.
  @Test func pullsAreDerivatives() throws {
    let step = 1e-5
    let losses: [(any RowLoss, [Double])] = [
      (Binomial(target: [0, 1]), [-2.5, 0.4]),
      (Poisson(target: [0, 3], offset: []), [-1, 1.2]),
      (Huber([0, 1], delta: 1.5), [0.7, 1]),
      (Multinomial(target: [2, 0], responses: 3), [0.1, -1, 2, 0.3, 0.2, -0.4]),
      (SquaredErrors(target: [1, 2, 3, 4], responses: 2), [0.5, 0, -1, 2]),
    ]
    for (loss, eta) in losses {
      let k = loss.responses
      func evaluate(_ eta: [Double], _ row: Int) -> LossBlock {
        let stride = LossBlock.stride(fits: 1, responses: k)
        var padded = [Double](repeating: 0, count: stride)
        for m in 0..<k { padded[m] = eta[row * k + m] }
        var block = LossBlock(
          row..<row + 1, fits: 1, responses: k, weights: [2], offset: [], eta: padded)
        loss.evaluate(&block)
        return block
      }
      func value(_ eta: [Double], _ row: Int) -> Double {
        evaluate(eta, row).value[..<k].reduce(0, +)
      }
      for row in 0..<2 {
        let curvature = loss.curvature(row..<row + 1, Array(eta[row * k..<(row + 1) * k]))
        for m in 0..<k {
          var (up, down) = (eta, eta)
          up[row * k + m] += step
          down[row * k + m] -= step
          let slope = (value(up, row) - value(down, row)) / (2 * step)
          #expect(isClose(evaluate(eta, row).eta[m], -slope, 1e-8))
          let bend = (evaluate(up, row).eta[m] - evaluate(down, row).eta[m]) / (-4 * step)
          let place = try #require(
            loss.pairing == .common ? 0 : loss.pairing.pairs(of: k).firstIndex { $0 == (m, m) })
          #expect(abs(curvature[place][0] - bend) < 2e-3)
        }
        #expect(value(eta, row) / 2 >= loss.least(row))
      }
    }
  }

  /// Fits share the lanes of the kernels, and rows a block.
  @Test(arguments: [2, 3, 5, 8], [1, 3, 11]) func classesAreWhatTheDefinitionSays(
    classes: Int, fits: Int
  ) {
    var random = SplitMix64(seed: UInt64(10 * classes + fits), stream: 0)
    let (rows, stride) = (50, LossBlock.stride(fits: fits, responses: classes))
    let target = (0..<rows + 3).map { _ in Int.random(in: 0..<classes, using: &random) }
    let eta = (0..<rows * stride).map { _ in Double.random(in: -40...40, using: &random) }
    let weights = (0..<rows).map { _ in Double.random(in: 0.5...2, using: &random) }
    var block = LossBlock(
      3..<rows + 3, fits: fits, responses: classes, weights: weights[...], offset: [], eta: eta)
    Multinomial(target: target, responses: classes).evaluate(&block)
    for fit in 0..<fits {
      var (value, cross) = (0.0, 0.0)
      for row in 0..<rows {
        let first = row * stride + fit * classes
        let some = Array(eta[first..<first + classes])
        let odds = some.map { exp($0) }
        let sum = odds.reduce(0, +)
        let own = target[row + 3]
        value += weights[row] * (log(sum) - some[own])
        for k in 0..<classes {
          let pull = weights[row] * ((k == own ? 1 : 0) - odds[k] / sum)
          #expect(abs(block.eta[first + k] - pull) < 1e-14)
          cross += pull * some[k]
        }
      }
      let slots = fit * classes..<(fit + 1) * classes
      #expect(isClose(block.value[slots].reduce(0, +), value, 1e-12))
      #expect(isClose(block.cross[slots].reduce(0, +), cross, 1e-12))
    }
  }
}

/// Penalized Huber regression against figures of its own script.
@Suite struct HuberReferenceTests {
  private struct Call: Decodable {
    let delta: Double
    let alpha: Double
  }

  @Test(arguments: ["outliers", "wide"])
  func pathEqualsReference(name: String) throws {
    let folder = ReferenceCase.root.appending(path: "huber").appending(path: name)
    let call = try JSONDecoder().decode(
      Call.self, from: Data(contentsOf: folder.appending(path: "case.json")))
    let (data, path) = (
      try Table(folder.appending(path: "data.csv")), try Table(folder.appending(path: "path.csv"))
    )
    let predictors = data.names.filter { $0 != "y" }
    let found = try PathFit(
      Self.matrix(data), Response(.huber(delta: call.delta)),
      terms: predictors.indices.map { .number($0) },
      ElasticNet(alpha: call.alpha, count: predictors.count),
      PathOptions(grid: .values(path["lambda"]), tolerance: 1e-10)
    ).path
    for step in found.points.indices {
      let beta = found.dense(step)
      for (j, name) in predictors.enumerated() {
        let scale = found.design.scale[j]
        #expect(isClose(beta[j] * scale, path[name][step] * scale, 1e-6))
      }
      #expect(isClose(found.original(step).intercept, path["intercept"][step], 1e-6))
    }
  }

  private static func matrix(_ data: Table) throws -> ColumnMatrix {
    let columns = (data.names.filter { $0 != "y" } + ["y"]).map { data[$0] }
    var store = RowStore(numbers: columns.count, limit: .max, noFiles)
    try store.append(
      blocks: Array(repeating: 0, count: data.count),
      weights: Array(repeating: 1, count: data.count), ones: [])
    for row in 0..<data.count {
      store.fill(row) { out in for j in out.indices { out[j] = columns[j][row] } }
    }
    return try ColumnMatrix(
      store, width: columns.count, blockCount: 1, centers: true, threads: 1)
  }

  private struct Regressor: Decodable {
    struct Solution: Decodable {
      let coefficients: [Double]
      let intercept: Double
      let scale: Double
      let gradient: Double
    }

    let epsilon: Double
    let alpha: Double
    let sklearn: Solution
    let exact: Solution
  }

  /// scikit-learn's HuberRegressor estimates a scale and has a ridge penalty: at its scale its solution is
  /// ridge with Huber's loss (Tests/References/make-huber-sklearn.py). Ours satisfies the conditions of its
  /// objective, in all its arguments, better than its own, which are not solved to the end.
  @Test(arguments: ["usual", "shrunk"])
  func ridgeIsOptimalForHuberRegressor(name: String) throws {
    let folder = ReferenceCase.root.appending(path: "sklearn/huber/\(name)")
    let call = try JSONDecoder().decode(
      Regressor.self, from: Data(contentsOf: folder.appending(path: "case.json")))
    let data = try Table(folder.appending(path: "data.csv"))
    let predictors = data.names.filter { $0 != "y" }
    let (n, scale) = (Double(data.count), call.exact.scale)
    let path = try PathFit(
      Self.matrix(data), Response(.huber(delta: call.epsilon * scale)),
      terms: predictors.indices.map { .number($0) },
      ElasticNet(alpha: 0, count: predictors.count),
      PathOptions(
        grid: .values([call.alpha * scale / n]), standardize: false, tolerance: 1e-12)
    ).path
    let (beta, intercept) = (path.dense(0), path.original(0).intercept)
    let cut = (0..<data.count).map { row in
      let fitted = zip(predictors, beta).reduce(intercept) { $0 + data[$1.0][row] * $1.1 }
      return min(max((data["y"][row] - fitted) / scale, -call.epsilon), call.epsilon)
    }
    var worst = max(abs(2 * cut.reduce(0, +)), abs(n - cut.reduce(0) { $0 + $1 * $1 }))
    for (name, b) in zip(predictors, beta) {
      let slope = zip(data[name], cut).reduce(0) { $0 + $1.0 * $1.1 }
      worst = max(worst, abs(2 * call.alpha * b - 2 * slope))
    }
    #expect(worst <= 1e-6 * n && worst < call.sklearn.gradient)
    let (exact, sklearn) = (call.exact, call.sklearn)
    for (j, b) in (beta + [intercept]).enumerated() {
      #expect(isClose(b, (exact.coefficients + [exact.intercept])[j], 1e-7))
      #expect(isClose(b, (sklearn.coefficients + [sklearn.intercept])[j], 1e-2))
    }
  }
}
