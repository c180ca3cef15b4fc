/// The rows of a Gram matrix that were asked for.
///
/// Where few coordinates of many ever ask, each row is an array of its own. Where those that are known are
/// few and most of them ask, rows would hold every product twice; the lower triangle holds it once.
struct GramRows: Sendable {
  /// Whether the row of each coordinate is there.
  private(set) var isThere: [Bool]
  private let isTriangle: Bool
  /// For each coordinate its row, empty where it is not there; nothing if there is a triangle.
  private var rows: [[Double]] = []
  /// Row by row, without what is above the diagonal; zero where neither row was asked for.
  private var triangle: [Double] = []

  /// - Parameter isTriangle: whether a product is held once.
  init(count: Int, isTriangle: Bool) {
    isThere = Array(repeating: false, count: count)
    self.isTriangle = isTriangle
    if isTriangle {
      triangle = Array(repeating: 0, count: count * (count + 1) / 2)
    } else {
      rows = Array(repeating: [], count: count)
    }
  }

  /// The number of coordinates.
  var count: Int { isThere.count }

  /// G_jk, for a row `j` that is there.
  @inline(__always)
  subscript(j: Int, k: Int) -> Double {
    isTriangle ? triangle[Self.place(j, k)] : rows[j][k]
  }

  @inline(__always)
  private static func place(_ j: Int, _ k: Int) -> Int {
    let (low, high) = (min(j, k), max(j, k))
    return high &* (high &+ 1) / 2 &+ low
  }

  /// The products of some coordinates whose rows are there, `n × n`, row-major; zero above the diagonal.
  func lowerTriangle(of coordinates: [Int]) -> [Double] {
    let n = coordinates.count
    var lower = [Double](repeating: 0, count: n * n)
    for (row, j) in coordinates.enumerated() {
      for column in 0...row { lower[row &* n &+ column] = self[j, coordinates[column]] }
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
    for (k, product) in zip(others, products) { triangle[Self.place(j, k)] = product }
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
    let size = count * (count + 1) / 2
    // Room for an eighth more: doubling is too much where there are many.
    if triangle.capacity < size { triangle.reserveCapacity(size + size / 8) }
    triangle += repeatElement(0, count: size - triangle.count)
    for (j, more) in zip(there, products) {
      for (place, product) in more.enumerated() { triangle[Self.place(old + place, j)] = product }
    }
  }

  /// `g += a · G[j, :]`, for a row `j` that is there.
  ///
  /// - Complexity: O(count)
  func addRow(_ j: Int, times a: Double, to g: inout [Double]) {
    guard isTriangle else { return LinearAlgebra.add(rows[j], times: a, to: &g) }
    precondition(g.count == count)
    var sum = g.mutableSpan
    let (products, start) = (triangle.span, j &* (j &+ 1) / 2)
    for k in 0...j { sum[k] += a * products[start &+ k] }
    var place = start &+ j
    for k in j + 1..<max(sum.count, j + 1) {
      place &+= k
      sum[k] += a * products[place]
    }
  }

  /// `g −= G b`, for a `b` whose nonzero entries are of rows that are there.
  ///
  /// - Complexity: O(count · nonzero entries)
  func subtractProduct(_ b: [Double], from g: inout [Double]) {
    precondition(b.count == count && g.count == count)
    if isTriangle, b.count(where: { $0 != 0 }) > count / 8 {
      return LinearAlgebra.addProduct(ofTriangle: triangle, count: count, b, times: -1, to: &g)
    }
    for j in b.indices where b[j] != 0 { addRow(j, times: -b[j], to: &g) }
  }
}
