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
  /// Products of two numbers that were worked out so far.
  private(set) var work = 0.0
  /// What a product costs that is looked up by itself.
  private static let scattered = 4.0

  /// Coefficients below are zero: the square of their length is none.
  static let nothing = 1e-150

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
    work += Double(Patience.group)
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
      work += Double(loss.count)
      loss.prepare(j)
      loss.addRow(j, times: -step, to: &g)
    }
    return largest
  }

  /// The gradient of a group were its coefficients zero: g + G_gg b.
  mutating func without(_ group: Range<Int>, _ b: [Double], _ g: [Double]) -> [Double] {
    without(group, block(group), b, g)
  }

  private func without(_ group: Range<Int>, _ gram: [Double], _ b: [Double], _ g: [Double])
    -> [Double]
  {
    var pull = Array(g[group])
    for row in 0..<group.count {
      for column in 0..<group.count {
        pull[row] += gram[row * group.count + column] * b[group.lowerBound + column]
      }
    }
    return pull
  }

  /// G on a group, `k × k`.
  private mutating func block(_ group: Range<Int>) -> [Double] {
    for j in group { loss.prepare(j) }
    var gram = [Double]()
    gram.reserveCapacity(group.count * group.count)
    for j in group {
      for k in group { gram.append(loss.gram(j, k)) }
    }
    return gram
  }

  /// Minimizes over a group that is not orthonormal: zero where that is its minimum, else some steps of
  /// proximal descent towards it.
  private mutating func descend(
    _ group: Range<Int>, _ b: inout [Double], _ g: inout [Double], lambda: Double
  ) -> Double {
    let (t, r) = (
      penalty.threshold(group.lowerBound, lambda), penalty.curvature(group.lowerBound, lambda)
    )
    let (size, first, gram) = (group.count, group.lowerBound, block(group))
    work += 3 * Self.scattered * Double(size * size)
    let isZero =
      without(group, gram, b, g).reduce(0) { $0 + $1 * $1 }.squareRoot() <= t
    var bound = 0.0
    // No eigenvalue is above the largest sum of a row.
    for row in 0..<size {
      bound = max(bound, gram[row * size..<(row + 1) * size].reduce(0) { $0 + abs($1) })
    }
    guard bound > 0 else { return 0 }
    // The coefficients and the gradient of the group alone, until it is done.
    var (own, pull, largest) = (Array(b[group]), Array(g[group]), 0.0)
    var step = [Double](repeating: 0, count: size)
    for _ in 0..<(isZero ? 1 : 30) {
      work += Self.scattered * Double(size * size)
      var square = 0.0
      for place in 0..<size {
        step[place] = own[place] + pull[place] / bound
        square += step[place] * step[place]
      }
      let length = square.squareRoot()
      let shrink = isZero || length * bound <= t ? 0 : (1 - t / (bound * length)) / (1 + r / bound)
      var change = 0.0
      for place in 0..<size {
        step[place] = shrink * step[place] - own[place]
        own[place] += step[place]
        change = max(change, abs(step[place]) * bound.squareRoot())
      }
      for row in 0..<size {
        for column in 0..<size { pull[row] -= gram[row * size + column] * step[column] }
      }
      largest = max(largest, change)
      if change < 1e-3 * largest { break }
    }
    for place in 0..<size where own[place] != b[first + place] {
      // A length that underflows would be divided by.
      if own[place].magnitude < Self.nothing { own[place] = 0 }
      loss.addRow(first + place, times: b[first + place] - own[place], to: &g)
      b[first + place] = own[place]
    }
    return largest
  }

  /// Sweeps until the duality gap is at most `tolerance`, as long as there is patience.
  ///
  /// - Returns: the gap reached.
  mutating func minimize(
    _ b: inout [Double], _ g: inout [Double], lambda: Double, tolerance: Double,
    _ patience: inout Patience
  ) -> Double {
    let within =
      isOrthonormal ? 0 : groups.reduce(0) { $0 + ($1.count > 1 ? 30 * $1.count * $1.count : 0) }
    let cost = loss.count * max(1, b.count { $0 != 0 }) + Patience.group * groups.count + within
    let limit = patience.rounds(of: cost)
    if !b.allSatisfy(\.isFinite) { reset(&b, &g) }
    var reached = minimize(&b, &g, lambda: lambda, tolerance: tolerance, limit: limit)
    if !(reached <= tolerance) { patience.spend(limit, of: cost) }
    if reached.isNaN {
      reset(&b, &g)
      reached = gap(b, g, lambda: lambda)
    }
    return reached
  }

  /// Goes back to where nothing is in: numbers so large that nothing finite comes of them have no better answer.
  private func reset(_ b: inout [Double], _ g: inout [Double]) {
    b = Array(repeating: 0, count: b.count)
    g = loss.correlation
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
      if change == 0 || reached.isNaN { break }
    }
    return reached
  }

  private func gap(_ b: [Double], _ g: [Double], lambda: Double) -> Double {
    DualityGap(loss: loss, penalty: penalty, groups: groups)(b, g, lambda: lambda)
  }
}
