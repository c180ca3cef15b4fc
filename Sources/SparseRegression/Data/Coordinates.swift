/// The coordinates of one term: what they are made of, told by the means and co-moments of its columns.
struct Coordinates: Sendable {
  /// For each coordinate, one weight for each column of the term.
  var basis: [[Double]]
  var isConstant = false
  var center = 0.0
  var scale = 1.0

  /// One entry a member of a declared group; empty for any other term.
  var members: [Member] = []

  /// The one coordinate of a number.
  struct Number {
    /// What the column is multiplied by; 0 for a constant.
    let weight: Double
    let isConstant: Bool
    let center: Double
    let scale: Double

    init(_ column: Int, _ moments: some ColumnStatistics, standardize: Bool) {
      center = moments.mean(column)
      let square = moments.comoment(column, column)
      isConstant = !(square > 0)
      scale = standardize && !isConstant ? (square / moments.weight).squareRoot() : 1
      weight = isConstant ? 0 : 1 / scale
    }
  }

  /// A member of a declared group by itself.
  struct Member: Sendable {
    let center: Double
    let scale: Double
    let isConstant: Bool
  }

  /// - Complexity: O(m³) for a term of m columns
  init(_ term: Term, _ moments: some ColumnStatistics, standardize: Bool, intercept: Bool) {
    let columns = term.columns
    switch term {
    case .number(let column):
      let made = Number(column, moments, standardize: standardize)
      (isConstant, center, scale) = (made.isConstant, made.center, made.scale)
      basis = [[made.weight]]
    case .imputed:
      (basis, center) = Self.directions(term, moments)
      finish(moments.comoments(columns), moments.weight, standardize)
    case .indicated:
      (basis, center) = Self.directions(term, moments)
      let products = moments.comoments(columns)
      scale = Self.deviation(basis[0], products, moments.weight, standardize)
      orthonormalize(products, moments, columns, intercept)
    case .levels:
      (basis, center) = Self.directions(term, moments)
      orthonormalize(moments.comoments(columns), moments, columns, intercept)
    case .group:
      let products = moments.comoments(columns)
      basis = []
      for (member, places) in term.members {
        let (directions, center) = Self.directions(member, moments)
        let placed = directions.map { direction in
          var weights = [Double](repeating: 0, count: columns.count)
          weights.replaceSubrange(places, with: direction)
          return weights
        }
        basis += placed
        let isNumber = if case .levels = member { false } else { true }
        members.append(
          Member(
            center: intercept ? center : 0,
            scale: Self.deviation(placed[0], products, moments.weight, standardize && isNumber),
            isConstant: placed.allSatisfy {
              quadraticForm(products, $0, $0) <= Self.noise($0, products)
            }))
      }
      orthonormalize(products, moments, columns, intercept)
    }
  }

  /// What a term spans, in weights on its columns, and its centre.
  private static func directions(_ term: Term, _ moments: some ColumnStatistics)
    -> (weights: [[Double]], center: Double)
  {
    switch term {
    case .number(let column): return ([[1]], moments.mean(column))
    case .imputed(let value, let missing, let origin):
      let origin = origin - (moments.shift[value] ?? 0)
      let way = meanShift(moments, value, missing, origin)
      return ([[1, way]], origin + way)
    case .indicated(let value, let missing, let origin):
      let origin = origin - (moments.shift[value] ?? 0)
      let way = meanShift(moments, value, missing, origin)
      return ([[1, way], [0, 1]], origin + way)
    case .levels(let columns):
      return (
        columns.indices.map { level in columns.indices.map { $0 == level ? 1 : 0 } }, 0
      )
    case .group: preconditionFailure("a group has no group for a member")
    }
  }

  /// A standard deviation to divide by; 1 where nothing is divided.
  private static func deviation(
    _ direction: [Double], _ comoments: [[Double]], _ weight: Double, _ standardize: Bool
  ) -> Double {
    let variance = quadraticForm(comoments, direction, direction) / weight
    return standardize && variance > noise(direction, comoments) / weight
      ? variance.squareRoot() : 1
  }

  /// What rounding may leave of variances that cancel, which is then no variance.
  private static func noise(_ direction: [Double], _ comoments: [[Double]]) -> Double {
    guard direction.count(where: { $0 != 0 }) > 1 else { return 0 }
    return 1e-14
      * direction.indices.reduce(0) {
        $0 + direction[$1] * direction[$1] * comoments[$1][$1]
      }
  }

  /// μ − origin, from the mean of a column that holds `origin` where it is missing.
  private static func meanShift(
    _ moments: some ColumnStatistics, _ value: Int, _ missing: Int, _ origin: Double
  ) -> Double {
    let observed = 1 - moments.mean(missing)
    return observed > 0 ? (moments.mean(value) - origin) / observed : 0
  }

  /// Divides the one coordinate by its standard deviation.
  private mutating func finish(_ comoments: [[Double]], _ weight: Double, _ standardize: Bool) {
    let direct = quadraticForm(comoments, basis[0], basis[0])
    guard direct > Self.noise(basis[0], comoments) else {
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
    _ comoments: [[Double]], _ moments: some ColumnStatistics, _ columns: [Int],
    _ intercept: Bool
  ) {
    var products = comoments
    for j in columns.indices {
      for k in columns.indices {
        products[j][k] /= moments.weight
        if !intercept {
          products[j][k] += moments.mean(columns[j]) * moments.mean(columns[k])
        }
      }
    }
    // Of each vector v also M v, so that a product with it costs O(m).
    var (orthonormal, images) = ([[Double]](), [[Double]]())
    for vector in basis {
      let length = quadraticForm(products, vector, vector)
      guard length > Self.noise(vector, products) else { continue }
      var rest = vector
      for _ in 0..<2 {  // twice is enough (Giraud, Langou & Rozložník, 2005)
        for (other, image) in zip(orthonormal, images) {
          let share = LinearAlgebra.dot(rest, image)
          LinearAlgebra.add(other, times: -share, to: &rest)
        }
      }
      let left = quadraticForm(products, rest, rest)
      guard left > 1e-12 * length else { continue }
      let root = left.squareRoot()
      orthonormal.append(rest.map { $0 / root })
      images.append(products.map { LinearAlgebra.dot($0, orthonormal[orthonormal.count - 1]) })
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
