/// The moments of some blocks of rows together, worked out where they are asked for.
///
/// Moments of disjoint blocks b with weights W_b and means m_b merge to
///
///   C = Σ C_b + Σ W_b (m_b − m)(m_b − m)',   m = Σ W_b m_b / Σ W_b,
///
/// a sum without cancellation (Chan, Golub & LeVeque, 1979). A sparse path asks for few rows of C, so a
/// training set costs O(p) for each of these and no matrix of its own: all folds share the blocks.
public struct TrainingMoments: Sendable {
  /// The number of columns, predictors and target together; the target is the last.
  public let width: Int
  /// The number of rows of positive weight.
  public let rows: Int
  /// Σ wᵢ
  public let weight: Double
  /// One mean a column.
  public let mean: [Double]
  /// As in ``Moments/shift``.
  public let shift: [Int: Double]
  private let blocks: [Moments]
  /// For each block, m_b − m.
  private let offsets: [[Double]]

  /// - Parameter blocks: at least one; empty ones take no part.
  /// - Complexity: O(blocks · p)
  public init(_ blocks: [Moments]) {
    precondition(!blocks.isEmpty)
    width = blocks[0].width
    let filled = blocks.filter { $0.weight > 0 }
    self.blocks = filled
    rows = filled.reduce(0) { $0 + $1.rows }
    let weight = filled.reduce(0) { $0 + $1.weight }
    self.weight = weight
    // Deviations from one of the means: a column that is the same everywhere stays exactly so.
    var mean = filled.first?.mean ?? Array(repeating: 0, count: width)
    for block in filled.dropFirst() {
      let share = block.weight / weight
      for j in mean.indices { mean[j] += share * (block.mean[j] - filled[0].mean[j]) }
    }
    self.mean = mean
    shift = blocks[0].shift
    offsets = filled.map { block in zip(block.mean, mean).map { $0 - $1 } }
  }

  /// Σ wᵢ (xᵢⱼ − x̄ⱼ)(xᵢₖ − x̄ₖ)
  ///
  /// - Complexity: O(blocks)
  public func comoment(_ j: Int, _ k: Int) -> Double {
    var sum = 0.0
    for (block, offset) in zip(blocks, offsets) {
      sum += block.comoment(j, k) + block.weight * offset[j] * offset[k]
    }
    return sum
  }

  /// C_jk for some columns k, in their order.
  ///
  /// - Complexity: O(blocks · columns)
  func comoments(_ j: Int, with columns: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: columns.count)
    for (block, offset) in zip(blocks, offsets) {
      let slope = block.weight * offset[j]
      unsafe block.products.withRow(j) { row in
        for (place, k) in columns.enumerated() {
          sums[place] += unsafe row[k] + slope * offset[k]
        }
      }
    }
    return sums
  }

  /// `sum += factor · C[row, :]`
  ///
  /// - Complexity: O(blocks · p)
  func addRow(_ row: Int, times factor: Double, to sum: inout [Double]) {
    precondition(sum.count == width)
    for (block, offset) in zip(blocks, offsets) {
      unsafe block.products.withRow(row) { unsafe LinearAlgebra.add($0, times: factor, to: &sum) }
      let slope = factor * block.weight * offset[row]
      if slope != 0 { LinearAlgebra.add(offset, times: slope, to: &sum) }
    }
  }
}

/// What the coordinates of a term are made from: means and co-moments of its raw columns.
protocol ColumnStatistics {
  /// Σ wᵢ
  var weight: Double { get }
  /// What is left of the mean once the shift is taken off.
  func mean(_ j: Int) -> Double
  /// As in ``Moments/shift``.
  var shift: [Int: Double] { get }
  /// That of a column; 0 for none.
  func shift(of j: Int) -> Double
  /// Σ wᵢ (xᵢⱼ − x̄ⱼ)(xᵢₖ − x̄ₖ)
  func comoment(_ j: Int, _ k: Int) -> Double
  /// The co-moments of some columns with each other.
  func comoments(_ columns: [Int]) -> [[Double]]
}

extension ColumnStatistics {
  func comoments(_ columns: [Int]) -> [[Double]] {
    columns.map { j in columns.map { comoment(j, $0) } }
  }
}

extension TrainingMoments: ColumnStatistics {
  func mean(_ j: Int) -> Double { mean[j] }

  func comoments(_ columns: [Int]) -> [[Double]] {
    columns.map { comoments($0, with: columns) }
  }
  func shift(of j: Int) -> Double { shift[j] ?? 0 }
}
