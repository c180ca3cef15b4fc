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
  private let basis: Basis
  /// Terms that hold a single value.
  public let isConstant: [Bool]
  /// One centre a term: its mean for a number, missing cells left out, less its shift; 0 for a categorical, a
  /// declared group and without an intercept.
  let center: [Double]
  /// One scale a term, positive: the standard deviation of a number, missing cells filled with the mean;
  /// 1 for a categorical, a declared group, a constant and without standardization.
  public let scale: [Double]
  /// For each declared group the same for each of its members.
  private let groupMembers: [Int: [Coordinates.Member]]
  /// Centre of the target, less its shift; zero without an intercept.
  let targetCenter: Double
  /// That of the columns, by ``Moments/shift``, and of the target.
  private let shift: [Int: Double]
  private let targetShift: Double
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
  private let isPlain: Bool
  /// For each coordinate, its term.
  private let termOf: [Int]

  /// - Parameters:
  ///   - moments: the last column is the target.
  ///   - terms: over the other columns.
  /// - Complexity: O(p), and O(m³) for a group of m columns.
  public init(
    _ moments: TrainingMoments, _ terms: [Term], standardize: Bool = true, intercept: Bool = true
  ) {
    self.init(
      moments, columns: moments.width, target: moments.width - 1, terms, standardize: standardize,
      intercept: intercept)
  }

  /// - Parameters:
  ///   - columns: how many raw columns there are, the target included.
  ///   - target: which of these it is.
  ///   - standardizesTarget: whether the target is centred and scaled; else both are left to the loss.
  init(
    _ moments: some ColumnStatistics, columns: Int, target y: Int, _ terms: [Term],
    standardize: Bool, intercept: Bool, standardizesTarget: Bool = true
  ) {
    precondition(columns >= 1 && moments.weight > 0, "no target or no rows")
    var (coordinates, basis, isConstant) = ([Range<Int>](), Basis(), [Bool]())
    var (center, scale) = ([Double](), [Double]())
    var groupMembers: [Int: [Coordinates.Member]] = [:]
    coordinates.reserveCapacity(terms.count)
    basis.reserve(terms.count)
    isConstant.reserveCapacity(terms.count)
    center.reserveCapacity(terms.count)
    scale.reserveCapacity(terms.count)
    for (index, term) in terms.enumerated() {
      // There may be very many of these.
      if case .number(let column) = term {
        let made = Coordinates.Number(column, moments, standardize: standardize)
        coordinates.append(basis.count..<basis.count + 1)
        basis.append(made.weight)
        isConstant.append(made.isConstant)
        center.append(intercept ? made.center : 0)
        scale.append(made.scale)
        continue
      }
      let made = Coordinates(
        term, moments, standardize: standardize, intercept: intercept)
      coordinates.append(basis.count..<basis.count + made.basis.count)
      for weights in made.basis { basis.append(weights) }
      isConstant.append(made.isConstant)
      center.append(intercept ? made.center : 0)
      scale.append(made.scale)
      if !made.members.isEmpty { groupMembers[index] = made.members }
    }
    self.groupMembers = groupMembers
    (self.terms, self.coordinates, self.basis) = (terms, coordinates, basis)
    (self.isConstant, self.center, self.scale) = (isConstant, center, scale)
    self.intercept = intercept
    isPlain = terms.enumerated().allSatisfy { $0.element == .number($0.offset) }
    var termOf: [Int] = []
    termOf.reserveCapacity(basis.count)
    for (term, range) in coordinates.enumerated() {
      termOf += repeatElement(term, count: range.count)
    }
    self.termOf = termOf
    means = (0..<columns).map { intercept ? moments.mean($0) : 0 }
    targetCenter = standardizesTarget ? means[y] : 0
    (shift, targetShift) = (moments.shift, moments.shift[y] ?? 0)
    let variance = moments.comoment(y, y) / moments.weight
    let mean = moments.mean(y)
    let s = (variance + (intercept ? 0 : mean * mean)).squareRoot()
    targetScale = s > 0 && standardizesTarget ? s : 1
  }

  /// Centre and scale of a member of a term: of its only one, unless the term is a declared group.
  public func standardization(_ term: Int, member: Int = 0) -> (center: Double, scale: Double) {
    let (center, scale) =
      groupMembers[term].map { ($0[member].center, $0[member].scale) }
      ?? (center[term], scale[term])
    guard !shift.isEmpty, let column = terms[term].members[member].term.columns.first else {
      return (center, scale)
    }
    return (center + (shift[column] ?? 0), scale)
  }

  /// What coefficients are of the columns as they came, where they are of shifted ones.
  func unshifted(_ raw: RawCoefficients) -> RawCoefficients {
    guard !shift.isEmpty else { return raw }
    var raw = raw
    raw.intercept += targetShift
    for (column, value) in zip(raw.columns, raw.values) {
      if let shift = shift[column] { raw.intercept -= value * shift }
    }
    return raw
  }

  /// Whether a member of a declared group holds a single value.
  public func isConstant(_ term: Int, member: Int) -> Bool {
    groupMembers[term]?[member].isConstant ?? isConstant[term]
  }

  /// The terms that can have no coefficient whatever the others are.
  func exclusions(_ penalty: ElasticNet) -> [RegularizationPath.Exclusion?] {
    terms.indices.map {
      isConstant[$0] ? .constant : penalty.factors[$0].isFinite ? nil : .shutOut
    }
  }

  /// The least-squares problem in these coordinates.
  ///
  /// - Complexity: O(p), and O(p) for each row of the Gram matrix that is asked for.
  func quadratic(_ moments: TrainingMoments) -> Quadratic {
    let y = moments.width - 1
    let products = rawProducts([(y, 1 / targetScale)], moments)
    return Quadratic(
      MomentsGram(design: self, moments: moments),
      // Coordinates of a group are orthonormal.
      diagonal: terms.indices.flatMap { term in
        coordinates[term].map {
          coordinates[term].count > 1 ? 1 : product($0, $0, moments)
        }
      },
      correlation: terms.indices.flatMap { term in
        coordinates[term].map { combined(products, k: $0, of: term) }
      },
      targetNorm: products[y] / targetScale)
  }

  /// A row of the Gram matrix: the products of coordinate `k` with all coordinates.
  ///
  /// - Complexity: O(p · blocks · columns of the term)
  fileprivate func gramRow(_ k: Int, _ moments: TrainingMoments) -> [Double] {
    let term = termOf[k]
    let row = rawProducts(Array(zip(terms[term].columns, basis[k])), moments)
    if isPlain { return zip(row, basis.weights).map { $0 * $1 } }
    var products: [Double] = []
    products.reserveCapacity(count)
    for other in terms.indices {
      for l in coordinates[other] { products.append(combined(row, k: l, of: other)) }
    }
    return products
  }

  /// Σ w x z / W for a combination x of raw columns and each raw column z.
  private func rawProducts(
    _ combination: [(column: Int, factor: Double)], _ moments: TrainingMoments
  ) -> [Double] {
    var row = [Double](repeating: 0, count: moments.width)
    for (column, factor) in combination where factor != 0 {
      moments.addRow(column, times: factor / moments.weight, to: &row)
      if !intercept {
        LinearAlgebra.add(moments.mean, times: factor * moments.mean[column], to: &row)
      }
    }
    return row
  }

  private func combined(_ row: [Double], k: Int, of term: Int) -> Double {
    if case .number(let column) = terms[term] { return row[column] * basis[k].first! }
    return zip(terms[term].columns, basis[k]).reduce(0) { $0 + row[$1.0] * $1.1 }
  }

  /// The product of two coordinates.
  ///
  /// - Complexity: O(blocks · columns of the terms)
  fileprivate func product(_ k: Int, _ l: Int, _ moments: TrainingMoments) -> Double {
    var sum = 0.0
    for (i, a) in zip(terms[termOf[k]].columns, basis[k]) where a != 0 {
      for (j, b) in zip(terms[termOf[l]].columns, basis[l]) where b != 0 {
        sum +=
          a * b
          * (moments.comoment(i, j) / moments.weight
            + (intercept ? 0 : moments.mean[i] * moments.mean[j]))
      }
    }
    return sum
  }

  /// What the coefficient of a term's first coordinate is multiplied by to be that of the column as it came.
  func unit(of term: Int) -> Double { basis[coordinates[term].lowerBound, 0] * targetScale }

  /// Coefficients of the raw columns of some terms, on the original scale.
  ///
  /// A categorical's are shifted so that their mean over the rows is zero: a level that was not among
  /// the rows then has the prediction of the mean, and the intercept does not depend on the levels.
  ///
  /// - Parameters:
  ///   - support: terms.
  ///   - values: their coordinates, one after the other; for each term as often as there are responses.
  ///   - response: which of the responses.
  func raw(
    support: [Int], values: [Double], response: Int = 0, of responses: Int = 1
  ) -> RawCoefficients {
    var result = RawCoefficients(intercept: targetCenter)
    result.columns.reserveCapacity(values.count)
    result.values.reserveCapacity(values.count)
    var start = 0
    for term in support {
      // Most terms are numbers, and this is done for each λ of each fold.
      if case .number(let column) = terms[term] {
        let weight = basis[coordinates[term].lowerBound, 0]
        result.append(column, weight * values[start + response] * targetScale, mean: means[column])
        start += responses
        continue
      }
      let columns = terms[term].columns
      var beta = [Double](repeating: 0, count: columns.count)
      let rank = coordinates[term].count
      for (place, k) in coordinates[term].enumerated() {
        let value = values[start + response * rank + place] * targetScale
        for column in columns.indices { beta[column] += basis[k, column] * value }
      }
      start += responses * rank
      for case (.levels, let places) in terms[term].members where intercept {
        let mean = places.reduce(0) { $0 + means[columns[$1]] * beta[$1] }
        for place in places where means[columns[place]] > 0 { beta[place] -= mean }
      }
      for (column, value) in zip(columns, beta) {
        result.append(column, value, mean: means[column])
      }
    }
    return result
  }
}

/// The weights of coordinates on the columns of their terms, one after the other.
private struct Basis: Sendable {
  private(set) var weights: [Double] = []
  private var starts: [Int] = [0]

  var count: Int { starts.count - 1 }

  /// Makes room for so many coordinates of one weight each.
  mutating func reserve(_ count: Int) {
    weights.reserveCapacity(count)
    starts.reserveCapacity(count + 1)
  }

  mutating func append(_ some: [Double]) {
    weights += some
    starts.append(weights.count)
  }

  /// Takes in a coordinate of one weight.
  mutating func append(_ weight: Double) {
    weights.append(weight)
    starts.append(weights.count)
  }

  subscript(_ coordinate: Int) -> ArraySlice<Double> {
    weights[starts[coordinate]..<starts[coordinate + 1]]
  }

  subscript(_ coordinate: Int, _ place: Int) -> Double { weights[starts[coordinate] + place] }
}

/// Makes rows of the Gram matrix from moments.
private struct MomentsGram: GramSource {
  let design: Design
  let moments: TrainingMoments

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    precondition(others.count == design.count)
    return some.map { design.gramRow($0, moments) }
  }

  func product(_ j: Int, _ k: Int) -> Double { design.product(j, k, moments) }
}

/// Coefficients of columns of the moments.
struct RawCoefficients {
  var intercept: Double
  var columns: [Int] = []
  var values: [Double] = []

  /// Takes in a column, whose mean the intercept makes up for.
  fileprivate mutating func append(_ column: Int, _ value: Double, mean: Double) {
    columns.append(column)
    values.append(value)
    intercept -= value * mean
  }
}
