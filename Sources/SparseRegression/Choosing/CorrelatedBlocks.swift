internal import RealModule

/// Which columns go together closely: sets of them, of which each is small beside the rows.
///
/// A covariance that is estimated from few rows has to be shrunk, and what it is shrunk towards should keep the
/// correlations that are certain (``SecondOrderSampler``). Pairs are taken in the order of |r|, those above 2
/// √(log p / n), which hardly any pair of p independent columns reaches, and the sets of both are made one unless that
/// holds more columns than a quarter of the rows. A column names no more than sixteen others.
///
/// Up to 20,000 columns all pairs are looked at, beyond that those that stand near each other, as in data that have
/// an order.
struct CorrelatedBlocks {
  /// Columns, increasing in each, of which each is in one.
  let blocks: [[Int]]
  /// Σ r² over pairs of different columns of a block, each counted twice, and how many pairs there are.
  let squares: Double
  let pairs: Int

  private static let (mostColumns, mostNamed, mostExact) = (64, 16, 20_000)
  /// Columns whose products are formed at once, and how many such stretches away others are looked at.
  private static let (stretch, reach) = (256, 2)
  private static let rowsAtOnce = 2048

  private struct Pair: Sendable {
    let size: Float
    let first: Int32
    let second: Int32
  }

  /// - Parameters:
  ///   - gram: correlations, `count × count`.
  ///   - groups: columns that are never taken apart; no correlation within.
  /// - Complexity: O(p²)
  init(_ gram: [Double], count p: Int, groups: [Range<Int>], freedom: Int) {
    let least = Self.leastSize(p, freedom: freedom)
    let pairs = (0..<p).flatMap { j in
      var named = Named(j)
      for k in j + 1..<max(p, j + 1) { named.take(k, abs(gram[j * p + k]), above: least) }
      return named.pairs
    }
    self.init(pairs, count: p, groups: groups, freedom: freedom) { block in
      block.flatMap { j in block.map { gram[j * p + $0] } }
    }
  }

  /// - Parameters:
  ///   - x: `n × count`, column-major, of mean square 1 over `shares`.
  ///   - groups: columns that are never taken apart; no correlation within.
  /// - Complexity: O(n p²), or O(n p) beyond 20,000 columns
  init(
    _ x: NumberBuffer, count p: Int, groups: [Range<Int>], shares: [Double], freedom: Int,
    threads: Int
  ) {
    let roots = shares.map { $0.squareRoot() }
    self.init(
      Self.pairs(x, count: p, roots, freedom: freedom, threads: threads), count: p, groups: groups,
      freedom: freedom
    ) { Self.gram(x, $0, roots) }
  }

  private init(
    _ named: [Pair], count p: Int, groups: [Range<Int>], freedom: Int, gram: ([Int]) -> [Double]
  ) {
    var sets = Sets(groups, count: p)
    let most = min(Self.mostColumns, freedom / 4)
    let order = named.sorted { ($1.size, $0.first, $0.second) < ($0.size, $1.first, $1.second) }
    for pair in order { sets.join(Int(pair.first), Int(pair.second), most: most) }
    blocks = sets.blocks
    var (squares, pairs) = (0.0, 0)
    for block in blocks where block.count > 1 {
      let gram = gram(block)
      squares += LinearAlgebra.dot(gram, gram) - Double(block.count)
      pairs += block.count * (block.count - 1)
    }
    (self.squares, self.pairs) = (squares, pairs)
  }

  /// What hardly any pair of `p` independent columns reaches.
  private static func leastSize(_ p: Int, freedom: Int) -> Double {
    2 * (.log(Double(max(2, p))) / Double(freedom)).squareRoot()
  }

  /// The correlations of some columns, both halves.
  ///
  /// - Parameter roots: √share of each row.
  static func gram(_ x: NumberBuffer, _ columns: [Int], _ roots: [Double]) -> [Double] {
    var gram = [Double](repeating: 0, count: columns.count * columns.count)
    for start in stride(from: 0, to: roots.count, by: rowsAtOnce) {
      let rows = start..<min(start + rowsAtOnce, roots.count)
      unsafe LinearAlgebra.addSquares(
        of: scaled(x, columns, roots, rows), leading: rows.count, count: columns.count,
        rows: rows.count, sign: 1, to: &gram)
    }
    LinearAlgebra.mirror(&gram, count: columns.count)
    return gram
  }

  /// Some rows of some columns, each row times its root; one column after the other.
  private static func scaled(
    _ x: NumberBuffer, _ columns: some Collection<Int>, _ roots: [Double], _ rows: Range<Int>
  ) -> [Double] {
    let n = roots.count
    return unsafe Array(unsafeUninitializedCapacity: rows.count * columns.count) { out, filled in
      var next = 0
      for column in columns {
        unsafe x.withNumbers(column * n..<(column + 1) * n) { x in
          for row in rows {
            unsafe out[next] = unsafe x[row] * roots[row]
            next &+= 1
          }
        }
      }
      filled = next
    }
  }

  /// Pairs of columns that are certain to go together.
  private static func pairs(
    _ x: NumberBuffer, count p: Int, _ roots: [Double], freedom: Int, threads: Int
  ) -> [Pair] {
    let (least, rows) = (leastSize(p, freedom: freedom), 0..<roots.count)
    let stretches = Array(stride(from: 0, to: p, by: stretch)).map { $0..<min($0 + stretch, p) }
    return concurrentMap(stretches.count, threads: threads) { index in
      let own = stretches[index]
      let last = p > mostExact ? min(index + reach, stretches.count - 1) : stretches.count - 1
      var named = own.map { Named($0) }
      let values = scaled(x, own, roots, rows)
      for other in index...last {
        let columns = stretches[other]
        let others = other == index ? values : scaled(x, columns, roots, rows)
        var products = [Double](repeating: 0, count: own.count * columns.count)
        unsafe LinearAlgebra.addProducts(
          others, leading: roots.count, rows: roots.count, columns: columns.count, with: values,
          count: own.count, to: &products, leading: columns.count)
        for (place, j) in own.enumerated() {
          for (other, k) in columns.enumerated() where k > j {
            named[place].take(k, abs(products[place &* columns.count &+ other]), above: least)
          }
        }
      }
      return named.flatMap(\.pairs)
    }.flatMap(\.self)
  }

  /// The others that a column names.
  private struct Named {
    private let column: Int
    private(set) var pairs: [Pair] = []

    init(_ column: Int) { self.column = column }

    mutating func take(_ other: Int, _ size: Double, above least: Double) {
      guard size > least else { return }
      pairs.append(Pair(size: Float(size), first: Int32(column), second: Int32(other)))
      guard pairs.count > CorrelatedBlocks.mostNamed else { return }
      let weakest = pairs.indices.min {
        (pairs[$0].size, pairs[$1].second) < (pairs[$1].size, pairs[$0].second)
      }!
      pairs.remove(at: weakest)
    }
  }
}

/// Sets that are made one, two by two.
private struct Sets {
  private var parent: [Int]
  private var size: [Int]

  init(_ groups: [Range<Int>], count: Int) {
    parent = Array(0..<count)
    size = Array(repeating: 1, count: count)
    for group in groups {
      for j in group { parent[j] = group.lowerBound }
      size[group.lowerBound] = group.count
    }
  }

  private mutating func root(_ j: Int) -> Int {
    var j = j
    while parent[j] != j {
      parent[j] = parent[parent[j]]
      j = parent[j]
    }
    return j
  }

  mutating func join(_ j: Int, _ k: Int, most: Int) {
    let (one, other) = (root(j), root(k))
    guard one != other, size[one] + size[other] <= most else { return }
    parent[max(one, other)] = min(one, other)
    size[min(one, other)] += size[max(one, other)]
  }

  var blocks: [[Int]] {
    var sets = self
    var blocks = [[Int]](repeating: [], count: parent.count)
    for j in parent.indices { blocks[sets.root(j)].append(j) }
    return blocks.filter { !$0.isEmpty }
  }
}
