/// Cyclic coordinate descent with covariance updates (Friedman, Hastie & Tibshirani, 2010).
///
/// Minimizes over one coefficient at a time, keeping g = c − G b. It needs nothing of the matrix but
/// that its diagonal is not zero, so it is what remains where a direct solve is refused, and it is the
/// clear oracle that the direct solver is tested against.
struct CoordinateDescent {
  let loss: Quadratic
  let penalty: ElasticNet
  /// The columns that take part.
  let columns: [Int]

  /// Minimizes over each coordinate in turn, once.
  ///
  /// - Returns: the largest change, in units of the fit.
  /// - Complexity: O(p) a coefficient that changes
  func sweep(_ b: inout [Double], _ g: inout [Double], lambda: Double) -> Double {
    var largest = 0.0
    for j in columns {
      let diagonal = loss.gram(j, j)
      let old = b[j]
      let new =
        softThreshold(g[j] + diagonal * old, penalty.threshold(j, lambda))
        / (diagonal + penalty.curvature(j, lambda))
      b[j] = penalty.allows(new, j) ? new : 0
      let step = b[j] - old
      guard step != 0 else { continue }
      largest = max(largest, abs(step) * diagonal.squareRoot())
      LinearAlgebra.addRow(j, of: loss.gram, times: -step, to: &g)
    }
    return largest
  }

  /// Sweeps until the duality gap is at most `tolerance`, or until `limit` sweeps are spent.
  ///
  /// - Parameters:
  ///   - b: where to start; the answer.
  ///   - g: c − G b; recomputed at the end, so that it holds no drift.
  /// - Returns: the gap reached.
  func minimize(
    _ b: inout [Double], _ g: inout [Double], lambda: Double, tolerance: Double,
    limit: Int = 100_000
  ) -> Double {
    let gap = DualityGap(loss: loss, penalty: penalty, columns: columns)
    var reached = gap(b, g, lambda: lambda)
    for round in 1...limit where reached > tolerance {
      let change = sweep(&b, &g, lambda: lambda)
      guard round % 10 == 0 || change < 1e-15 else { continue }
      g = loss.residualCorrelation(b)
      reached = gap(b, g, lambda: lambda)
      if change == 0 { break }
    }
    return reached
  }
}
