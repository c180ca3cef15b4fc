/// The rows of a Gram matrix that were asked for.
///
/// A row that was not asked for has no entries: whoever wants one is told that it is missing, at any size.
///
/// Where few coordinates of many ever ask, each row is an array of its own. Where those that are known are
/// few and most of them ask, rows would hold every product twice; the lower triangle holds it once.
struct GramRows: Sendable {
  /// Whether the row of each coordinate is there.
  private(set) var isThere: [Bool]
  private let isTriangle: Bool
  /// For each coordinate its row, empty where it is not there. In a triangle a row ends at the diagonal, and
  /// is zero where neither row was asked for: so it never grows, and new rows move no old ones.
  private var rows: [[Double]] = []

  /// - Parameter isTriangle: whether a product is held once.
  init(count: Int, isTriangle: Bool) {
    isThere = Array(repeating: false, count: count)
    self.isTriangle = isTriangle
    rows = (0..<count).map { isTriangle ? Array(repeating: 0, count: $0 + 1) : [] }
  }

  /// The number of coordinates.
  var count: Int { isThere.count }

  /// G_jk; nil where row `j` is not there.
  @inline(__always)
  subscript(j: Int, k: Int) -> Double? {
    isThere[j] ? isTriangle && k > j ? rows[k][j] : rows[j][k] : nil
  }

  /// The products of some coordinates, `n × n`, row-major; zero above the diagonal. Nil where a row is not there.
  func lowerTriangle(of coordinates: [Int]) -> [Double]? {
    guard coordinates.allSatisfy({ isThere[$0] }) else { return nil }
    let n = coordinates.count
    var lower = [Double](repeating: 0, count: n * n)
    for (row, j) in coordinates.enumerated() {
      let products = rows[j]
      for column in 0...row {
        let k = coordinates[column]
        lower[row &* n &+ column] = isTriangle && k > j ? rows[k][j] : products[k]
      }
    }
    return lower
  }

  /// Takes row `j` in.
  ///
  /// - Parameter others: the coordinates that `products` is of, increasing: all, or for a triangle those
  ///   whose rows are not there.
  mutating func insert(_ j: Int, _ products: [Double], of others: [Int]) {
    isThere[j] = true
    guard isTriangle else {
      rows[j] = products
      return
    }
    for (k, product) in zip(others, products) { rows[max(j, k)][min(j, k)] = product }
  }

  /// Takes in coordinates after those there are, their rows not there.
  ///
  /// - Parameter products: for each row that is there its products with the new ones.
  mutating func extend(by new: Int, _ products: [[Double]]) {
    let (old, there) = (count, isThere.indices.filter { isThere[$0] })
    isThere += repeatElement(false, count: new)
    guard isTriangle else {
      rows += repeatElement([], count: new)
      for (j, more) in zip(there, products) { rows[j] += more }
      return
    }
    for k in old..<count {
      var row = [Double](repeating: 0, count: k + 1)
      for (j, more) in zip(there, products) { row[j] = more[k - old] }
      rows.append(row)
    }
  }

  /// `g += a · G[j, :]`
  ///
  /// - Returns: false, and nothing is added, where row `j` is not there.
  /// - Complexity: O(count)
  func addRow(_ j: Int, times a: Double, to g: inout [Double]) -> Bool {
    guard isThere[j] else { return false }
    guard isTriangle else {
      LinearAlgebra.add(rows[j], times: a, to: &g)
      return true
    }
    precondition(g.count == count)
    var sum = g.mutableSpan
    let products = rows[j]
    for k in 0...j { sum[k] += a * products[k] }
    for k in j + 1..<max(sum.count, j + 1) { sum[k] += a * rows[k][j] }
    return true
  }

  /// `g −= G b`, as far as the rows of nonzero entries are there.
  ///
  /// - Returns: the nonzero entries whose rows are not there, which took no part.
  /// - Complexity: O(count · nonzero entries)
  func subtractProduct(_ b: [Double], from g: inout [Double]) -> [Int] {
    precondition(b.count == count && g.count == count)
    let missing = b.indices.filter { b[$0] != 0 && !isThere[$0] }
    guard missing.isEmpty else {
      var known = b
      for j in missing { known[j] = 0 }
      return subtractProduct(known, from: &g) + missing
    }
    if isTriangle, b.count(where: { $0 != 0 }) > count / 8 {
      LinearAlgebra.addProduct(ofTriangle: rows, b, times: -1, to: &g)
      return []
    }
    guard isTriangle || count > LinearAlgebra.shortest else {
      var sum = g.mutableSpan
      for j in b.indices where b[j] != 0 {
        let (products, value) = (rows[j], b[j])
        for k in 0..<products.count { sum[k] -= value * products[k] }
      }
      return []
    }
    for j in b.indices where b[j] != 0 { _ = addRow(j, times: -b[j], to: &g) }
    return []
  }
}
