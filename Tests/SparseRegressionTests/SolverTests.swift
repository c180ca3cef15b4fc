import Testing

@testable import SparseRegression

@Suite struct SolverTests {
  private static let alphas = [1.0, 0.7, 0.2, 0.0]

  /// With orthonormal columns the lasso is soft-thresholding, so the answer is known.
  @Test(arguments: [0.0, 0.1, 0.3, 0.9, 1.0])
  func orthonormalDesignIsSoftThresholding(lambda: Double) {
    let correlation = [0.9, -0.2, 0.0]
    let loss = Quadratic(gram: [1, 0, 0, 0, 1, 0, 0, 0, 1], correlation: correlation)
    var solver = ActiveSet(loss, ElasticNet(count: 3), columns: [0, 1, 2])
    let outcome = solver.solve(lambda: lambda, tolerance: 1e-12)
    #expect(solver.b == correlation.map { softThreshold($0, lambda) })
    #expect(outcome.gap < 1e-15 && outcome.isDirect)
  }

  @Test(arguments: alphas, [(80, 12), (25, 60)])
  func optimalityHoldsAlongRandomPaths(alpha: Double, shape: (n: Int, p: Int)) throws {
    for seed in UInt64(1)...12 {
      let data = MadeData(n: shape.n, p: shape.p, seed: seed, weighted: seed % 2 == 0)
      let penalty =
        seed <= 6
        ? MadeData.penalty(p: shape.p, alpha: alpha, seed: seed)
        : MadeData.limits(p: shape.p, alpha: alpha, seed: seed)
      let path = try RegularizationPath(
        data.moments(), penalty, PathOptions(grid: .automatic(count: 30)))
      let loss = path.design.quadratic(data.moments())
      // Of coordinates.
      let bounds = penalty.expanded(to: path.design).bounds
      for point in path.points {
        #expect(point.gap <= 1e-7)
        var b = [Double](repeating: 0, count: shape.p)
        for (j, value) in zip(point.support, point.values) { b[j] = value }
        let g = loss.residualCorrelation(b)
        let lambda = point.lambda / path.design.targetScale
        for j in 0..<shape.p where path.exclusions[j] == nil {
          let price = penalty.threshold(j, lambda)
          let slope = g[j] - penalty.curvature(j, lambda) * b[j]
          #expect(bounds[j].clamped(b[j]) == b[j])
          // What pulls beyond the price must have a bound to pull at.
          let excess =
            slope - (b[j] > 0 ? price : b[j] < 0 ? -price : min(max(slope, -price), price))
          if b[j] < bounds[j].upper { #expect(excess <= 1e-10) }
          if b[j] > bounds[j].lower { #expect(excess >= -1e-10) }
        }
      }
    }
  }

  /// The direct solver against the slow clear one, to nine digits of the largest coefficient.
  @Test(arguments: alphas)
  func activeSetEqualsCoordinateDescent(alpha: Double) {
    for seed in UInt64(1)...5 {
      let data = MadeData(n: 60, p: 15, seed: seed)
      let moments = data.moments()
      let loss = plainDesign(moments).quadratic(moments)
      let penalty =
        seed % 2 == 0
        ? MadeData.penalty(p: 15, alpha: alpha, seed: seed)
        : MadeData.limits(p: 15, alpha: alpha, seed: seed)
      let columns = Array(0..<15)
      var fast = ActiveSet(loss, penalty, columns: columns)
      var slow = CoordinateDescent(
        loss: loss, penalty: penalty, groups: columns.map { $0..<$0 + 1 })
      var (b, g) = ([Double](repeating: 0, count: 15), loss.correlation)
      for lambda in [0.5, 0.2, 0.05, 0.01, 0.001] {
        let outcome = fast.solve(lambda: lambda, tolerance: 1e-10)
        #expect(outcome.isDirect)
        for _ in 0..<5000 where slow.sweep(&b, &g, lambda: lambda) > 1e-15 {}
        let largest = b.map(abs).max()!
        for j in columns { #expect(abs(fast.b[j] - b[j]) <= 1e-9 * largest) }
      }
    }
  }

  /// Whatever the iterate, the gap is no less than its distance from the optimum.
  @Test(arguments: [1.0, 0.4])
  func gapIsNeverBelowTheSuboptimality(alpha: Double) {
    let data = MadeData(n: 50, p: 8, seed: 9)
    let moments = data.moments()
    let loss = plainDesign(moments).quadratic(moments)
    let penalty = ElasticNet(alpha: alpha, count: 8)
    let columns = Array(0..<8)
    func objective(_ b: [Double], _ lambda: Double) -> Double {
      let g = loss.residualCorrelation(b)
      let cross = columns.reduce(0) { $0 + b[$1] * (loss.correlation[$1] + g[$1]) }
      return 0.5 * (loss.targetNorm - cross)
        + columns.reduce(0) {
          $0 + penalty.threshold($1, lambda) * abs(b[$1])
            + penalty.curvature($1, lambda) * b[$1] * b[$1] / 2
        }
    }
    var random = SplitMix64(seed: 5, stream: 5)
    for lambda in [0.3, 0.05, 0.002] {
      var solver = ActiveSet(loss, penalty, columns: columns)
      _ = solver.solve(lambda: lambda, tolerance: 1e-12)
      let gap = DualityGap(
        loss: loss, penalty: penalty, groups: columns.map { $0..<$0 + 1 })
      for _ in 0..<200 {
        let b = solver.b.map { $0 + Double.random(in: -0.2...0.2, using: &random) }
        let bound = gap(b, loss.residualCorrelation(b), lambda: lambda)
        let suboptimality = objective(b, lambda) - objective(solver.b, lambda)
        #expect(suboptimality >= -1e-14)
        #expect(bound >= suboptimality - 1e-14)
      }
    }
  }

  @Test func lambdaZeroIsLeastSquares() throws {
    let data = MadeData(n: 40, p: 6, seed: 11)
    let path = try RegularizationPath(
      data.moments(), ElasticNet(count: 6), PathOptions(grid: .values([1, 0])))
    let (intercept, _, beta) = path.original(1)
    // Residuals are orthogonal to every column and to the constant.
    let residuals = (0..<40).map { i in
      data.target[i] - intercept - zip(beta, data.rows[i]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(residuals.reduce(0, +)) < 1e-10)
    for j in 0..<6 {
      #expect(abs(zip(residuals, data.rows).reduce(0) { $0 + $1.0 * $1.1[j] }) < 1e-9)
    }
    #expect(path.points[1].gap < 1e-12)
  }

  @Test func twinsAndConstantsAreNamedAndHaveNoCoefficient() throws {
    var data = MadeData(n: 50, p: 5, seed: 12)
    for i in 0..<50 {
      data.rows[i][2] = 7  // constant
      data.rows[i][4] = 3 - 2 * data.rows[i][0]  // the first column in other units, turned round
    }
    let path = try RegularizationPath(data.moments(), ElasticNet(count: 5), PathOptions())
    #expect(path.exclusions == [nil, nil, .constant, nil, .twin(of: 0)])
    #expect(path.points.allSatisfy { !$0.support.contains(2) && !$0.support.contains(4) })
    // Without a penalty the second of the two is the one to keep.
    let kept = try RegularizationPath(
      data.moments(),
      ElasticNet(factors: [1, 1, 1, 1, 0], bounds: Array(repeating: .free, count: 5)),
      PathOptions())
    #expect(kept.exclusions[0] == .twin(of: 4))
  }

  /// Three columns, one the sum of the others, all unpenalized: the last in the file is left out.
  @Test func dependentUnpenalizedColumnIsLeftOut() throws {
    var data = MadeData(n: 50, p: 5, seed: 13)
    for i in 0..<50 { data.rows[i][2] = data.rows[i][0] + data.rows[i][1] }
    let penalty = ElasticNet(
      factors: [0, 0, 0, 1, 1], bounds: Array(repeating: .free, count: 5))
    let path = try RegularizationPath(data.moments(), penalty, PathOptions())
    #expect(path.exclusions == [nil, nil, .dependent, nil, nil])
    #expect(path.points.allSatisfy { $0.gap <= 1e-7 && $0.isDirect })
  }

  /// Dummies of a factor add up to a constant: a path through singular Grams still ends certified.
  @Test func pathThroughASingularGramIsCertified() throws {
    var data = MadeData(n: 90, p: 8, seed: 14)
    for i in 0..<90 { for level in 0..<4 { data.rows[i][level] = i % 4 == level ? 1 : 0 } }
    let path = try RegularizationPath(data.moments(), ElasticNet(count: 8), PathOptions())
    #expect(path.points.allSatisfy { $0.gap <= 1e-7 })
    #expect(path.points.last!.df >= 4)
  }

  @Test func constantTargetIsRefused() {
    var data = MadeData(n: 10, p: 2, seed: 15)
    data.target = Array(repeating: 4, count: 10)
    #expect(throws: PathError.constantTarget) {
      try RegularizationPath(data.moments(), ElasticNet(count: 2), PathOptions())
    }
  }

  @Test func columnsInAnotherOrderGiveTheSamePathInThatOrder() throws {
    let data = MadeData(n: 70, p: 9, seed: 16)
    let order = [4, 0, 8, 2, 6, 1, 7, 3, 5]
    var permuted = data
    permuted.rows = data.rows.map { row in order.map { row[$0] } }
    let a = try RegularizationPath(data.moments(), ElasticNet(count: 9), PathOptions())
    let b = try RegularizationPath(permuted.moments(), ElasticNet(count: 9), PathOptions())
    try #require(a.points.count == b.points.count)
    for step in a.points.indices {
      #expect(Set(a.points[step].support) == Set(b.points[step].support.map { order[$0] }))
      let (x, y) = (a.dense(step), b.dense(step))
      for (place, j) in order.enumerated() { #expect(isClose(y[place], x[j], 1e-9)) }
    }
  }

  @Test func otherUnitsChangeNothing() throws {
    let data = MadeData(n: 70, p: 6, seed: 17)
    var other = data
    let unit = [1e-6, 1e5, 3, 0.1, 1e3, 42]
    let shift = [5.0, -1e4, 0, 1, 1e6, -3]
    for i in 0..<70 {
      for j in 0..<6 { other.rows[i][j] = data.rows[i][j] * unit[j] + shift[j] }
    }
    let a = try RegularizationPath(data.moments(), ElasticNet(count: 6), PathOptions())
    let b = try RegularizationPath(other.moments(), ElasticNet(count: 6), PathOptions())
    try #require(a.points.count == b.points.count)
    for step in a.points.indices {
      #expect(a.points[step].support == b.points[step].support)
      let (x, y) = (a.dense(step), b.dense(step))
      for j in 0..<6 { #expect(isClose(y[j] * unit[j], x[j], 1e-8)) }
    }
  }

  @Test func factorFollowsRowsThatComeAndGo() {
    let data = MadeData(n: 40, p: 12, seed: 18)
    let moments = data.moments()
    let loss = plainDesign(moments).quadratic(moments)
    var factor = Cholesky()
    var active: [Int] = []
    var random = SplitMix64(seed: 3, stream: 3)
    for _ in 0..<200 {
      let outside = (0..<12).filter { !active.contains($0) }
      if let j = outside.randomElement(using: &random),
        active.isEmpty || Bool.random(using: &random)
      {
        let isIn = factor.append(active.map { loss.gram(j, $0) }, diagonal: loss.gram(j, j))
        #expect(isIn)
        active.append(j)
      } else {
        let position = Int.random(in: active.indices, using: &random)
        factor.remove(at: position)
        active.remove(at: position)
      }
      let b = active.map { Double($0) - 4 }
      let x = factor.solve(b)
      for (row, j) in active.enumerated() {
        let product = zip(active, x).reduce(0) { $0 + loss.gram(j, $1.0) * $1.1 }
        #expect(isClose(product, b[row], 1e-11))
      }
    }
    let isTwiceIn = factor.append(active.map { loss.gram(active[0], $0) }, diagonal: 1)
    #expect(!isTwiceIn)
  }
}
