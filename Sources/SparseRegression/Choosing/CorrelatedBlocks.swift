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

  private struct Pair: Sendable {
    let size: Float
    let first: Int32
    let second: Int32
  }

  /// - Parameters:
  ///   - x: `n × count`, column-major, of mean square 1 over `shares`.
  ///   - groups: columns that are never taken apart; no correlation within.
  /// - Complexity: O(n p²), or O(n p) beyond 20,000 columns
  init(
    _ x: NumberBuffer, count p: Int, groups: [Range<Int>], shares: [Double], freedom: Int,
    threads: Int
  ) {
    var sets = Sets(groups, count: p)
    let most = min(Self.mostColumns, freedom / 4)
    for pair in Self.pairs(x, count: p, shares, freedom: freedom, threads: threads) {
      sets.join(Int(pair.first), Int(pair.second), most: most)
    }
    blocks = sets.blocks
    let roots = shares.map { $0.squareRoot() }
    var (squares, pairs) = (0.0, 0)
    for block in blocks where block.count > 1 {
      let gram = Self.gram(x, block, roots)
      for j in block.indices {
        for k in block.indices where k != j {
          squares += gram[j * block.count + k] * gram[j * block.count + k]
        }
      }
      pairs += block.count * (block.count - 1)
    }
    (self.squares, self.pairs) = (squares, pairs)
  }

  /// The correlations of some columns, both halves.
  static func gram(_ x: NumberBuffer, _ columns: [Int], _ roots: [Double]) -> [Double] {
    let values = scaled(x, columns, roots)
    var gram = [Double](repeating: 0, count: columns.count * columns.count)
    unsafe LinearAlgebra.addSquares(
      of: values, leading: roots.count, count: columns.count, rows: roots.count, sign: 1, to: &gram)
    LinearAlgebra.mirror(&gram, count: columns.count)
    return gram
  }

  /// Some columns, each row times its root; one after the other.
  private static func scaled(
    _ x: NumberBuffer, _ columns: some Collection<Int>, _ roots: [Double]
  ) -> [Double] {
    let n = roots.count
    return unsafe Array(unsafeUninitializedCapacity: n * columns.count) { out, filled in
      for (place, column) in columns.enumerated() {
        unsafe x.withNumbers(column * n..<(column + 1) * n) { x in
          for row in 0..<n { unsafe out[place &* n &+ row] = x[row] * roots[row] }
        }
      }
      filled = n * columns.count
    }
  }

  /// Pairs of columns that are certain to go together, the closest first.
  private static func pairs(
    _ x: NumberBuffer, count p: Int, _ shares: [Double], freedom: Int, threads: Int
  ) -> [Pair] {
    let roots = shares.map { $0.squareRoot() }
    let least = 2 * (.log(Double(max(2, p))) / Double(freedom)).squareRoot()
    let stretches = Array(stride(from: 0, to: p, by: stretch)).map { $0..<min($0 + stretch, p) }
    let found = concurrentMap(stretches.count, threads: threads) { index in
      let own = stretches[index]
      let last = p > mostExact ? min(index + reach, stretches.count - 1) : stretches.count - 1
      var named = [[Pair]](repeating: [], count: own.count)
      let values = scaled(x, own, roots)
      for other in index...last {
        let columns = stretches[other]
        let others = other == index ? values : scaled(x, columns, roots)
        var products = [Double](repeating: 0, count: own.count * columns.count)
        unsafe LinearAlgebra.addProducts(
          others, leading: roots.count, rows: roots.count, columns: columns.count, with: values,
          count: own.count, to: &products, leading: columns.count)
        for j in own.indices {
          for k in columns where k > j {
            let r = abs(products[(j - own.lowerBound) * columns.count + k - columns.lowerBound])
            guard r > least else { continue }
            named[j - own.lowerBound].append(
              Pair(size: Float(r), first: Int32(j), second: Int32(k)))
          }
        }
        for place in named.indices where named[place].count > mostNamed {
          named[place].sort { ($1.size, $0.second) < ($0.size, $1.second) }
          named[place].removeLast(named[place].count - mostNamed)
        }
      }
      return named.flatMap(\.self)
    }
    return found.flatMap(\.self).sorted {
      ($1.size, $0.first, $0.second) < ($0.size, $1.first, $1.second)
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
