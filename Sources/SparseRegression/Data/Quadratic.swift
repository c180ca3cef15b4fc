/// Least squares as a quadratic in the coefficients of standardized columns.
///
/// ½ Σ w (y − X b)² / W = ½ (‖y‖² − 2 c'b + b'G b), with G = X'WX / W, c = X'Wy / W (`correlation`) and
/// ‖y‖² = y'Wy / W. With columns and target standardized, G and c hold correlations.
///
/// A solver with few nonzero coefficients needs few rows of G. They are made when a coordinate first
/// enters, and kept. A row that was not prepared is as right as one that was: it is made for the moment, which
/// costs more.
public struct Quadratic: Sendable {
  /// c; one entry a coordinate.
  public private(set) var correlation: [Double]
  /// G_jj; one entry a coordinate, NaN where it is not known before its row is made.
  public private(set) var diagonal: [Double]
  /// ‖y‖², 1 for a standardized target.
  public private(set) var targetNorm: Double
  private var rows: GramRows
  private var source: any GramSource

  /// The number of coordinates.
  public var count: Int { correlation.count }

  /// - Parameters:
  ///   - source: makes rows of G.
  ///   - diagonal: of G.
  init(
    _ source: any GramSource, diagonal: [Double], correlation: [Double], targetNorm: Double = 1
  ) {
    precondition(diagonal.count == correlation.count, "Quadratic: shapes differ")
    (self.source, self.diagonal, self.correlation) = (source, diagonal, correlation)
    self.targetNorm = targetNorm
    rows = GramRows(count: correlation.count, isTriangle: source.isDear)
  }

  /// A problem whose matrix is there.
  ///
  /// - Parameters:
  ///   - gram: `p × p`, symmetric and positive semidefinite, both halves filled.
  ///   - correlation: `p` entries.
  public init(gram: [Double], correlation: [Double], targetNorm: Double = 1) {
    let p = correlation.count
    precondition(gram.count == p * p, "Quadratic: shapes differ")
    self.init(
      GramMatrix(gram: gram, count: p), diagonal: (0..<p).map { gram[$0 * p + $0] },
      correlation: correlation, targetNorm: targetNorm)
    prepareAll()
  }

  /// Makes row `j` of G, unless it is there.
  mutating func prepare(_ j: Int) { if !rows.isThere[j] { make([j]) } }

  /// Makes rows of G that will be asked for, where they are cheaper made together.
  mutating func prepare(_ some: [Int]) {
    if source.isDear { make(some.filter { !rows.isThere[$0] }) }
  }

  private mutating func make(_ new: [Int]) {
    guard !new.isEmpty else { return }
    // Where they are dear, the rows that are there hold their half of what is asked for.
    let others = (0..<count).filter { !source.isDear || !rows.isThere[$0] }
    for (j, products) in zip(new, source.products(new, with: others)) {
      if diagonal[j].isNaN { diagonal[j] = products[j] }
      rows.insert(j, products, of: others)
    }
  }

  /// Makes all rows.
  mutating func prepareAll() { for j in 0..<count { prepare(j) } }

  /// G_jk
  @inline(__always)
  func gram(_ j: Int, _ k: Int) -> Double { rows[j, k] ?? rows[k, j] ?? source.product(j, k) }

  /// G on some coordinates, `n × n`, row-major; zero above the diagonal.
  func lowerTriangle(of coordinates: [Int]) -> [Double] {
    if let lower = rows.lowerTriangle(of: coordinates) { return lower }
    return coordinates.indices.flatMap { row in
      coordinates.indices.map { $0 <= row ? gram(coordinates[row], coordinates[$0]) : 0 }
    }
  }

  /// `g += a · G[j, :]`
  func addRow(_ j: Int, times a: Double, to g: inout [Double]) {
    if !rows.addRow(j, times: a, to: &g) { addUnprepared([(j, a)], to: &g) }
  }

  /// `g −= G b`, for sparse `b`.
  ///
  /// - Complexity: O(p · support) where the rows of G are there
  func subtractProduct(_ b: [Double], from g: inout [Double]) {
    let missing = rows.subtractProduct(b, from: &g)
    if !missing.isEmpty { addUnprepared(missing.map { ($0, -b[$0]) }, to: &g) }
  }

  /// Adds multiples of rows that are not there.
  private func addUnprepared(_ some: [(j: Int, times: Double)], to g: inout [Double]) {
    for (one, products) in zip(some, source.products(some.map(\.j), with: Array(0..<count))) {
      LinearAlgebra.add(products, times: one.times, to: &g)
    }
  }

  /// c − G b, the gradient of the negative loss, for sparse `b`.
  ///
  /// - Complexity: O(p · support) where the rows of G are there
  func residualCorrelation(_ b: [Double]) -> [Double] {
    var g = correlation
    subtractProduct(b, from: &g)
    return g
  }

  /// c − G b on some coordinates, where `b` has a coefficient for each of them and no other has one.
  ///
  /// - Complexity: O(coordinates²) where the rows of G are there
  func residualCorrelation(_ b: [Double], of coordinates: [Int]) -> [Double] {
    var g = coordinates.map { correlation[$0] }
    for (j, value) in zip(coordinates, b) where value != 0 {
      for (place, k) in coordinates.enumerated() { g[place] -= value * gram(j, k) }
    }
    return g
  }

  /// The same G with another c.
  func with(correlation: [Double]) -> Quadratic {
    precondition(correlation.count == count, "Quadratic: shapes differ")
    var other = self
    other.correlation = correlation
    return other
  }

  /// The same coordinates with another G, whose rows are yet to be made.
  func with(_ source: any GramSource) -> Quadratic {
    Quadratic(
      source, diagonal: Array(repeating: .nan, count: count), correlation: correlation,
      targetNorm: targetNorm)
  }

  /// Another target with the same G: c = g + G b and ‖y‖² = rest + b'c + b'g, so that at `b` the gradient
  /// is `gradient` and the residual has the squared length `rest`.
  ///
  /// - Complexity: O(p · support)
  mutating func recenter(_ b: [Double], gradient: [Double], rest: Double) {
    precondition(gradient.count == count)
    var c = gradient
    for j in 0..<count where b[j] != 0 {
      prepare(j)
      addRow(j, times: b[j], to: &c)
    }
    correlation = c
    targetNorm = (0..<count).reduce(rest) { $0 + b[$1] * (c[$1] + gradient[$1]) }
  }

  /// Takes in coordinates after those there are.
  mutating func extend(_ new: NewCoordinates) {
    let old = count
    source = new.source
    diagonal += new.diagonal
    correlation += new.correlation
    let there = (0..<old).filter { rows.isThere[$0] }
    rows.extend(by: count - old, source.products(there, with: Array(old..<count)))
  }
}

/// Where rows of a Gram matrix come from.
protocol GramSource: Sendable {
  /// Whether each entry is a sum over rows of its own.
  var isDear: Bool { get }
  /// G_jk: for each j of some coordinates a row, which has an entry for each k of others, increasing.
  func products(_ some: [Int], with others: [Int]) -> [[Double]]
  /// G_jk
  func product(_ j: Int, _ k: Int) -> Double
}

/// A Gram matrix that is there.
private struct GramMatrix: GramSource {
  let gram: [Double]
  let count: Int

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    some.map { j in others.map { gram[j * count + $0] } }
  }

  func product(_ j: Int, _ k: Int) -> Double { gram[j * count + k] }
}
