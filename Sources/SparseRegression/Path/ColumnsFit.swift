/// What all fits to one wide table have in common.
struct ColumnsProblem: Sendable {
  let matrix: ColumnMatrix
  let terms: [Term]
  let penalty: ElasticNet
  let options: PathOptions
  /// For each term, its penalty factor times √(its size).
  let factors: [Double]
  /// Whether no term has more than one coordinate.
  let isSingle: Bool

  init(_ matrix: ColumnMatrix, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions) {
    (self.matrix, self.terms, self.penalty, self.options) = (matrix, terms, penalty, options)
    factors = zip(terms, penalty.factors).map { $1 * Double($0.size).squareRoot() }
    isSingle = terms.allSatisfy { $0.isSingle }
  }

  func coordinates(_ term: Int, _ rows: RowStatistics) -> Coordinates {
    Coordinates(
      terms[term], rows, standardize: options.standardize, intercept: options.intercept)
  }

  /// How many of `terms`, from `first` on, are numbers in neighbouring columns; 1 for anything else.
  func run(of wanted: [Int], from first: Int) -> Int {
    guard case .number(let column) = terms[wanted[first]] else { return 1 }
    var count = 1
    while count < 128, first + count < wanted.count,
      wanted[first + count] == wanted[first] + count,
      terms[wanted[first + count]] == .number(column + count)
    { count += 1 }
    return count
  }
}

extension Term {
  /// Whether the term has one coordinate, whatever the rows.
  var isSingle: Bool {
    switch self {
    case .number, .imputed: true
    case .indicated, .levels: false
    }
  }
}

/// One standardized coordinate of a term: Σ aᵢ xᵢ − constant over its raw columns xᵢ.
struct LocalCoordinate: Sendable {
  let columns: [Int]
  let basis: [Double]
  /// What centres it in the rows that are fitted; 0 without an intercept.
  let constant: Double

  init(
    _ term: Int, _ made: Coordinates, _ index: Int, _ problem: ColumnsProblem,
    _ rows: RowStatistics
  ) {
    columns = problem.terms[term].columns
    var basis = made.basis[index]
    var constant = 0.0
    if problem.options.intercept {
      let means = columns.map { problem.matrix.dot($0, rows.shares) }
      for (mean, a) in zip(means, basis) where a != 0 { constant += a * mean }
      if case .levels = problem.terms[term] {
        // Each row has one level, so the constant can be theirs; a level that is not among the rows that
        // are fitted then has the prediction of the mean.
        for place in basis.indices { basis[place] = means[place] > 0 ? basis[place] - constant : 0 }
        constant = 0
      }
    }
    self.basis = basis
    self.constant = constant
  }

  /// Its values in all rows.
  func values(_ matrix: ColumnMatrix) -> [Double] {
    var x = [Double](repeating: -constant, count: matrix.rows)
    for (column, a) in zip(columns, basis) where a != 0 { matrix.add(column, times: a, to: &x) }
    return x
  }

  /// √(Σ w x² / W)
  func length(_ problem: ColumnsProblem, _ rows: RowStatistics) -> Double {
    let x = values(problem.matrix)
    return x.indices.reduce(0) { $0 + rows.shares[$1] * x[$1] * x[$1] }.squareRoot()
  }
}

/// Rows of the Gram matrix of the coordinates that a fit works on.
struct ColumnsGram: GramSource {
  let matrix: ColumnMatrix
  let shares: [Double]
  var coordinates: [LocalCoordinate]

  func products(_ j: Int, with range: Range<Int>) -> [Double] {
    let v = weighted(coordinates[j].values(matrix))
    let sum = v.reduce(0, +)
    return range.map { product(coordinates[$0], v, sum: sum) }
  }

  func product(_ j: Int, _ k: Int) -> Double { products(j, with: k..<k + 1)[0] }

  /// wᵢ vᵢ / W on the rows that are fitted, 0 elsewhere.
  func weighted(_ v: [Double]) -> [Double] { zip(shares, v).map { $0 * $1 } }

  /// - Parameters:
  ///   - v: weighted.
  ///   - sum: of `v`.
  func product(_ x: LocalCoordinate, _ v: [Double], sum: Double) -> Double {
    zip(x.columns, x.basis).reduce(-x.constant * sum) { total, part in
      part.1 == 0 ? total : total + part.1 * matrix.dot(part.0, v)
    }
  }
}

/// A fit to the rows of some blocks, by a solver that knows few of the terms: those that it was told to
/// watch.
struct ColumnsFit: Sendable {
  private let problem: ColumnsProblem
  let rows: RowStatistics
  private let test: Range<Int>?
  let targetScale: Double
  /// The standardized target in all rows.
  private let target: [Double]
  private var gram: ColumnsGram
  private var solver: any SupportSolver
  /// The terms watched, and the coordinates of each.
  private var members: [(term: Int, coordinates: Range<Int>)] = []
  /// In all rows.
  private(set) var residual: [Double]
  /// The residual of each epoch, times w / W, as far as any term refers to it.
  private var epochs: [[Double]] = []
  /// ½‖y‖² once the unpenalized terms are fitted.
  private(set) var nullObjective = 0.5
  private(set) var dependent: [Int] = []
  private(set) var point: RegularizationPath.Point?
  private(set) var testError = 0.0

  /// - Throws: ``PathError`` where the target does not vary.
  init(_ problem: ColumnsProblem, blocks: [Int], test: Int?) throws(PathError) {
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
    gram = ColumnsGram(matrix: matrix, shares: rows.shares, coordinates: [])
    solver = Self.emptySolver(gram, problem)
  }

  private static func emptySolver(_ gram: ColumnsGram, _ problem: ColumnsProblem)
    -> any SupportSolver
  {
    let loss = Quadratic(gram, diagonal: [], correlation: [])
    let penalty = ElasticNet(alpha: problem.penalty.alpha, count: 0)
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
    nullObjective = max(square(residual), .ulpOfOne) / 2
    watch(unpenalized.filter { !dependent.contains($0) })
  }

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
    let weightedTarget = gram.weighted(target)
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
        new.signs.append(problem.penalty.signs[term])
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
    point = RegularizationPath.Point(
      lambda: lambda, support: support.map(\.term),
      values: support.map { $0.coordinates.map { b[$0] } },
      devianceRatio: 1 - square(residual) / square(target), gap: outcome.gap / nullObjective,
      isDirect: outcome.isDirect)
    guard let test else { return }
    let weight = test.reduce(0) { $0 + problem.matrix.weights[$1] }
    let sum = test.reduce(0) {
      $0 + problem.matrix.weights[$1] * residual[$1] * residual[$1]
    }
    testError = sum / weight * targetScale * targetScale
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
    rows.shares.indices.reduce(0) { $0 + rows.shares[$1] * v[$1] * v[$1] }
  }

  // MARK: Epochs

  /// The residual times wᵢ / W.
  var weightedResidual: [Double] { gram.weighted(residual) }

  /// Makes the residual an epoch; the only one if `forgets`.
  mutating func mark(forgets: Bool) {
    if forgets { epochs = [] }
    epochs.append(residual)
  }

  /// How the screen sees this fit at `lambda`.
  func screened(_ lambda: Double) -> Screen.Fit {
    Screen.Fit(
      price: lambda * problem.penalty.alpha / targetScale,
      since: epochs.map { epoch in
        var (cross, before) = (0.0, 0.0)
        for (row, share) in rows.shares.enumerated() {
          cross += share * residual[row] * epoch[row]
          before += share * epoch[row] * epoch[row]
        }
        let left = before > 0 ? cross / before : 0
        let rest = rows.shares.indices.reduce(0.0) { sum, row in
          let difference = residual[row] - left * epoch[row]
          return sum + rows.shares[row] * difference * difference
        }
        return (share: abs(left), rest: rest.squareRoot())
      })
  }
}
