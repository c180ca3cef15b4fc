/// Least squares on rows that were not fitted, from their moments alone.
enum Gaussian {
  /// Σ w (y − β₀ − x'β)² / W over the rows of `moments`, whose last column is the target.
  ///
  /// = (C_yy − 2 β'C_xy + β'C_xx β) / W + (ȳ − β₀ − x̄'β)²
  ///
  /// - Parameters:
  ///   - support: columns with a coefficient.
  ///   - beta: their coefficients on the original scale.
  /// - Complexity: O(support²)
  static func meanSquaredError(
    _ moments: Moments, support: [Int], beta: [Double], intercept: Double
  ) -> Double {
    let y = moments.width - 1
    var (square, offset) = (moments.comoment(y, y), moments.mean[y] - intercept)
    for (position, j) in support.enumerated() {
      let b = beta[position]
      offset -= b * moments.mean[j]
      var product = 0.5 * b * moments.comoment(j, j) - moments.comoment(j, y)
      for other in position + 1..<max(support.count, position + 1) {
        product += beta[other] * moments.comoment(j, support[other])
      }
      square += 2 * b * product
    }
    return max(0, square) / moments.weight + offset * offset
  }
}
