/// Weighted counts, means and centred co-moments of a set of columns: all that least squares needs
/// to know of the rows.
///
/// After rows x₁ … xₙ with weights wᵢ, `weight` is W = Σ wᵢ, `mean[j]` is x̄ⱼ = Σ wᵢxᵢⱼ / W, and
/// `comoment(j, k)` is Σ wᵢ (xᵢⱼ − x̄ⱼ)(xᵢₖ − x̄ₖ). Raw sums of squares are never formed, so a column
/// that sits far from zero keeps its digits. Two sets of rows merge exactly (Chan, Golub & LeVeque,
/// 1979), so moments of row blocks serve every partition of the rows into training and test.
///
/// - Complexity: O(p²) memory for p columns, whatever the number of rows.
public struct Moments: Sendable, Equatable {
  /// The number of columns, predictors and targets together.
  public let width: Int
  /// The number of rows of positive weight.
  public internal(set) var rows: Int
  /// Σ wᵢ
  public internal(set) var weight: Double
  /// One mean a column, of what is left of its values once ``shift`` is taken off.
  public internal(set) var mean: [Double]
  /// For columns that sit so far from zero that a mean would have no digits left for how they vary: what was taken
  /// off each value before. The same in all blocks of a table. Empty where there is none.
  public internal(set) var shift: [Int: Double] = [:]
  /// `width × width`, symmetric, both halves filled, so that a row is one run of memory.
  var products: [Double]

  /// The moments of no rows.
  public init(width: Int) {
    precondition(width >= 0)
    self.width = width
    rows = 0
    weight = 0
    mean = Array(repeating: 0, count: width)
    products = Array(repeating: 0, count: width * width)
  }

  /// Σ wᵢ (xᵢⱼ − x̄ⱼ)(xᵢₖ − x̄ₖ)
  public func comoment(_ j: Int, _ k: Int) -> Double {
    products[j * width + k]
  }

  /// The moments of some columns, in a new order.
  ///
  /// - Complexity: O(columns²)
  public func selecting(_ columns: [Int]) -> Moments {
    var result = Moments(width: columns.count)
    (result.rows, result.weight) = (rows, weight)
    for (j, from) in columns.enumerated() {
      result.mean[j] = mean[from]
      result.shift[j] = shift[from]
      for k in columns.indices {
        result.products[j * columns.count + k] = comoment(from, columns[k])
      }
    }
    return result
  }

  /// Adds columns that were zero in every row so far; the moments stay exact.
  ///
  /// - Complexity: O(width²)
  mutating func widen(to newWidth: Int) {
    precondition(newWidth >= width)
    var wider = Moments(width: newWidth)
    (wider.rows, wider.weight, wider.shift) = (rows, weight, shift)
    for j in 0..<width {
      wider.mean[j] = mean[j]
      for k in 0..<width { wider.products[j * newWidth + k] = products[j * width + k] }
    }
    self = wider
  }

  /// Fills the lower triangle from the upper one.
  ///
  /// - Complexity: O(width²)
  mutating func mirror() {
    let width = width
    var c = products.mutableSpan
    // Square by square, so that both the reads and the writes of one stay in the cache.
    let side = 32
    for top in stride(from: 0, to: width, by: side) {
      for left in stride(from: 0, through: top, by: side) {
        for j in top..<min(top + side, width) {
          for k in left..<min(left + side, j) { c[j &* width &+ k] = c[k &* width &+ j] }
        }
      }
    }
  }

  /// Replaces a column x by 1 − x.
  ///
  /// - Complexity: O(width)
  public mutating func complement(_ column: Int) {
    mean[column] = 1 - mean[column]
    for other in 0..<width where other != column {
      products[column * width + other] *= -1
      products[other * width + column] *= -1
    }
  }

  /// Takes the rows of `other` in.
  ///
  /// C ← C + C' + (W W' / (W + W')) δ δ', with δ the difference of the means.
  ///
  /// - Complexity: O(p²)
  public mutating func merge(_ other: Moments) {
    precondition(
      width == other.width && (shift == other.shift || weight == 0 || other.weight == 0),
      "moments of different columns")
    guard other.weight > 0 else { return }
    guard weight > 0 else {
      self = other
      return
    }
    let total = weight + other.weight
    let delta = differences(other.mean, mean)
    accumulate(&products, other.products, sign: 1, delta, factor: weight * (other.weight / total))
    for j in 0..<width { mean[j] += delta[j] * (other.weight / total) }
    weight = total
    rows += other.rows
  }

  /// Takes the rows of `other`, which were merged before, out again.
  ///
  /// Digits are lost where `other` held most of a column's variation; moments of a training set are
  /// better merged from its own blocks, as ``merged(_:except:)`` does.
  ///
  /// - Complexity: O(p²)
  public mutating func subtract(_ other: Moments) {
    precondition(width == other.width, "moments of different columns")
    precondition(rows >= other.rows, "more rows taken out than were in")
    guard other.weight > 0 else { return }
    let rest = weight - other.weight
    guard rows > other.rows, rest > 0 else {
      self = Moments(width: width)
      return
    }
    let toOther = differences(other.mean, mean)
    for j in 0..<width { mean[j] -= toOther[j] * (other.weight / rest) }
    let delta = differences(other.mean, mean)
    accumulate(
      &products, other.products, sign: -1, delta, factor: -(rest * (other.weight / weight)))
    for j in 0..<width { products[j * width + j] = max(0, products[j * width + j]) }
    weight = rest
    rows -= other.rows
  }

  /// The moments of all blocks, or of all but one, merged in order.
  ///
  /// - Complexity: O(blocks · p²)
  public static func merged(_ blocks: [Moments], except left: Int? = nil) -> Moments {
    precondition(!blocks.isEmpty)
    var total = Moments(width: blocks[0].width)
    for (index, block) in blocks.enumerated() where index != left { total.merge(block) }
    return total
  }
}

private func differences(_ a: [Double], _ b: [Double]) -> [Double] {
  zip(a, b).map { $0 - $1 }
}

/// `c += sign · other + factor · delta delta'` for squares `c` and `other`.
private func accumulate(
  _ c: inout [Double], _ other: [Double], sign: Double, _ delta: [Double], factor: Double
) {
  let p = delta.count
  precondition(c.count == p * p && other.count == p * p, "accumulate: shapes differ")
  var c = c.mutableSpan
  let (other, delta) = (other.span, delta.span)
  for j in 0..<p {
    // Wrapping index arithmetic keeps the loop vectorized.
    let (a, row) = (factor * delta[j], j &* p)
    for k in 0..<p { c[row &+ k] += sign * other[row &+ k] + a * delta[k] }
  }
}
