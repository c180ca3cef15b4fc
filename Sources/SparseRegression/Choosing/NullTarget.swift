internal import RealModule

/// A target that no column knows of: noise in the place of the target, in the moments of each block.
///
/// With e independent of the columns, normal with variance σ² over a row's weight, and X the centred
/// columns of a block with C = X'WX = L L' of rank r (all sums weighted),
///
///   X'We = σ L g,    e'We = σ² (‖g‖² + χ²),    ē = σ h / √W,
///
/// for independent standard normal g (r of them) and h and a χ² of n − 1 − r degrees of freedom: e's part
/// in the span of X, its length beside it, and its mean. So the moments of rows with such a target are
/// drawn exactly, without rows, block by block; any rule can then be tried on them.
public struct NullTarget: Sendable {
  private let blocks: [Moments]
  /// For each block, L by columns, each over the predictors.
  private let factors: [[[Double]]]
  /// σ: that of the target which is replaced.
  private let deviation: Double

  /// - Parameter blocks: moments of disjoint sets of rows, the target last.
  /// - Complexity: O(p² r) a block
  public init(_ blocks: [Moments], threads: Int = 1) {
    let all = TrainingMoments(blocks)
    let y = all.width - 1
    self.blocks = blocks
    deviation = (all.comoment(y, y) / all.weight).squareRoot()
    // A constant column leaves sums of rounding errors behind only where it is not constant.
    let least = (0..<y).map { 1e-12 * all.comoment($0, $0) }
    factors = concurrentMap(blocks.count, threads: threads) { index in
      blocks[index].factor(least: least)
    }
  }

  /// The blocks with a target drawn anew.
  public func draw(seed: UInt64, number: Int) -> [Moments] {
    var random = SplitMix64(seed: seed, stream: 0x6e75_6c6c_0000 ^ UInt64(number))
    return zip(blocks, factors).map { block, factor in
      guard block.weight > 0 else { return block }
      var products = [Double](repeating: 0, count: block.width - 1)
      var square = random.chiSquare(max(0, block.rows - 1 - factor.count))
      for column in factor {
        let g = random.normal()
        square += g * g
        LinearAlgebra.add(column, times: g * deviation, to: &products)
      }
      return block.replacingTarget(
        products: products, square: square * deviation * deviation,
        mean: random.normal() * deviation / block.weight.squareRoot())
    }
  }
}

extension Moments {
  /// The same predictors with another target.
  ///
  /// - Parameters:
  ///   - products: Σ w (xⱼ − x̄ⱼ)(y − ȳ), one a predictor.
  ///   - square: Σ w (y − ȳ)²
  fileprivate func replacingTarget(products new: [Double], square: Double, mean: Double) -> Moments
  {
    var result = self
    let y = width - 1
    for j in 0..<y {
      result.products[j, y] = new[j]
      result.products[y, j] = new[j]
    }
    result.products[y, y] = square
    result.mean[y] = mean
    return result
  }

  /// L of the predictors' co-moments C = L L', column by column; 1e-10 of a diagonal, or `least`, is
  /// rounding.
  fileprivate func factor(least: [Double]) -> [[Double]] {
    let p = width - 1
    let diagonal = (0..<p).map { comoment($0, $0) }
    return LinearAlgebra.semidefiniteFactor(
      { pivot in (0..<p).map { comoment(pivot, $0) } }, diagonal: diagonal,
      ends: zip(diagonal, least).map { max(1e-10 * $0, $1) }, rank: max(0, rows - 1))
  }
}
