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
  }

  /// Σ wᵢ xᵢ zᵢ / W
  func inner(_ x: [Double], _ z: [Double]) -> Double {
    shares.indices.reduce(0) { $0 + shares[$1] * x[$1] * z[$1] }
  }

  /// wᵢ vᵢ / W on the rows that are fitted, 0 elsewhere.
  func weighted(_ v: [Double]) -> [Double] { zip(shares, v).map { $0 * $1 } }

  /// How much of `earlier` is left in `residual`, and the length of the rest.
  func share(of earlier: [Double], in residual: [Double]) -> (share: Double, rest: Double) {
    let before = inner(earlier, earlier)
    let left = before > 0 ? inner(residual, earlier) / before : 0
    let rest = zip(residual, earlier).map { $0 - left * $1 }
    return (abs(left), inner(rest, rest).squareRoot())
  }

  /// The mean as the column came, whatever was taken off it.
  func mean(_ j: Int) -> Double {
    if j < numbers.count { return numbers[j].mean }
    if j > matrix.numbers {
      return matrix.list(j).reduce(0) { $0 + shares[Int($1)] }
    }
    return (j < matrix.numbers ? matrix.shift[j] : 0) + storedMean(values(j))
  }

  func comoment(_ j: Int, _ k: Int) -> Double {
    if j == k, j < numbers.count { return numbers[j].comoment }
    return weight * inner(deviations(j), deviations(k))
  }

  private func deviations(_ j: Int) -> [Double] {
    let x = values(j)
    let mean = storedMean(x)
    return x.map { $0 - mean }
  }

  /// A deviation from one of the values: what is constant deviates by exactly zero.
  private func storedMean(_ x: [Double]) -> Double {
    guard let first = shares.indices.first(where: { shares[$0] > 0 }) else { return 0 }
    return x[first] + shares.indices.reduce(0) { $0 + shares[$1] * (x[$1] - x[first]) }
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

extension ColumnMatrix {
  /// Mean and co-moment of each number over the rows of some blocks.
  ///
  /// - Complexity: O(n d)
  func numberStatistics(_ some: [Int], threads: Int) -> [(mean: Double, comoment: Double)] {
    let stretch = 512
    let starts = Array(stride(from: 0, to: numbers, by: stretch))
    return concurrentMap(starts.count, threads: threads) { [self] index in
      (starts[index]..<min(starts[index] + stretch, numbers)).map { column in
        let summaries = summaries(column)
        var all = BlockSummary()
        for block in some { all.merge(summaries[block]) }
        return (mean: all.mean + shift[column], comoment: all.square)
      }
    }.flatMap { $0 }
  }

  /// A summary of each block of a number.
  ///
  /// - Complexity: O(n)
  func summaries(_ column: Int) -> [BlockSummary] {
    unsafe withColumn(column) { x in
      blocks.map { rows in
        var summary = BlockSummary()
        guard let first = rows.first else { return summary }
        let origin = unsafe x[first]
        var sum = 0.0
        for row in rows {
          summary.weight += weights[row]
          sum += unsafe weights[row] * (x[row] - origin)
        }
        summary.mean = origin + sum / summary.weight
        for row in rows {
          let deviation = unsafe x[row] - summary.mean
          summary.square += weights[row] * deviation * deviation
        }
        return summary
      }
    }
  }
}
