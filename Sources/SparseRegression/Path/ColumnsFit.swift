/// A fit to the rows of some blocks, by a solver that knows few of the terms: those that it was told to
/// watch.
struct ColumnsFit: SolvedFit {
  /// With the penalty of this fit.
  private(set) var problem: ColumnsProblem
  let rows: RowStatistics
  /// The rows to be predicted, block by block.
  private let test: [Range<Int>]
  let targetScale: Double
  /// The standardized target in all rows.
  let target: [Double]
  private var gram: ColumnsGram
  private var solver: any SupportSolver
  /// The terms watched, and the coordinates of each.
  private var members: [(term: Int, coordinates: Range<Int>)] = []
  /// In all rows.
  private(set) var residual: [Double]
  /// The residual of each epoch that a term may refer to.
  private var epochs: [[Double]] = []
  /// ½‖y‖² once the unpenalized terms are fitted.
  private(set) var nullObjective = 0.5
  private(set) var dependent: [Int] = []
  private(set) var point: RegularizationPath.Point?
  private(set) var testErrors: [Double] = []
  private var refit = Refit()
  /// The residual of the refit in all rows.
  private var refitResidual: [Double] = []

  /// - Throws: ``PathError`` where the target does not vary.
  init(_ problem: ColumnsProblem, blocks: [Int], test: [Int]) throws(PathError) {
    self.problem = problem
    let matrix = problem.matrix
    rows = RowStatistics(matrix, blocks: blocks)
    self.test = test.map { matrix.blocks[$0] }
    let y = matrix.numbers
    let (center, square) = (rows.mean(y), rows.comoment(y, y) / rows.weight)
    guard rows.weight > 0, square > 0 else { throw .constantTarget }
    let intercept = problem.options.intercept
    targetScale = (square + (intercept ? 0 : center * center)).squareRoot()
    let scale = targetScale
    target = matrix.target.map { ($0 - (intercept ? center : 0)) / scale }
    residual = target
    gram = ColumnsGram(rows: rows)
    solver = Self.emptySolver(gram, problem)
  }

  private static func emptySolver(_ gram: ColumnsGram, _ problem: ColumnsProblem)
    -> any SupportSolver
  {
    let loss = Quadratic(gram, diagonal: [], correlation: [])
    let penalty = ElasticNet(alpha: problem.penalty.alpha, count: 0)
    guard problem.options.kind == .lasso else {
      return ConcaveDescent(loss, penalty, problem.options.kind, groups: [])
    }
    return problem.isSingle
      ? ActiveSet(loss, penalty, columns: []) : GroupActiveSet(loss, penalty, groups: [])
  }

  /// Fits the unpenalized terms alone; those that the others span are left out from then on.
  mutating func fitNull(_ unpenalized: [Int]) {
    guard !unpenalized.isEmpty else { return }
    let added = coordinates(of: unpenalized)
    var null = ActiveSet(
      Quadratic(gram, diagonal: [], correlation: []),
      ElasticNet(alpha: problem.penalty.alpha, count: 0), columns: [])
    null.extend(added.new)
    _ = null.solve(lambda: 0, tolerance: problem.options.tolerance / 2)
    dependent = added.members.filter { null.dependent.isSuperset(of: $0.coordinates) }.map(\.term)
    residual = target
    subtract(null.b, of: added.gram.coordinates, from: &residual)
    nullObjective = max(square(residual), PathOptions.leastLeft) / 2
    watch(unpenalized.filter { !dependent.contains($0) })
  }

  /// Takes another penalty; unpenalized terms stay so.
  mutating func take(_ penalty: ElasticNet) { problem = problem.with(penalty) }

  /// Watches more terms.
  ///
  /// - Complexity: O(n) for each pair of a new term and one that has been in.
  mutating func watch(_ terms: [Int]) {
    let added = coordinates(of: terms)
    gram = added.gram
    members += added.members
    solver.extend(added.new)
  }

  private func coordinates(of terms: [Int]) -> (
    gram: ColumnsGram, members: [(term: Int, coordinates: Range<Int>)], new: NewCoordinates
  ) {
    var gram = gram
    var members: [(term: Int, coordinates: Range<Int>)] = []
    let weightedTarget = rows.weighted(target)
    let sum = weightedTarget.reduce(0, +)
    var new = NewCoordinates(source: gram)
    for term in terms {
      let made = problem.coordinates(term, rows)
      guard !made.isConstant else { continue }
      let start = gram.coordinates.count
      for index in made.basis.indices {
        let coordinate = LocalCoordinate(term, made, index, problem, rows)
        gram.coordinates.append(coordinate)
        new.diagonal.append(
          problem.terms[term].isSingle ? square(coordinate.values(problem.matrix)) : 1)
        new.correlation.append(gram.product(coordinate, weightedTarget, sum: sum))
        new.factors.append(problem.factors[term])
        new.bounds.append(
          problem.penalty.bounds[term].inUnits(of: made.basis[index][0] * targetScale))
      }
      new.groups.append(start..<gram.coordinates.count)
      members.append((term, start..<gram.coordinates.count))
    }
    new.source = gram
    return (gram, members, new)
  }

  /// - Parameter lambda: on the scale of the target.
  mutating func solve(_ lambda: Double) {
    let outcome = solver.solve(
      lambda: lambda / targetScale, tolerance: problem.options.tolerance * nullObjective)
    let b = solver.b
    residual = target
    subtract(b, of: gram.coordinates, from: &residual)
    let support = members.filter { $0.coordinates.contains { b[$0] != 0 } }
      .sorted { $0.term < $1.term }
    var point = RegularizationPath.Point(
      lambda: lambda, support: support.map(\.term), groups: support.map(\.coordinates), b: b,
      devianceRatio: 1 - square(residual) / square(target), gap: outcome.gap / nullObjective,
      isDirect: outcome.isDirect, isConvex: outcome.isConvex)
    let isRefitted = problem.options.isRelaxed && refit(support.flatMap { Array($0.coordinates) })
    if isRefitted && test.isEmpty { point.refit = refitOfPoint }
    self.point = point
    guard !test.isEmpty else { return }
    let (matrix, other) = (problem.matrix, isRefitted ? refitResidual : residual)
    let weight = test.reduce(0) { $1.reduce($0) { $0 + matrix.weights[$1] } }
    func product(_ r: [Double], _ s: [Double]) -> Double {
      let sum = test.reduce(0) { $1.reduce($0) { $0 + matrix.weights[$1] * r[$1] * s[$1] } }
      return sum / weight * targetScale * targetScale
    }
    let squares = BlendedSquares(
      penalized: product(residual, residual), refitted: product(other, other),
      cross: product(residual, other))
    testErrors = problem.options.gammas.map { squares($0) }
  }

  /// Fits the coordinates of the support without a penalty.
  ///
  /// - Returns: false where there are too few rows for so many.
  private mutating func refit(_ coordinates: [Int]) -> Bool {
    guard coordinates.count + (problem.options.intercept ? 1 : 0) < rows.rows else { return false }
    if refit.solve(coordinates, solver.loss, solver.penalty) || refitResidual.isEmpty {
      refitResidual = target
      let used = coordinates.map { gram.coordinates[$0] }
      subtract(refit.values, of: used, from: &refitResidual)
    }
    return true
  }

  /// The refit as it stands, for a relaxed path.
  private var refitOfPoint: RegularizationPath.Point.Refit {
    let squares = BlendedSquares(
      penalized: square(residual), refitted: square(refitResidual),
      cross: rows.inner(residual, refitResidual))
    let total = square(target)
    return RegularizationPath.Point.Refit(
      values: refit.values, intercepts: [],
      devianceRatios: problem.options.gammas.map { min(1, max(0, 1 - squares($0) / total)) })
  }

  /// Terms without a penalty that turned out to be spanned by others.
  var dependentTerms: [Int] {
    dependent + members.filter { solver.dependent.isSuperset(of: $0.coordinates) }.map(\.term)
  }

  /// `rest −= X b` in all rows.
  private func subtract(
    _ b: [Double], of coordinates: [LocalCoordinate], from rest: inout [Double]
  ) {
    for (coordinate, value) in zip(coordinates, b) where value != 0 {
      for (column, a) in zip(coordinate.columns, coordinate.basis) where a != 0 {
        problem.matrix.add(column, times: -value * a, to: &rest)
      }
      let constant = value * coordinate.constant
      for row in rest.indices { rest[row] += constant }
    }
  }

  /// Σ wᵢ vᵢ² / W
  private func square(_ v: [Double]) -> Double {
    rows.inner(v, v)
  }

  // MARK: Epochs

  /// The residual times wᵢ / W.
  var weightedResidual: [Double] { rows.weighted(residual) }

  var epochCount: Int { epochs.count }

  /// Makes the residual an epoch, in the place of another or after all of them; the only one if `forgets`.
  mutating func mark(_ epoch: Int, forgets: Bool) {
    if forgets { epochs = [] }
    if epoch == epochs.count { epochs.append(residual) } else { epochs[epoch] = residual }
  }

  /// How the screen sees this fit at `lambda`.
  func screened(_ lambda: Double) -> Screen.Fit {
    Screen.Fit(
      price: lambda * problem.penalty.alpha / targetScale,
      since: rows.shares(of: epochs.map { [$0] }, in: [residual]))
  }
}
