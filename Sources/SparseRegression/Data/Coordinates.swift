/// The coordinates of one term: what they are made of, told by the means and co-moments of its columns.
struct Coordinates: Sendable {
  /// For each coordinate, one weight for each column of the term.
  var basis: [[Double]]
  var isConstant = false
  var center = 0.0
  var scale = 1.0

  /// - Complexity: O(m³) for a term of m columns
  init(_ term: Term, _ moments: some ColumnStatistics, standardize: Bool, intercept: Bool) {
    switch term {
    case .number(let column):
      basis = [[1]]
      center = moments.mean(column)
      finish([[moments.comoment(column, column)]], moments.weight, standardize)
    case .imputed(let value, let missing, let origin):
      let shift = Self.meanShift(moments, value, missing, origin)
      basis = [[1, shift]]
      center = origin + shift
      finish(Self.comoments(moments, [value, missing]), moments.weight, standardize)
    case .indicated(let value, let missing, let origin):
      let shift = Self.meanShift(moments, value, missing, origin)
      basis = [[1, shift], [0, 1]]
      center = origin + shift
      let variance =
        quadraticForm(
          Self.comoments(moments, [value, missing]), basis[0], basis[0]) / moments.weight
      if standardize && variance > 0 { scale = variance.squareRoot() }
      orthonormalize(moments, [value, missing], intercept)
    case .levels(let columns):
      basis = columns.indices.map { level in columns.indices.map { $0 == level ? 1 : 0 } }
      orthonormalize(moments, columns, intercept)
    }
  }

  /// μ − origin, from the mean of a column that holds `origin` where it is missing.
  private static func meanShift(
    _ moments: some ColumnStatistics, _ value: Int, _ missing: Int, _ origin: Double
  ) -> Double {
    let observed = 1 - moments.mean(missing)
    return observed > 0 ? (moments.mean(value) - origin) / observed : 0
  }

  private static func comoments(_ moments: some ColumnStatistics, _ columns: [Int]) -> [[Double]] {
    columns.map { j in columns.map { moments.comoment(j, $0) } }
  }

  /// Divides the one coordinate by its standard deviation.
  private mutating func finish(_ comoments: [[Double]], _ weight: Double, _ standardize: Bool) {
    let direct = quadraticForm(comoments, basis[0], basis[0])
    // What rounding leaves of two variances that cancel is no variance.
    let noise =
      1e-14
      * basis[0].indices.reduce(0) {
        $0 + basis[0][$1] * basis[0][$1] * comoments[$1][$1]
      }
    guard direct > (basis[0].count > 1 ? noise : 0) else {
      isConstant = true
      basis[0] = basis[0].map { _ in 0 }
      return
    }
    guard standardize else { return }
    scale = (direct / weight).squareRoot()
    basis[0] = basis[0].map { $0 / scale }
  }

  /// Gram–Schmidt in the inner product of the moments; what the columns before it span is left out.
  private mutating func orthonormalize(
    _ moments: some ColumnStatistics, _ columns: [Int], _ intercept: Bool
  ) {
    var products = Self.comoments(moments, columns)
    for j in columns.indices {
      for k in columns.indices {
        products[j][k] /= moments.weight
        if !intercept {
          products[j][k] += moments.mean(columns[j]) * moments.mean(columns[k])
        }
      }
    }
    var orthonormal: [[Double]] = []
    for vector in basis {
      let length = quadraticForm(products, vector, vector)
      guard length > 0 else { continue }
      var rest = vector
      for _ in 0..<2 {  // twice is enough (Giraud, Langou & Rozložník, 2005)
        for other in orthonormal {
          let share = quadraticForm(products, rest, other)
          for place in rest.indices { rest[place] -= share * other[place] }
        }
      }
      let left = quadraticForm(products, rest, rest)
      guard left > 1e-12 * length else { continue }
      orthonormal.append(rest.map { $0 / left.squareRoot() })
    }
    isConstant = orthonormal.isEmpty
    basis = isConstant ? [columns.map { _ in 0 }] : orthonormal
  }
}

/// a' M b
private func quadraticForm(_ m: [[Double]], _ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for j in a.indices where a[j] != 0 {
    for k in b.indices { sum += a[j] * m[j][k] * b[k] }
  }
  return sum
}
