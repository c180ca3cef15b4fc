/// Cyclic block coordinate descent with covariance updates (Friedman, Hastie & Tibshirani, 2010; for
/// groups Yuan & Lin, 2006).
///
/// Minimizes over one group of coordinates at a time, keeping g = c − G b. The coordinates of a group
/// are orthonormal, so its minimum is a soft threshold of its length. It needs nothing of the matrix but
/// that its diagonal is not zero, so it is what remains where a direct solve is refused, and it is the
/// clear oracle that the direct solvers are tested against.
struct CoordinateDescent {
  var loss: Quadratic
  var penalty: ElasticNet
  /// The groups that take part.
  var groups: [Range<Int>]
  /// Whether the coordinates of a group are orthonormal, in units of its diagonal.
  var isOrthonormal = true

  /// Minimizes over each group in turn, once.
  ///
  /// - Returns: the largest change of a coordinate, in units of the fit.
  /// - Complexity: O(p) a coordinate that changes
  mutating func sweep(_ b: inout [Double], _ g: inout [Double], lambda: Double) -> Double {
    var largest = 0.0
    for group in groups { largest = max(largest, minimize(group, &b, &g, lambda: lambda)) }
    return largest
  }

  /// Minimizes over one group.
  mutating func minimize(
    _ group: Range<Int>, _ b: inout [Double], _ g: inout [Double], lambda: Double
  ) -> Double {
    let first = group.lowerBound
    if loss.diagonal[first].isNaN || !isOrthonormal { for j in group { loss.prepare(j) } }
    if group.count > 1 && !isOrthonormal { return descend(group, &b, &g, lambda: lambda) }
    let diagonal = loss.diagonal[first]
    let (t, r) = (penalty.threshold(first, lambda), penalty.curvature(first, lambda))
    let length = group.reduce(0) { sum, j in
      let u = g[j] + diagonal * b[j]
      return sum + u * u
    }.squareRoot()
    let shrink = length > t ? (1 - t / length) / (diagonal + r) : 0
    var largest = 0.0
    for j in group {
      // A step along one coordinate of an orthonormal group leaves the gradient of the others alone.
      let old = b[j]
      let new = shrink * (g[j] + diagonal * old)
      b[j] = penalty.bounds[j].clamped(new)
      let step = b[j] - old
      guard step != 0 else { continue }
      largest = max(largest, abs(step) * diagonal.squareRoot())
      loss.prepare(j)
      loss.addRow(j, times: -step, to: &g)
    }
    return largest
  }

  /// The gradient of a group were its coefficients zero: g + G_gg b.
  mutating func without(_ group: Range<Int>, _ b: [Double], _ g: [Double]) -> [Double] {
    for j in group { loss.prepare(j) }
    return group.map { j in group.reduce(g[j]) { $0 + loss.gram(j, $1) * b[$1] } }
  }

  /// Minimizes over a group that is not orthonormal: zero where that is its minimum, else some steps of
  /// proximal descent towards it.
  private mutating func descend(
    _ group: Range<Int>, _ b: inout [Double], _ g: inout [Double], lambda: Double
  ) -> Double {
    let (t, r) = (
      penalty.threshold(group.lowerBound, lambda), penalty.curvature(group.lowerBound, lambda)
    )
    let pull = without(group, b, g)
    let isZero = pull.reduce(0) { $0 + $1 * $1 }.squareRoot() <= t
    // No eigenvalue is above the largest sum of a row.
    let bound = group.map { j in group.reduce(0) { $0 + abs(loss.gram(j, $1)) } }.max()!
    var largest = 0.0
    for _ in 0..<(isZero ? 1 : 30) {
      let uphill = group.map { b[$0] + g[$0] / bound }
      let length = uphill.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let shrink = isZero || length * bound <= t ? 0 : (1 - t / (bound * length)) / (1 + r / bound)
      var change = 0.0
      for (place, j) in group.enumerated() {
        let step = shrink * uphill[place] - b[j]
        guard step != 0 else { continue }
        b[j] += step
        change = max(change, abs(step) * bound.squareRoot())
        loss.addRow(j, times: -step, to: &g)
      }
      largest = max(largest, change)
      if change < 1e-3 * largest { break }
    }
    return largest
  }

  /// Sweeps until the duality gap is at most `tolerance`, or until `limit` sweeps are spent.
  ///
  /// - Parameters:
  ///   - b: where to start; the answer.
  ///   - g: c − G b; recomputed at the end, so that it holds no drift.
  /// - Returns: the gap reached.
  mutating func minimize(
    _ b: inout [Double], _ g: inout [Double], lambda: Double, tolerance: Double,
    limit: Int = 100_000
  ) -> Double {
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

  private func gap(_ b: [Double], _ g: [Double], lambda: Double) -> Double {
    DualityGap(loss: loss, penalty: penalty, groups: groups)(b, g, lambda: lambda)
  }
}
