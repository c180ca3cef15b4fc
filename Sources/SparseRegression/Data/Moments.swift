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
  /// Symmetric, both halves filled, so that a row is one run of memory.
  var products: SquareMatrix

  /// The moments of no rows.
  public init(width: Int) { self.init(SquareMatrix(side: width)) }

  /// The moments of no rows.
  ///
  /// - Parameter files: where the co-moments lie; nil for memory.
  /// - Throws: ``RowStore/Failure``
  init(width: Int, _ files: NumberFiles?) throws(RowStore.Failure) {
    self.init(try SquareMatrix(side: width, files))
  }

  private init(_ zeros: SquareMatrix) {
    precondition(zeros.side >= 0)
    width = zeros.side
    rows = 0
    weight = 0
    mean = Array(repeating: 0, count: zeros.side)
    products = zeros
  }

  /// Whether the co-moments lie in a file.
  var isInFile: Bool { products.isInFile }

  /// Σ wᵢ (xᵢⱼ − x̄ⱼ)(xᵢₖ − x̄ₖ)
  public func comoment(_ j: Int, _ k: Int) -> Double {
    products[j, k]
  }

  /// The moments of some columns, in a new order, in memory.
  ///
  /// - Complexity: O(columns²)
  public func selecting(_ columns: [Int]) -> Moments {
    filling(Moments(width: columns.count), columns)
  }

  /// The same in files, where there are any.
  ///
  /// - Throws: ``RowStore/Failure``
  public func selecting(_ columns: [Int], in files: NumberFiles?) throws(RowStore.Failure)
    -> Moments
  {
    filling(try Moments(width: columns.count, files), columns)
  }

  private func filling(_ zeros: consuming Moments, _ columns: [Int]) -> Moments {
    var result = zeros
    (result.rows, result.weight) = (rows, weight)
    for (j, from) in columns.enumerated() {
      result.mean[j] = mean[from]
      result.shift[j] = shift[from]
      unsafe products.withRow(from) { row in
        unsafe result.products.withMutableRow(j, columns.indices) { to in
          for (k, column) in columns.enumerated() { unsafe to[k] = unsafe row[column] }
        }
      }
    }
    return result
  }

  /// Adds columns that were zero in every row so far; the moments stay exact.
  ///
  /// - Throws: ``RowStore/Failure``
  /// - Complexity: O(width²)
  mutating func widen(to newWidth: Int, _ files: NumberFiles? = nil) throws(RowStore.Failure) {
    precondition(newWidth >= width)
    var wider = try Moments(width: newWidth, files)
    (wider.rows, wider.weight, wider.shift) = (rows, weight, shift)
    for j in 0..<width { wider.mean[j] = mean[j] }
    wider.products.copy(products)
    self = wider
  }

  /// Fills the lower triangle from the upper one.
  ///
  /// - Complexity: O(width²)
  mutating func mirror() {
    let width = width
    unsafe products.withMutableNumbers { c in
      // Square by square, so that both the reads and the writes of one stay in the cache.
      let side = 32
      for top in stride(from: 0, to: width, by: side) {
        for left in stride(from: 0, through: top, by: side) {
          for j in top..<min(top + side, width) {
            for k in left..<min(left + side, j) {
              unsafe c[j &* width &+ k] = unsafe c[k &* width &+ j]
            }
          }
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
      products[column, other] *= -1
      products[other, column] *= -1
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
    for j in 0..<width { products[j, j] = max(0, products[j, j]) }
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
  _ c: inout SquareMatrix, _ other: SquareMatrix, sign: Double, _ delta: [Double], factor: Double
) {
  let p = delta.count
  precondition(c.side == p && other.side == p, "accumulate: shapes differ")
  unsafe c.withMutableNumbers { c in
    for j in 0..<p {
      let (a, row) = (factor * delta[j], j &* p)
      let delta = delta.span
      unsafe other.withRow(j) { other in
        for k in 0..<p {
          unsafe c[row &+ k] += unsafe sign * other[k] + a * delta[k]
        }
      }
    }
  }
}
