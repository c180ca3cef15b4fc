import Testing

@testable import SparseRegression

@Suite struct NullTargetTests {
  /// Over draws, products with the columns have mean 0 and the covariance σ² C, the target's sum of squares
  /// has the mean and variance of σ² χ² with n − 1 degrees of freedom, and means have the variance σ² / W.
  /// So it is in a block of more rows than columns and in one of fewer.
  @Test(arguments: [3, 12])
  func drawsHaveTheLawOfNoise(rows: Int) throws {
    let data = MadeData(n: 40, p: 5, seed: 4, weighted: true)
    let blocks = [data.moments { $0 < rows }, data.moments { $0 >= rows }]
    let all = Moments.merged(blocks)
    let (null, draws, block) = (NullTarget(blocks), 20_000, blocks[0])
    let variance = all.comoment(5, 5) / all.weight
    var (covariance, mean) = ([Double](repeating: 0, count: 25), [Double](repeating: 0, count: 5))
    var (square, fourth, center, spread) = (0.0, 0.0, 0.0, 0.0)
    for number in 0..<draws {
      let drawn = null.draw(seed: 1, number: number)[0]
      for j in 0..<5 {
        #expect(drawn.comoment(j, 2) == block.comoment(j, 2))
        #expect(drawn.comoment(j, 5) == drawn.comoment(5, j))
        mean[j] += drawn.comoment(j, 5) / Double(draws)
        for k in 0..<5 {
          covariance[j * 5 + k] += drawn.comoment(j, 5) * drawn.comoment(k, 5) / Double(draws)
        }
      }
      let value = drawn.comoment(5, 5) / variance
      square += value / Double(draws)
      fourth += value * value / Double(draws)
      center += drawn.mean[5] / Double(draws)
      spread += drawn.mean[5] * drawn.mean[5] / Double(draws)
    }
    for j in 0..<5 {
      let own = variance * block.comoment(j, j)
      #expect(abs(mean[j]) < 4 * (own / Double(draws)).squareRoot())
      for k in 0..<5 {
        let other = variance * block.comoment(k, k)
        #expect(
          abs(covariance[j * 5 + k] - variance * block.comoment(j, k))
            < 0.05 * (own * other).squareRoot())
      }
    }
    let freedom = Double(rows - 1)
    #expect(isClose(square / freedom, 1, 0.03))
    #expect(isClose((fourth - square * square) / (2 * freedom), 1, 0.1))
    #expect(abs(center) < 4 * (variance / block.weight / Double(draws)).squareRoot())
    #expect(isClose(spread * block.weight / variance, 1, 0.05))
  }

  /// No draw is impossible for rows: the Gram matrix of columns and target has no negative direction.
  @Test func drawsAreMoments() throws {
    let data = MadeData(n: 30, p: 4, seed: 7)
    let null = NullTarget([data.moments()])
    for number in 0..<50 {
      let drawn = null.draw(seed: 3, number: number)[0]
      let square = (0..<25).map { drawn.comoment($0 / 5, $0 % 5) }
      #expect(LinearAlgebra.inverse(of: square, count: 5) != nil)
      #expect(drawn == null.draw(seed: 3, number: number)[0])
    }
  }
}
