/// Means and co-moments of raw columns over the training rows of one fit, from the rows themselves.
struct RowStatistics: ColumnStatistics, Sendable {
  let matrix: ColumnMatrix
  /// The blocks that are fitted.
  let blocks: [Int]
  /// Σ wᵢ over their rows.
  let weight: Double
  /// The number of these rows.
  let rows: Int
  /// wᵢ / W on rows that are fitted, 0 elsewhere.
  let shares: [Double]
  /// For each number, mean and co-moment with itself, where these were worked out for all at once.
  var numbers: [(mean: Double, comoment: Double)] = []
  /// The first row that is fitted.
  private let first: Int

  init(_ matrix: ColumnMatrix, blocks: [Int]) {
    self.matrix = matrix
    self.blocks = blocks
    let ranges = blocks.map { matrix.blocks[$0] }
    rows = ranges.reduce(0) { $0 + $1.count }
    let total = ranges.reduce(0.0) { $0 + matrix.weights[$1].reduce(0, +) }
    weight = total
    var shares = [Double](repeating: 0, count: matrix.rows)
    for range in ranges { for row in range { shares[row] = matrix.weights[row] / total } }
    self.shares = shares
    first = shares.firstIndex { $0 > 0 } ?? 0
  }

  /// Takes in what was worked out for the terms that are numbers, and works out what is left.
  ///
  /// - Parameter some: a summary of each of these terms, over the rows that are fitted.
  mutating func take(_ some: [BlockSummary], of terms: [Term]) {
    var numbers = [BlockSummary?](repeating: nil, count: matrix.numbers)
    var next = 0
    for case .number(let column) in terms {
      numbers[column] = some[next]
      next += 1
    }
    self.numbers = numbers.enumerated().map { column, summary in
      let summary = summary ?? matrix.summary(column, blocks)
      return (summary.mean + near(column), summary.square)
    }
  }

  /// Σ wᵢ xᵢ zᵢ / W
  func inner(_ x: [Double], _ z: [Double]) -> Double {
    LinearAlgebra.inner(shares, x, z)
  }

  /// wᵢ vᵢ / W on the rows that are fitted, 0 elsewhere.
  func weighted(_ v: [Double]) -> [Double] {
    var weighted = shares
    for row in weighted.indices { weighted[row] *= v[row] }
    return weighted
  }

  /// How much of each of some earlier residuals is left in `residual`, and the length of the rest; of several
  /// responses, the length over all of them.
  func shares(of earlier: [[[Double]]], in residual: [[Double]]) -> [(share: Double, rest: Double)]
  {
    let now = residual.reduce(0) { $0 + inner($1, $1) }
    let weighted = residual.map(weighted)
    return earlier.map { epoch in
      let before = epoch.reduce(0) { $0 + inner($1, $1) }
      let product = zip(weighted, epoch).reduce(0) { $0 + LinearAlgebra.dot($1.0, $1.1) }
      let left = before > 0 ? product / before : 0
      // ‖r − a r₀‖² where a makes it smallest, and more than rounding can have taken off it.
      let rest = max(0, now - left * left * before) + 1e-14 * now
      return (share: abs(left), rest: rest.squareRoot())
    }
  }

  /// Of columns that sit far from zero, what was taken off them: a mean with it would have no digits left.
  var shift: [Int: Double] {
    Dictionary(
      uniqueKeysWithValues: matrix.shift.indices.lazy.filter { shift(of: $0) != 0 }.map {
        ($0, matrix.shift[$0])
      })
  }

  func shift(of column: Int) -> Double {
    guard column < matrix.shift.count, abs(matrix.shift[column]) >= Moments.far else { return 0 }
    return matrix.shift[column]
  }

  /// What was taken off a column that is not far.
  private func near(_ column: Int) -> Double { matrix.shift[column] - shift(of: column) }

  /// The mean as the column came, whatever was taken off it; of a column far from zero what is left of it.
  func mean(_ j: Int) -> Double {
    if j < numbers.count { return numbers[j].mean }
    if j > matrix.numbers {
      return matrix.list(j).reduce(0) { $0 + shares[Int($1)] }
    }
    let stored = unsafe withValues(j) { unsafe storedMean($0) }
    return stored + (j < matrix.numbers ? near(j) : 0)
  }

  func comoment(_ j: Int, _ k: Int) -> Double {
    if j == k {
      if j < numbers.count { return numbers[j].comoment }
      return unsafe withValues(j) { x in
        let mean = unsafe storedMean(x)
        return unsafe weight
          * LinearAlgebra.deviations(x, shares, shares.indices, from: mean).second
      }
    }
    return weight * inner(deviations(j), deviations(k))
  }

  func comoments(_ columns: [Int]) -> [[Double]] {
    var products = columns.map { _ in [Double](repeating: 0, count: columns.count) }
    // Deviations are made once where there is room for them.
    let hasRoom = columns.count > 1 && columns.count * matrix.rows <= Self.keptDeviations
    let kept = hasRoom ? columns.map(deviations) : nil
    for (a, j) in columns.enumerated() {
      products[a][a] = comoment(j, j)
      guard a > 0 else { continue }
      let one = kept?[a] ?? deviations(j)
      for b in 0..<a {
        products[a][b] = weight * inner(one, kept?[b] ?? deviations(columns[b]))
        products[b][a] = products[a][b]
      }
    }
    return products
  }

  private static let keptDeviations = 1 << 25

  private func deviations(_ j: Int) -> [Double] {
    unsafe withValues(j) { x in
      let mean = unsafe storedMean(x)
      return unsafe x.map { $0 - mean }
    }
  }

  /// A deviation from one of the values: what is constant deviates by exactly zero.
  private func storedMean(_ x: UnsafeBufferPointer<Double>) -> Double {
    guard matrix.rows > 0 else { return 0 }
    let origin = unsafe x[first]
    return unsafe origin
      + LinearAlgebra.deviations(x, shares, shares.indices, from: origin).first
  }

  /// Lends a raw column as it is stored.
  private func withValues<Result>(
    _ j: Int, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    if j < matrix.numbers { return unsafe matrix.withColumn(j, body) }
    return unsafe values(j).withUnsafeBufferPointer(body)
  }

  private func values(_ j: Int) -> [Double] {
    if j == matrix.numbers { return matrix.target }
    var x = [Double](repeating: 0, count: matrix.rows)
    matrix.add(j, times: 1, to: &x)
    return x
  }
}

/// Weight, mean and Σ w (x − mean)² of one number over the rows of one block.
struct BlockSummary: Sendable {
  var weight = 0.0
  var mean = 0.0
  var square = 0.0

  /// Takes other rows in (Chan, Golub & LeVeque, 1979).
  mutating func merge(_ other: BlockSummary) {
    guard other.weight > 0 else { return }
    guard weight > 0 else {
      self = other
      return
    }
    let (total, delta) = (weight + other.weight, other.mean - mean)
    square += other.square + delta * delta * (weight * (other.weight / total))
    mean += delta * (other.weight / total)
    weight = total
  }
}

/// How the summaries of the blocks of one fit are merged: what the weights of the blocks decide, and so is
/// the same for all numbers.
struct BlockMerge {
  private let first: Int?
  private let weight: Double
  /// The other blocks; of the weight so far with that of the block its part, and its part of the spread.
  private let others: [(block: Int, share: Double, spread: Double)]

  init(_ rows: RowStatistics) {
    let weights = rows.matrix.blockWeights
    let blocks = rows.blocks.filter { weights[$0] > 0 }
    first = blocks.first
    var total = first.map { weights[$0] } ?? 0
    var others: [(block: Int, share: Double, spread: Double)] = []
    for block in blocks.dropFirst() {
      let share = weights[block] / (total + weights[block])
      others.append((block, share, total * share))
      total += weights[block]
    }
    (weight, self.others) = (total, others)
  }

  /// What ``BlockSummary/merge(_:)`` makes of them one after the other.
  func merged(_ summaries: [BlockSummary]) -> BlockSummary {
    guard let first else { return BlockSummary() }
    var (mean, square) = (summaries[first].mean, summaries[first].square)
    for (block, share, spread) in others {
      let delta = summaries[block].mean - mean
      square += summaries[block].square + delta * delta * spread
      mean += delta * share
    }
    return BlockSummary(weight: weight, mean: mean, square: square)
  }
}

extension ColumnMatrix {
  /// A summary of each block of a number.
  ///
  /// - Complexity: O(n)
  func summaries(_ column: Int) -> [BlockSummary] {
    unsafe withColumn(column) { x in
      blocks.indices.map { block in
        let rows = blocks[block]
        guard let first = rows.first else { return BlockSummary() }
        let (weight, origin) = unsafe (blockWeights[block], x[first])
        let sum = unsafe LinearAlgebra.deviations(x, weights, rows, from: origin).first
        let mean = origin + sum / weight
        return unsafe BlockSummary(
          weight: weight, mean: mean,
          square: LinearAlgebra.deviations(x, weights, rows, from: mean).second)
      }
    }
  }

  /// A summary of a number over the rows of some blocks.
  func summary(_ column: Int, _ some: [Int]) -> BlockSummary {
    let summaries = summaries(column)
    var all = BlockSummary()
    for block in some { all.merge(summaries[block]) }
    return all
  }
}
