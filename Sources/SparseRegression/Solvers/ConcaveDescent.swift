/// The path solver for penalties that are concave beyond their price: block coordinate descent with warm
/// starts (Breheny & Huang, 2011 and 2015), then Newton's method where it ended.
///
/// A group's own minimum, the others held, is known in closed form, and the objective falls with each, so
/// the sweeps end at a point that no group can better by itself: a stationary one. They go over the groups
/// that are in; those that pull harder than their price come in together, until none does. Along a path each
/// λ starts where the last one ended. Newton's method on the coordinates that are not zero takes the last
/// digits, where the objective is convex on them and none crosses into another piece of its penalty. Where
/// sweeps hardly get on, lassos that touch the penalty go on (Zou & Li, 2008).
struct ConcaveDescent: SupportSolver {
  var loss: Quadratic
  var penalty: ElasticNet
  private let kind: PenaltyKind
  private var groups: [Range<Int>]

  private(set) var b: [Double]
  private(set) var g: [Double]
  let dependent: Set<Int> = []
  /// Groups that are swept over, as indices.
  private var active: [Int] = []
  private var isActive: [Bool]
  /// Coordinates that were in at the last λ.
  private var before: [Int] = []
  /// Whether the objective was locally convex at every λ so far.
  private var isConvex = true
  /// Sweeps that are left to this λ.
  private var left = 0
  var patience = Patience()

  /// - Parameters:
  ///   - penalty: on coordinates; those of a group share a factor.
  ///   - groups: those that take part, each orthonormal in itself, no coordinate shorter than 1.
  init(_ loss: Quadratic, _ penalty: ElasticNet, _ kind: PenaltyKind, groups: [Range<Int>]) {
    (self.loss, self.penalty, self.kind, self.groups) = (loss, penalty, kind, groups)
    b = Array(repeating: 0, count: loss.count)
    g = loss.correlation
    isActive = Array(repeating: false, count: groups.count)
  }

  mutating func extend(_ new: NewCoordinates) {
    let old = loss.count
    loss.extend(new)
    penalty.extend(new)
    groups += new.groups
    b += repeatElement(0, count: loss.count - old)
    isActive += repeatElement(false, count: new.groups.count)
    g += loss.residualCorrelation(b)[old...]
  }

  mutating func recenter(at base: [Double], gradient: [Double], rest: Double) {
    loss.recenter(base, gradient: gradient, rest: rest)
    g = b == base ? gradient : loss.residualCorrelation(b)
  }

  mutating func take(slopes: [Double]) { preconditionFailure("bends by itself") }

  mutating func prepareAll() { loss.prepareAll() }

  mutating func restart(_ b: [Double], _ source: (any GramSource)?) {
    if let source { loss = loss.with(source) }
    self.b = b
    for j in b.indices where b[j] != 0 { loss.prepare(j) }
    active = groups.indices.filter { !isZero(groups[$0]) }
    isActive = groups.map { !isZero($0) }
  }

  /// - Complexity: O(p) a sweep for each coordinate that changes, O(support³) a λ.
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome {
    for index in active where isZero(groups[index]) { isActive[index] = false }
    active.removeAll { !isActive[$0] }
    var isDirect = false
    // Sweeps are all that it has, and are granted more of them.
    let cost = loss.count * max(1, active.count) / 8
    let sweeps = max(500, patience.rounds(of: cost))
    left = sweeps
    for _ in 0..<groups.count + 50 where left > 0 {
      let asking = groups.indices.filter { !isActive[$0] && asks(groups[$0], lambda) }
      for index in asking { isActive[index] = true }
      active = (active + asking).sorted()
      isDirect = settle(lambda, tolerance)
      if groups.indices.allSatisfy({ isActive[$0] || !asks(groups[$0], lambda) }) { break }
    }
    var reached = gap(lambda)
    if !(reached <= tolerance) {
      patience.spend(sweeps - left, of: cost)
      reached = touch(lambda, tolerance)
    }
    let support = b.indices.filter { b[$0] != 0 }
    isConvex = isConvex && isConvex(on: Set(support).union(before).sorted(), lambda)
    before = support
    return Outcome(gap: reached, isDirect: isDirect, isConvex: isConvex)
  }

  private func isZero(_ group: Range<Int>) -> Bool { group.allSatisfy { b[$0] == 0 } }

  private func asks(_ group: Range<Int>, _ lambda: Double) -> Bool {
    isZero(group)
      && penalty.pull(group, g)
        > penalty.threshold(group.lowerBound, lambda) * (1 + 1e-11) + 1e-14
  }

  /// Sweeps over the active groups until nothing moves or the gap is far below what will do.
  ///
  /// - Returns: whether Newton's method ended there.
  private mutating func settle(_ lambda: Double, _ tolerance: Double) -> Bool {
    for _ in 0..<2000 where left > 0 {
      var change = 0.0
      for _ in 0..<25 {
        (change, left) = (0, left - 1)
        for index in active { change = max(change, minimize(groups[index], lambda)) }
        if change < 1e-9 { break }
      }
      g = loss.residualCorrelation(b)
      if polish(lambda) { return true }
      if change < 1e-14 || (change < 1e-9 && gap(lambda) < 1e-3 * tolerance) { return false }
    }
    return false
  }

  /// Minimizes over one group.
  ///
  /// - Returns: the largest change of a coordinate, in units of the fit.
  private mutating func minimize(_ group: Range<Int>, _ lambda: Double) -> Double {
    let first = group.lowerBound
    let (d, u) = (loss.diagonal[first], penalty.threshold(first, lambda))
    let r = penalty.curvature(first, lambda)
    let length = group.reduce(0) { sum, j in
      let z = g[j] + d * b[j]
      return sum + z * z
    }.squareRoot()
    let share = length > 0 ? kind.minimum(length, curvature: d + r, price: u) / length : 0
    var largest = 0.0
    for j in group {
      let old = b[j]
      let new = share * (g[j] + d * old)
      let step = penalty.bounds[j].clamped(new) - old
      guard step != 0 else { continue }
      b[j] += step
      if b[j].magnitude < 1e-300 { b[j] = 0 }
      largest = max(largest, abs(step) * d.squareRoot())
      loss.prepare(j)
      loss.addRow(j, times: -step, to: &g)
    }
    return largest
  }

  /// Solves the lasso in which each group pays the slope that its penalty has at `b`, again and again.
  ///
  /// - Returns: the gap.
  private mutating func touch(_ lambda: Double, _ tolerance: Double) -> Double {
    var straight: any SupportSolver =
      groups.allSatisfy { $0.count == 1 }
      ? ActiveSet(loss, penalty, columns: groups.map(\.lowerBound))
      : GroupActiveSet(loss, penalty, groups: groups)
    straight.restart(b, nil)
    var reached = Double.infinity
    // Each is a solution of its own, worth many sweeps.
    let cost = 4 * loss.count * (1 + b.count { $0 != 0 })
    let rounds = min(200, patience.rounds(of: cost))
    for _ in 0..<rounds where reached > tolerance {
      straight.take(slopes: kind.slopes(b, groups, penalty, lambda))
      _ = straight.solve(lambda: lambda, tolerance: 1e-3 * tolerance)
      (b, g) = (straight.b, straight.g)
      reached = gap(lambda)
    }
    if !(reached <= tolerance) { patience.spend(rounds, of: cost) }
    restart(b, nil)
    return reached
  }

  // MARK: Newton

  /// A few steps of Newton's method on the coordinates that are not zero.
  ///
  /// - Returns: false, and nothing is changed, where the objective is not convex on them, a group would
  ///   cross into another piece, or the steps do not end.
  private mutating func polish(_ lambda: Double) -> Bool {
    let support = groups.filter { !isZero($0) }
    guard !support.isEmpty else { return true }
    let (oldB, oldG) = (b, g)
    let coordinates = support.flatMap { Array($0) }
    for _ in 0..<8 {
      guard let factor = hessian(support, coordinates, lambda) else { break }
      let down = downhill(support, lambda)
      let step = factor.solve(down)
      for (j, d) in zip(coordinates, step) { b[j] += d }
      guard support.allSatisfy({ stays($0, from: oldB, lambda) }) else { break }
      g = loss.residualCorrelation(b)
      if step.allSatisfy({ abs($0) < 1e-14 }) || down.allSatisfy({ abs($0) < 1e-14 }) {
        return true
      }
    }
    (b, g) = (oldB, oldG)
    return false
  }

  private func length(_ group: Range<Int>, _ b: [Double]) -> Double {
    group.reduce(0) { $0 + b[$1] * b[$1] }.squareRoot()
  }

  /// Whether a group is in the piece of its penalty where it was, a single coordinate on its side of zero.
  private func stays(_ group: Range<Int>, from old: [Double], _ lambda: Double) -> Bool {
    let u = penalty.threshold(group.lowerBound, lambda)
    let j = group.lowerBound
    guard group.count > 1 || u == 0 && penalty.bounds[j] == .free || b[j] * old[j] > 0 else {
      return false
    }
    return kind.isSamePiece(length(group, old), length(group, b), price: u)
  }

  private func downhill(_ support: [Range<Int>], _ lambda: Double) -> [Double] {
    support.flatMap { group -> [Double] in
      let (first, t) = (group.lowerBound, length(group, b))
      let slope = kind.derivatives(t, price: penalty.threshold(first, lambda)).slope
      return group.map { g[$0] - slope * b[$0] / t - penalty.curvature(first, lambda) * b[$0] }
    }
  }

  private mutating func hessian(
    _ support: [Range<Int>], _ coordinates: [Int], _ lambda: Double
  ) -> Cholesky? {
    var lower = gram(coordinates)
    let n = coordinates.count
    var start = 0
    for group in support {
      let (first, t) = (group.lowerBound, length(group, b))
      let (slope, bend) = kind.derivatives(t, price: penalty.threshold(first, lambda))
      let r = penalty.curvature(first, lambda)
      for (a, j) in group.enumerated() {
        for (c, k) in group.enumerated() where c <= a {
          let along = b[j] * b[k] / (t * t)
          let identity: Double = a == c ? 1 : 0
          lower[(start + a) * n + start + c] +=
            r * identity + bend * along + slope / t * (identity - along)
        }
      }
      start += group.count
    }
    var factor = Cholesky()
    return factor.reset(lower: lower, count: n) ? factor : nil
  }

  /// The lower triangle of G on some coordinates, row-major.
  private mutating func gram(_ coordinates: [Int]) -> [Double] {
    let n = coordinates.count
    var lower = [Double](repeating: 0, count: n * n)
    for j in coordinates { loss.prepare(j) }
    let loss = loss
    for row in 0..<n {
      for column in 0...row {
        lower[row * n + column] = loss.gram(coordinates[row], coordinates[column])
      }
    }
    return lower
  }

  // MARK: What can be said of the outcome

  /// Whether the objective is convex on some coordinates, however the penalty bends there.
  private mutating func isConvex(on coordinates: [Int], _ lambda: Double) -> Bool {
    var lower = gram(coordinates)
    let n = coordinates.count
    for (place, j) in coordinates.enumerated() where penalty.threshold(j, lambda) > 0 {
      lower[place * n + place] += penalty.curvature(j, lambda) - kind.concavity
    }
    return LinearAlgebra.factorize(&lower, stride: n, count: n)
  }

  /// The duality gap of the weighted lasso that has each group pay the slope of its penalty here: the local
  /// linear approximation (Zou & Li, 2008). It is zero where b is stationary, and only there.
  private func gap(_ lambda: Double) -> Double {
    var straight = penalty
    straight.slopes = kind.slopes(b, groups, penalty, lambda)
    return DualityGap(loss: loss, penalty: straight, groups: groups)(b, g, lambda: lambda)
  }
}
