/// What all fits to one wide table have in common.
struct ColumnsProblem: Sendable {
  let matrix: ColumnMatrix
  let terms: [Term]
  private(set) var penalty: ElasticNet
  let options: PathOptions
  /// For each term, its penalty factor times √(its size).
  private(set) var factors: [Double]
  /// Whether no term has more than one coordinate.
  let isSingle: Bool

  init(_ matrix: ColumnMatrix, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions) {
    (self.matrix, self.terms, self.penalty, self.options) = (matrix, terms, penalty, options)
    factors = zip(terms, penalty.factors).map { $1 * Double($0.size).squareRoot() }
    isSingle = terms.allSatisfy { $0.isSingle }
  }

  /// The same with another penalty.
  ///
  /// - Parameter factors: for each term, if they are not those of the penalty.
  func with(_ penalty: ElasticNet, factors: [Double]? = nil) -> ColumnsProblem {
    var other = self
    other.penalty = penalty
    other.factors = zip(terms, factors ?? penalty.factors).map {
      $1 * Double($0.size).squareRoot()
    }
    return other
  }

  func coordinates(_ term: Int, _ rows: RowStatistics) -> Coordinates {
    Coordinates(
      terms[term], rows, standardize: options.standardize, intercept: options.intercept)
  }

  /// How many of some terms, from `first` on, are numbers that one product serves; 1 for anything else.
  func run(of wanted: [Int], from first: Int) -> Int {
    var last = first
    while last < wanted.count, last - first < 128, case .number = terms[wanted[last]] { last += 1 }
    return max(1, last - first)
  }
}

extension Term {
  /// Whether the term has one coordinate, whatever the rows.
  package var isSingle: Bool {
    switch self {
    case .number, .imputed: true
    case .indicated, .levels, .group: false
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
      for (member, places) in problem.terms[term].members {
        let share = places.reduce(0.0) {
          basis[$1] == 0 ? $0 : $0 + basis[$1] * means[$1]
        }
        guard case .levels = member else {
          constant += share
          continue
        }
        // Each row has one level, so the constant can be theirs; a level that is not among the rows that
        // are fitted then has the prediction of the mean.
        for place in places { basis[place] = means[place] > 0 ? basis[place] - share : 0 }
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
    return rows.inner(x, x).squareRoot()
  }
}

/// Rows of the Gram matrix of the coordinates that a fit works on.
struct ColumnsGram: GramSource {
  let rows: RowStatistics
  var coordinates: [LocalCoordinate] = []

  /// Vectors that are multiplied at once: as many as the sums of one product have room for.
  private static let batch = 12

  var isDear: Bool { true }

  /// - Complexity: O(n · some · others)
  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    // To make a vector of a coordinate costs more than to multiply with one.
    if others.count < some.count {
      let turned = products(others, with: some)
      return some.indices.map { j in others.indices.map { turned[$0][j] } }
    }
    let matrix = rows.matrix
    let columns = others.flatMap { coordinates[$0].columns }.filter { $0 < matrix.numbers }
    return stride(from: 0, to: some.count, by: Self.batch).flatMap { first in
      let batch = some[first..<min(first + Self.batch, some.count)]
      let vectors = InterleavedVectors(
        batch.map { rows.weighted(coordinates[$0].values(matrix)) })
      let sums = vectors.sums
      let numbers = matrix.products(columns, vectors)
      var result = [[Double]](repeating: [], count: batch.count)
      for f in result.indices { result[f].reserveCapacity(others.count) }
      var next = 0
      for k in others {
        let x = coordinates[k]
        for f in result.indices { result[f].append(-x.constant * sums[f]) }
        for (column, a) in zip(x.columns, x.basis) {
          if column < matrix.numbers {
            let start = next * vectors.stride
            for f in result.indices { result[f][result[f].count - 1] += a * numbers[start + f] }
            next += 1
          } else if a != 0 {
            let list = matrix.list(column)
            for f in result.indices {
              result[f][result[f].count - 1] += a * vectors.sum(list, of: f)
            }
          }
        }
      }
      return result
    }
  }

  func product(_ j: Int, _ k: Int) -> Double { products([j], with: [k])[0][0] }

  /// - Parameters:
  ///   - v: weighted.
  ///   - sum: of `v`.
  func product(_ x: LocalCoordinate, _ v: [Double], sum: Double) -> Double {
    zip(x.columns, x.basis).reduce(-x.constant * sum) { total, part in
      part.1 == 0 ? total : total + part.1 * rows.matrix.dot(part.0, v)
    }
  }
}
