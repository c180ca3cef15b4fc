/// Turns rows into moments, a chunk of rows at a time.
///
/// Rows are collected until a chunk is full; the chunk is centred by its own mean and enters the
/// co-moments by one matrix product. Where chunks are cut depends on the rows alone, never on how
/// they arrived, so the result is the same bit for bit for any batch size and number of threads.
///
/// The chunk's mean is taken as a deviation from its first row: a constant column deviates by exactly
/// zero, and stays exactly constant through every merge.
///
/// - Complexity: O(p²) a row, in matrix products; O(p²) memory.
public struct MomentAccumulator: Sendable {
  /// Until the end only the upper triangle of its products is filled.
  private var moments: Moments
  private var chunk: [Double]
  private var weights: [Double]
  private let capacity: Int

  /// - Parameters:
  ///   - width: the number of columns, at least 1.
  ///   - shift: what is taken off the values of some columns; see ``Moments/shift``.
  ///   - chunkRows: rows a matrix product.
  public init(width: Int, shift: [Int: Double] = [:], chunkRows: Int = 256) {
    precondition(width >= 1 && chunkRows >= 1)
    moments = Moments(width: width)
    moments.shift = shift
    capacity = chunkRows
    chunk = []
    weights = []
  }

  /// Takes one row in.
  ///
  /// - Parameters:
  ///   - rows: holds the row, finite values, at `offset ..< offset + width`.
  ///   - weight: in `[0, ∞)`; a row of weight 0 leaves no trace.
  public mutating func add(_ rows: [Double], at offset: Int = 0, weight: Double = 1) {
    precondition(weight >= 0 && weight.isFinite && offset >= 0)
    guard weight > 0 else { return }
    let width = moments.width
    precondition(offset + width <= rows.count, "a row has one value a column")
    if chunk.isEmpty { chunk.reserveCapacity((capacity + 1) * width) }
    chunk.append(contentsOf: rows[offset..<offset + width])
    if !moments.shift.isEmpty {
      for (column, shift) in moments.shift { chunk[chunk.count - width + column] -= shift }
    }
    weights.append(weight)
    if weights.count == capacity { flush() }
  }

  /// Adds columns that were zero in every row so far.
  ///
  /// - Complexity: O(width²)
  public mutating func widen(to width: Int) {
    guard width > moments.width else { return }
    let old = moments.width
    var wider: [Double] = []
    wider.reserveCapacity((capacity + 1) * width)
    for row in weights.indices {
      wider += chunk[row * old..<(row + 1) * old]
      wider += repeatElement(0, count: width - old)
    }
    chunk = wider
    moments.widen(to: width)
  }

  /// The moments of all rows taken in.
  public consuming func finish() -> Moments {
    if !weights.isEmpty { flush() }
    moments.mirror()
    return moments
  }

  private mutating func flush() {
    let (width, count) = (moments.width, weights.count)
    let chunkWeight = weights.reduce(0, +)
    let mean = weightedMean(of: chunk, weights, width: width)
    // One more row, √(W w / (W + w)) δ, carries the merge with the rows before into the same product.
    let total = moments.weight + chunkWeight
    let merge = (moments.weight * (chunkWeight / total)).squareRoot()
    for j in 0..<width { chunk.append(merge * (mean[j] - moments.mean[j])) }
    center(&chunk, mean, weights)
    LinearAlgebra.addGram(of: chunk, count: count + 1, width: width, to: &moments.products)
    if moments.rows == 0 {
      moments.mean = mean
    } else {
      for j in 0..<width {
        moments.mean[j] += (mean[j] - moments.mean[j]) * (chunkWeight / total)
      }
    }
    moments.weight = total
    moments.rows += count
    chunk.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
  }
}

/// x̄ = x₁ + Σ wᵢ(xᵢ − x₁) / Σ wᵢ, column by column of a row-major `weights.count × width` matrix.
private func weightedMean(of rows: [Double], _ weights: [Double], width: Int) -> [Double] {
  var sums = [Double](repeating: 0, count: width)
  var deviation = sums.mutableSpan
  let (rows, count) = (rows.span, weights.count)
  for i in 1..<max(1, count) {
    let (weight, row) = (weights[i], i &* width)
    for j in 0..<width { deviation[j] += weight * (rows[row &+ j] - rows[j]) }
  }
  let total = weights.reduce(0, +)
  for j in 0..<width { deviation[j] = rows[j] + deviation[j] / total }
  return sums
}

/// `row ← √w (row − mean)` for the first `weights.count` rows.
private func center(_ rows: inout [Double], _ mean: [Double], _ weights: [Double]) {
  let (width, mean) = (mean.count, mean.span)
  var rows = rows.mutableSpan
  for i in 0..<weights.count {
    let (root, row) = (weights[i].squareRoot(), i &* width)
    for j in 0..<width { rows[row &+ j] = root * (rows[row &+ j] - mean[j]) }
  }
}
