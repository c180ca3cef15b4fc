import Foundation
import Testing

@testable import SparseRegression

/// Steps that end a λ without a pass: what is said of them holds where they end.
@Suite struct LookAheadTests {
  /// Rows whose last number is a class or a count.
  private static func data(_ family: Family) -> BothWays {
    var data = BothWays(n: 400, numbers: 15, weighted: true, seed: 31)
    for i in data.rows.indices {
      let y = data.rows[i][15]
      data.rows[i][15] =
        switch family {
        case .binomial: y > 3 ? 1 : 0
        case .multinomial: y > 5 ? 2 : y > 1 ? 1 : 0
        default: max(0, (y / 2).rounded())
        }
    }
    return data
  }

  private static func path(_ data: BothWays, _ family: Family, tolerance: Double) throws
    -> RegularizationPath
  {
    try PathFit(
      data.matrix(), Response(family), plan: .leaveOneOut, terms: data.terms,
      ElasticNet(count: data.terms.count),
      PathOptions(grid: .automatic(count: 40, ratio: 1e-3), tolerance: tolerance)
    ).path
  }

  /// Σ wᵢ ℓᵢ / W
  private static func loss(
    _ data: BothWays, _ family: Family, _ path: RegularizationPath, _ step: Int
  )
    -> Double
  {
    let (intercept, columns, values) = path.original(step)
    var sum = 0.0
    for (row, weight) in zip(data.rows, data.weights) {
      let eta = zip(columns, values).reduce(intercept) { $0 + $1.1 * row[$1.0] }
      let log = family == .binomial ? log1p(exp(-abs(eta))) + max(eta, 0) : exp(eta)
      sum += weight * (log - row[15] * eta)
    }
    return sum / data.weights.reduce(0, +)
  }

  /// The gap is no less than what is left to win, the deviance that of the coefficients.
  @Test(arguments: [Family.binomial, .poisson])
  func gapsAreBounds(_ family: Family) throws {
    let data = Self.data(family)
    let found = try Self.path(data, family, tolerance: 1e-7)
    let best = try Self.path(data, family, tolerance: 1e-13)
    #expect(found.points.count == best.points.count)
    for step in found.points.indices {
      let objectives = [found, best].map { path in
        let length = path.points[step].values.reduce(0) { $0 + abs($1) }
        return Self.loss(data, family, path, step) + path.points[step].lambda * length
      }
      let excess = objectives[0] - objectives[1]
      let gap = found.points[step].gap * found.nullDeviance / 2
      #expect(excess <= gap + 1e-14)
      let won = Self.loss(data, family, found, 0) - Self.loss(data, family, found, step)
      let told = found.points[step].devianceRatio - found.points[0].devianceRatio
      #expect(abs(won - told * found.nullDeviance / 2) < 1e-9 * found.nullDeviance)
    }
  }

  /// Nor are coefficients far from where more digits would lead.
  @Test(arguments: [Family.binomial, .poisson, .multinomial(classes: 3)])
  func coefficientsAreTight(_ family: Family) throws {
    let data = Self.data(family)
    let found = try Self.path(data, family, tolerance: 1e-7)
    let best = try Self.path(data, family, tolerance: 1e-13)
    for (a, b) in zip(found.points, best.points) {
      #expect(a.support == b.support)
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-6) }
    }
  }

  /// No linear predictor changes by more than is said.
  @Test func reachIsABound() throws {
    let data = BothWays(n: 50, numbers: 6, factors: 2, seed: 32)
    let matrix = try data.matrix()
    let table = LossTable(matrix, watchesAll: true, threads: 2)
    var random = SplitMix64(seed: 5, stream: 1)
    for _ in 0..<20 {
      let change = (0..<table.count).map { _ in Double.random(in: -1...1, using: &random) }
      var stride = [Double](repeating: 0, count: table.count * LossBlock.lanes)
      for place in change.indices { stride[place * LossBlock.lanes] = change[place] }
      let eta = table.product(
        0..<matrix.rows, stride, stride: LossBlock.lanes, offset: [])
      let most = eta.map(abs).max()!
      let reach = table.reach(change, responses: 1)
      #expect(most <= reach * (1 + 1e-12) && reach < 10 * most)
    }
  }
}
