/// Standardized coordinates for each term, read off the moments of the rows to fit.
///
/// A number becomes one coordinate, (x − center) / scale. A group of several columns becomes orthonormal
/// coordinates that span them. As glmnet has it, the standard deviation divides by W (population,
/// weighted); without an intercept nothing is centred, yet numbers are still divided by their centred
/// standard deviation, and the target by √(Σ w y² / W).
public struct Design: Sendable {
  public let terms: [Term]
  /// For each term, its coordinates; one, without variation, for a term that holds a single value.
  let coordinates: [Range<Int>]
  /// For each coordinate, its weights on the columns of its term.
  private let basis: [[Double]]
  /// Terms that hold a single value.
  public let isConstant: [Bool]
  /// One centre a term: its mean for a number, missing cells left out; 0 for a categorical and without an
  /// intercept.
  public let center: [Double]
  /// One scale a term, positive: the standard deviation of a number, missing cells filled with the mean;
  /// 1 for a categorical, a constant and
  /// without standardization.
  public let scale: [Double]
  /// Centre of the target; zero without an intercept.
  public let targetCenter: Double
  /// Scale of the target, positive; 1 for a target without variation.
  public let targetScale: Double
  /// The means of the columns of the moments; zeros without an intercept.
  private let means: [Double]
  private let intercept: Bool

  /// The number of coordinates.
  var count: Int { basis.count }
  /// Whether every term is one coordinate.
  var isSingle: Bool { coordinates.allSatisfy { $0.count == 1 } }
  /// Whether coordinate `j` is column `j` of the moments, for all of them.
  private var isPlain: Bool {
    terms.enumerated().allSatisfy { $0.element == .number($0.offset) }
  }

  /// - Parameters:
  ///   - moments: the last column is the target.
  ///   - terms: over the other columns.
  /// - Complexity: O(p), and O(m³) for a group of m columns.
  public init(
    _ moments: Moments, _ terms: [Term], standardize: Bool = true, intercept: Bool = true
  ) {
    precondition(moments.width >= 1 && moments.weight > 0, "no target or no rows")
    let y = moments.width - 1
    var (coordinates, basis, isConstant) = ([Range<Int>](), [[Double]](), [Bool]())
    var (center, scale) = ([Double](), [Double]())
    for term in terms {
      let made = Coordinates(
        term, moments, standardize: standardize, intercept: intercept)
      coordinates.append(basis.count..<basis.count + made.basis.count)
      basis += made.basis
      isConstant.append(made.isConstant)
      center.append(intercept ? made.center : 0)
      scale.append(made.scale)
    }
    (self.terms, self.coordinates, self.basis) = (terms, coordinates, basis)
    (self.isConstant, self.center, self.scale) = (isConstant, center, scale)
    self.intercept = intercept
    means = intercept ? moments.mean : Array(repeating: 0, count: moments.width)
    targetCenter = means[y]
    let variance = moments.comoment(y, y) / moments.weight
    let s = (variance + (intercept ? 0 : moments.mean[y] * moments.mean[y])).squareRoot()
    targetScale = s > 0 ? s : 1
  }

  /// The least-squares problem in these coordinates.
  ///
  /// - Complexity: O(p²), times the columns of a term.
  func quadratic(_ moments: Moments) -> Quadratic {
    if isPlain { return plainQuadratic(moments) }
    let (width, y) = (moments.width, moments.width - 1)
    func product(_ j: Int, _ k: Int) -> Double {
      moments.comoment(j, k) / moments.weight
        + (intercept ? 0 : moments.mean[j] * moments.mean[k])
    }
    var gram = [Double](repeating: 0, count: count * count)
    var correlation = [Double](repeating: 0, count: count)
    var row = [Double](repeating: 0, count: width)
    for (t, term) in terms.enumerated() {
      for k in coordinates[t] {
        // The products of this coordinate with every column, then with every coordinate.
        for column in 0..<width {
          row[column] = zip(term.columns, basis[k]).reduce(0) { sum, part in
            part.1 == 0 ? sum : sum + part.1 * product(part.0, column)
          }
        }
        correlation[k] = row[y] / targetScale
        for other in t..<terms.count {
          let columns = terms[other].columns
          for l in coordinates[other] {
            let value = zip(columns, basis[l]).reduce(0) { $0 + row[$1.0] * $1.1 }
            gram[k * count + l] = value
            gram[l * count + k] = value
          }
        }
      }
    }
    return Quadratic(
      gram: gram, correlation: correlation,
      targetNorm: product(y, y) / (targetScale * targetScale))
  }

  /// The common case, one number a term: row by row, in place.
  private func plainQuadratic(_ moments: Moments) -> Quadratic {
    let p = terms.count
    let shift = intercept ? Array(repeating: 0, count: p + 1) : moments.mean
    var gram = [Double](repeating: 0, count: p * p)
    fillGram(
      &gram, moments.upper, width: p + 1, weight: moments.weight, basis.map { $0[0] }, shift)
    let norm = moments.comoment(p, p) / moments.weight + shift[p] * shift[p]
    return Quadratic(
      gram: gram,
      correlation: (0..<p).map {
        (moments.comoment($0, p) / moments.weight + shift[$0] * shift[p]) * basis[$0][0]
          / targetScale
      },
      targetNorm: norm / (targetScale * targetScale))
  }

  /// Coefficients of the raw columns of some terms, on the original scale.
  ///
  /// A categorical's are shifted so that their mean over the rows is zero: a level that was not among
  /// the rows then has the prediction of the mean, and the intercept does not depend on the levels.
  ///
  /// - Parameters:
  ///   - support: terms.
  ///   - values: their coordinates, one after the other.
  func raw(support: [Int], values: [Double]) -> RawCoefficients {
    var result = RawCoefficients(intercept: targetCenter)
    var next = 0
    for term in support {
      let columns = terms[term].columns
      var beta = [Double](repeating: 0, count: columns.count)
      for k in coordinates[term] {
        for place in columns.indices {
          beta[place] += basis[k][place] * values[next] * targetScale
        }
        next += 1
      }
      if case .levels = terms[term], intercept {
        let mean = zip(columns, beta).reduce(0) { $0 + means[$1.0] * $1.1 }
        for place in columns.indices where means[columns[place]] > 0 { beta[place] -= mean }
      }
      for (column, value) in zip(columns, beta) {
        result.columns.append(column)
        result.values.append(value)
        result.intercept -= value * means[column]
      }
    }
    return result
  }
}

/// Coefficients of columns of the moments.
struct RawCoefficients {
  var intercept: Double
  var columns: [Int] = []
  var values: [Double] = []
}

/// The coordinates of one term.
private struct Coordinates {
  /// For each coordinate, one weight for each column of the term.
  var basis: [[Double]]
  var isConstant = false
  var center = 0.0
  var scale = 1.0

  init(_ term: Term, _ moments: Moments, standardize: Bool, intercept: Bool) {
    switch term {
    case .number(let column):
      basis = [[1]]
      center = moments.mean[column]
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
    _ moments: Moments, _ value: Int, _ missing: Int, _ origin: Double
  ) -> Double {
    let observed = 1 - moments.mean[missing]
    return observed > 0 ? (moments.mean[value] - origin) / observed : 0
  }

  private static func comoments(_ moments: Moments, _ columns: [Int]) -> [[Double]] {
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
    _ moments: Moments, _ columns: [Int], _ intercept: Bool
  ) {
    var products = Self.comoments(moments, columns)
    for j in columns.indices {
      for k in columns.indices {
        products[j][k] /= moments.weight
        if !intercept {
          products[j][k] += moments.mean[columns[j]] * moments.mean[columns[k]]
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

/// G_jk = (C_jk / W + x̄ⱼ x̄ₖ) fⱼ fₖ, both halves; `mean` is zero where columns are centred.
private func fillGram(
  _ gram: inout [Double], _ upper: [Double], width: Int, weight: Double, _ factor: [Double],
  _ mean: [Double]
) {
  let p = factor.count
  var g = gram.mutableSpan
  let (upper, means, factors) = (upper.span, mean.span, factor.span)
  for j in 0..<p {
    let (from, to, a, m) = (j &* width, j &* p, factor[j], mean[j])
    for k in j..<p {
      g[to &+ k] = (upper[from &+ k] / weight + m * means[k]) * (a * factors[k])
    }
  }
  for j in 0..<p { for k in j + 1..<max(p, j + 1) { g[k &* p &+ j] = g[j &* p &+ k] } }
}
