import Foundation
import Testing

@testable import SparseRegression

/// MCP and SCAD: against paths made by another program (Tests/References/make-nonconvex.py), and laws.
@Suite struct ConcaveTests {
  private struct Case: Decodable {
    let regularizer: String
    let gamma: Double
    let lambdaMax: Double
    var kind: PenaltyKind {
      regularizer == "mcp" ? .mcp(gamma: gamma) : .scad(gamma: gamma)
    }

    private enum CodingKeys: String, CodingKey {
      case regularizer, gamma
      case lambdaMax = "lambda_max"
    }
  }

  static let kinds: [PenaltyKind] = [.mcp(gamma: 3), .scad(gamma: 3.7)]

  @Test(arguments: ["mcp", "scad"])
  func pathEqualsTheReference(name: String) throws {
    let folder = ReferenceCase.root.appending(path: "nonconvex/\(name)")
    let about = try JSONDecoder().decode(
      Case.self, from: Data(contentsOf: folder.appending(path: "case.json")))
    let (data, expected) = (
      try Table(folder.appending(path: "data.csv")), try Table(folder.appending(path: "path.csv"))
    )
    let predictors = data.names.filter { $0 != "y" }
    var accumulator = MomentAccumulator(width: predictors.count + 1)
    let columns = (predictors + ["y"]).map { data[$0] }
    for row in 0..<data.count { accumulator.add(columns.map { $0[row] }) }
    let path = try RegularizationPath(
      accumulator.finish(), ElasticNet(count: predictors.count),
      PathOptions(grid: .values(expected["lambda"]), kind: about.kind))
    for step in path.points.indices {
      let beta = path.dense(step)
      for (j, name) in predictors.enumerated() {
        #expect(abs(beta[j] - expected[name][step]) * path.design.scale[j] <= 1e-9, "step \(step)")
      }
      #expect(path.points[step].df == Int(expected["df"][step]))
      #expect(abs(path.points[step].devianceRatio - expected["dev_ratio"][step]) <= 1e-10)
      #expect(isClose(path.original(step).intercept, expected["intercept"][step], 1e-9))
      #expect(path.points[step].gap <= 1e-10 && path.points[step].isDirect)
    }
    let all = try RegularizationPath(
      accumulator.finish(), ElasticNet(count: predictors.count), PathOptions(kind: about.kind))
    #expect(isClose(all.points[0].lambda, about.lambdaMax, 1e-10))
  }

  /// P is the integral of P', and the minimum the smallest of many values.
  @Test(arguments: kinds + [.mcp(gamma: 1.2), .scad(gamma: 2.3), .lasso])
  func theMinimumIsTheSmallestValue(kind: PenaltyKind) {
    func penalty(_ t: Double, _ u: Double) -> Double {
      switch kind {
      case .lasso: u * t
      case .mcp(let gamma):
        t <= gamma * u ? u * t - t * t / (2 * gamma) : gamma * u * u / 2
      case .scad(let gamma):
        t <= u
          ? u * t
          : t <= gamma * u
            ? (2 * gamma * u * t - t * t - u * u) / (2 * (gamma - 1)) : u * u * (gamma + 1) / 2
      }
    }
    for d in [1.0, 1.7] {
      for z in stride(from: 0.0, through: 9, by: 0.137) {
        let t = kind.minimum(z, curvature: d, price: 1.1)
        func value(_ t: Double) -> Double { d * t * t / 2 - z * t + penalty(t, 1.1) }
        for other in stride(from: 0.0, through: 12, by: 0.01) {
          #expect(value(t) <= value(other) + 1e-12)
        }
        guard t > 1e-3 else { continue }
        let slope = kind.derivatives(t, price: 1.1).slope
        #expect(abs(d * t - z + slope) < 1e-12)
        #expect(abs((penalty(t, 1.1) - penalty(t - 1e-6, 1.1)) / 1e-6 - slope) < 1e-5)
      }
    }
  }

  /// With orthogonal columns every coefficient has its own minimum.
  @Test(arguments: kinds)
  func orthogonalColumnsAreThresholds(kind: PenaltyKind) throws {
    var accumulator = MomentAccumulator(width: 4)
    for i in 0..<8 {
      let x = (0..<3).map { i >> $0 & 1 == 0 ? -1.0 : 1 }
      accumulator.add(x + [3 * x[0] - 1.4 * x[1] + 0.5 * x[2] + x[0] * x[1]])
    }
    let grid = [2.0, 1.2, 0.6, 0.2, 0.1]
    let path = try RegularizationPath(
      accumulator.finish(), ElasticNet(count: 3),
      PathOptions(grid: .values(grid), kind: kind))
    for (step, lambda) in grid.enumerated() {
      for (beta, truth) in zip(path.dense(step), [3, -1.4, 0.5]) {
        let expected = kind.minimum(abs(truth), curvature: 1, price: lambda)
        #expect(isClose(abs(beta), expected, 1e-12))
      }
      // Beyond γλ nothing is shrunk.
      if lambda * 3.7 < 1.4 { #expect(isClose(path.dense(step)[1], -1.4, 1e-12)) }
    }
  }

  /// Conditions of a stationary point, with factors, bounds, a ridge part and weights.
  @Test(arguments: kinds, [1.0, 0.7])
  func everyPointIsStationary(kind: PenaltyKind, alpha: Double) throws {
    for seed in UInt64(60)..<64 {
      let data = MadeData(n: 80, p: 14, seed: seed, weighted: true)
      let moments = data.moments()
      let penalty = MadeData.penalty(p: 14, alpha: alpha, seed: seed)
      let path = try RegularizationPath(moments, penalty, PathOptions(kind: kind))
      let loss = path.design.quadratic(moments)
      for point in path.points {
        #expect(point.gap <= 1e-9)
        var b = [Double](repeating: 0, count: 14)
        for (term, value) in zip(point.support, point.values) { b[term] = value }
        let g = loss.residualCorrelation(b)
        let lambda = point.lambda / path.design.targetScale
        for j in 0..<14 where path.exclusions[j] == nil {
          let u = lambda * alpha * path.penalty.factors[j]
          let ridge = lambda * (1 - alpha) * path.penalty.factors[j] * b[j]
          if b[j] != 0 {
            let slope = kind.derivatives(abs(b[j]), price: u).slope
            #expect(abs(g[j] - ridge - (b[j] > 0 ? slope : -slope)) <= 1e-9)
            #expect(penalty.allows(b[j], j))
          } else {
            let pull = path.penalty.pull(j..<j + 1, g)
            #expect(pull <= u + 1e-9)
          }
        }
      }
    }
  }

  /// Level at infinity only: the lasso.
  @Test func aLargeGammaIsTheLasso() throws {
    let data = MadeData(n: 60, p: 10, seed: 65)
    let lasso = try RegularizationPath(data.moments(), ElasticNet(count: 10), PathOptions())
    for kind in [PenaltyKind.mcp(gamma: 1e9), .scad(gamma: 1e9)] {
      let path = try RegularizationPath(
        data.moments(), ElasticNet(count: 10),
        PathOptions(grid: .values(lasso.points.map(\.lambda)), kind: kind))
      #expect(path.convexDownTo == nil)
      for (a, b) in zip(lasso.points, path.points) {
        #expect(a.support == b.support)
        for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-6) }
      }
    }
  }

  @Test(arguments: kinds)
  func unitsAndOrderChangeNothing(kind: PenaltyKind) throws {
    let data = MadeData(n: 90, p: 9, seed: 66, weighted: true)
    var other = data
    for i in other.rows.indices { other.rows[i] = data.rows[i].reversed().map { 7 - 1e3 * $0 } }
    let paths = try [data, other].map {
      try RegularizationPath($0.moments(), ElasticNet(count: 9), PathOptions(kind: kind))
    }
    try #require(paths[0].points.count == paths[1].points.count)
    for (a, b) in zip(paths[0].points, paths[1].points) {
      #expect(isClose(a.lambda, b.lambda, 1e-10))
      #expect(a.support == b.support.map { 8 - $0 }.sorted())
      #expect(isClose(a.devianceRatio, b.devianceRatio, 1e-9))
      #expect(a.isConvex == b.isConvex)
    }
  }

  /// A group's length is penalized, so its basis does not matter, and one column is a group of one.
  @Test(arguments: kinds)
  func groupsArePenalizedByTheirLength(kind: PenaltyKind) throws {
    let data = MadeData(n: 80, p: 8, seed: 67)
    var other = data
    for i in data.rows.indices {
      let x = data.rows[i]
      (other.rows[i][0], other.rows[i][1]) = (x[0] + 3 * x[1], 1e2 * x[0] - x[1])
    }
    let terms: [Term] = [
      .group([.number(0), .number(1)]), .number(2), .group([.number(3), .number(4), .number(5)]),
      .number(6), .number(7),
    ]
    let paths = try [data, other].map {
      try RegularizationPath(
        $0.moments(), terms: terms, ElasticNet(count: 5),
        PathOptions(grid: .values([1.5, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05]), kind: kind))
    }
    for (a, b) in zip(paths[0].points, paths[1].points) {
      #expect(a.support == b.support && a.gap <= 1e-9 && b.gap <= 1e-9)
      for (x, y) in zip(a.norms, b.norms) { #expect(isClose(x, y, 1e-8)) }
    }
    #expect(paths[0].points.last!.support.count >= 3)
  }

  /// Convex as long as the least eigenvalue on the columns that are in exceeds how far the penalty bends.
  @Test(arguments: kinds)
  func convexityIsThatOfTheLeastEigenvalue(kind: PenaltyKind) throws {
    var found = Set<Bool>()
    for seed in UInt64(68)..<72 {
      let data = MadeData(n: 60, p: 12, seed: seed)
      let path = try RegularizationPath(
        data.moments(), ElasticNet(count: 12), PathOptions(kind: kind))
      let loss = path.design.quadratic(data.moments())
      var (before, isConvex) = ([Int](), true)
      for point in path.points {
        let columns = Set(before).union(point.support).sorted()
        isConvex = isConvex && least(loss, columns) > kind.concavity
        #expect(point.isConvex == isConvex)
        before = point.support
      }
      found.insert(isConvex)
      let last = path.points.last { $0.isConvex }
      #expect(path.convexDownTo == (isConvex ? nil : last!.lambda))
    }
    #expect(found.contains(false))
  }

  /// The least eigenvalue of G on some columns, by bisection on whether G − t I has a factor.
  private func least(_ loss: Quadratic, _ columns: [Int]) -> Double {
    var (low, high) = (0.0, 2.0)
    for _ in 0..<50 where !columns.isEmpty {
      let middle = (low + high) / 2
      var lower = columns.flatMap { j in columns.map { loss.gram(j, $0) - (j == $0 ? middle : 0) } }
      if LinearAlgebra.factorize(&lower, stride: columns.count, count: columns.count) {
        low = middle
      } else {
        high = middle
      }
    }
    return columns.isEmpty ? 2 : low
  }

  @Test func threadsNeverMatter() throws {
    let data = BothWays(n: 60, numbers: 700, imputed: 5, factors: 3, seed: 73)
    let fits = try [1, 3].map {
      try PathFit(
        data.matrix(threads: $0), plan: .leaveOneOut, terms: data.terms,
        ElasticNet(count: data.terms.count),
        PathOptions(grid: .automatic(count: 30, ratio: 0.2), kind: .mcp(gamma: 3)), threads: $0)
    }
    #expect(fits[0].crossValidation == fits[1].crossValidation)
    #expect(fits[0].path.points.map(\.values) == fits[1].path.points.map(\.values))
    for point in fits[0].path.points { #expect(point.gap <= 1e-7) }
  }
}
