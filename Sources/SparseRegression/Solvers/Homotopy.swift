/// The exact path of the lasso, followed down from knot to knot.
///
/// While the columns that are in, A, and their signs σ stay as they are, the optimum is linear in λ
/// (Osborne, Presnell & Turlach, 2000; Efron, Hastie, Johnstone & Tibshirani, 2004; Rosset & Zhu, 2007).
/// From b and g = c − G b at λ it goes on, a step t further down, as
///
///   b(λ − t) = b + t d,    d_A = G_AA⁻¹ (v σ)_A
///   g(λ − t) = g − t a,    a = G d
///
/// until a coefficient reaches zero, t = −bⱼ / dⱼ, or the gradient of a column outside its price,
/// σ gⱼ = λ vⱼ, t = (λ vⱼ − σ gⱼ) / (vⱼ − σ aⱼ). That λ is a knot: columns enter and leave there, and
/// another line begins. At each knot b is solved for once more, from a freshly computed gradient, so that
/// rounding does not grow along the path.
///
/// Which columns go in where several are at zero and at their price is asked of ``TieBreak``.
struct Homotopy {
  /// A λ where the line changes.
  struct Knot: Equatable {
    let lambda: Double
    /// One coefficient a column, at the knot.
    let b: [Double]
    /// Columns that are zero here and not below, increasing.
    let entered: [Int]
    /// Columns that are zero from here on down, increasing.
    let left: [Int]
  }

  /// Ends of lines that differ by less than this share of λ are one knot.
  private static let tie = 1e-10
  /// No knot is told from zero below this share of the first.
  private static let least = 1e-13
  private static let sides = [1.0, -1]

  private var inside: ActiveColumns
  private let columns: [Int]
  /// Where the line begins: the last knot or, before there is one, where the first will be.
  private var lambda = 0.0
  private let floor: Double
  /// The solution there, and c − G b.
  private var b: [Double]
  private var g: [Double]
  /// How b grows and g falls as λ falls.
  private var d: [Double]
  private var a: [Double]
  /// For each column that was at zero and at its price where the line begins, the side on which it was;
  /// along this line it moves away from there, whatever rounding says. 0 for others.
  private var barred: [Double]

  /// - Parameters:
  ///   - columns: those that take part; their diagonal in the Gram is positive.
  ///   - start: the null model's coefficients; zero for columns with a price.
  init(_ loss: Quadratic, _ penalty: ElasticNet, columns: [Int], start: [Double]) {
    precondition(penalty.alpha == 1, "the path is linear between knots for the lasso alone")
    var inside = ActiveColumns(loss, penalty)
    self.columns = columns
    for j in columns where penalty.factors[j] == 0 {
      if penalty.bounds[j] == .free {
        _ = inside.enter(j, side: 0)
      } else if start[j] != 0 {
        _ = inside.enter(j, side: start[j] > 0 ? 1 : -1)
      }
    }
    (b, g) = inside.solve(loss.correlation)
    for j in columns where penalty.factors[j] > 0 {
      let pull = penalty.pull(j..<j + 1, g)
      // What rounding leaves of a gradient that is zero begins no path.
      let noise = 64 * .ulpOfOne * inside.length[j] * loss.targetNorm.squareRoot()
      if pull > noise { lambda = max(lambda, pull / penalty.factors[j]) }
    }
    floor = Self.least * lambda
    d = Array(repeating: 0, count: loss.count)
    (a, barred) = (d, d)
    self.inside = inside
  }

  /// The columns that are in below the last knot.
  var active: [Int] { inside.active }

  /// c − G b, for coefficients of columns that have been in.
  func residualCorrelation(_ b: [Double]) -> [Double] { inside.loss.residualCorrelation(b) }

  /// Goes down to the next knot.
  ///
  /// - Returns: nil if the line goes on to λ = 0.
  /// - Complexity: O(p · support)
  mutating func next() -> Knot? {
    while let reached = firstEnd, reached > floor {
      let before = inside.isActive
      let tied = cross(at: reached)
      for (j, side) in tied { barred[j] = side }
      let changed = columns.filter { before[$0] != inside.isActive[$0] }
      // Without a change the line goes on: the column that ended it is spanned by those that are in.
      guard !changed.isEmpty else { continue }
      return Knot(
        lambda: lambda, b: b, entered: changed.filter { !before[$0] },
        left: changed.filter { before[$0] })
    }
    return nil
  }

  /// The coefficients where the line that begins at the last knot reaches λ = 0.
  func end() -> [Double] {
    var last = self
    last.move(to: 0)
    return last.b
  }

  /// Moves to a knot, and finds the line below it.
  ///
  /// - Returns: the columns that are at zero and at their price there, and on which side.
  private mutating func cross(at knot: Double) -> [Int: Double] {
    let before = inside.isActive
    var tied = ended(by: knot)
    inside.leave { tied[$0] != nil }
    for j in tied.keys { b[j] = 0 }
    move(to: knot)
    for j in columns where !inside.isActive[j] && tied[j] == nil { tied[j] = tiedSide(j) }
    while true {
      TieBreak.settle(&inside, tied)
      let (direction, rest) = inside.solve(inside.prices)
      (d, a) = (direction, rest.map { -$0 })
      for j in inside.active { a[j] = inside.penalty.factors[j] * inside.side[j] }
      if inside.isActive != before { barred = Array(repeating: 0, count: barred.count) }
      // What the new line reaches where it begins ties as well: rounding put it beside the knot.
      let more = ended(by: lambda).filter { tied[$0.key] == nil }
      if more.isEmpty { return tied }
      tied.merge(more) { side, _ in side }
      inside.leave { more[$0] != nil }
      for j in more.keys { b[j] = 0 }
      correct()
    }
  }

  /// Follows the line.
  private mutating func move(to new: Double) {
    for j in inside.active { b[j] += (lambda - new) * d[j] }
    lambda = new
    correct()
  }

  /// Solves for what rounding left between the gradient of the columns that are in and their price.
  private mutating func correct() {
    g = inside.loss.residualCorrelation(b)
    let prices = inside.prices
    let (step, rest) = inside.solve(zip(g, prices).map { $0 - lambda * $1 })
    for j in inside.active { b[j] += step[j] }
    g = zip(rest, prices).map { $0 + lambda * $1 }
  }

  /// Where the line ends, if it does before λ = 0.
  private var firstEnd: Double? { columns.lazy.compactMap { end(of: $0)?.lambda }.max() }

  /// The columns for which the line ends at a knot, or above it, and their sides.
  private func ended(by knot: Double) -> [Int: Double] {
    var found: [Int: Double] = [:]
    for j in columns {
      if let end = end(of: j), end.lambda >= knot * (1 - Self.tie) { found[j] = end.side }
    }
    return found
  }

  /// Where the line ends for a column: the largest λ where it reaches zero, or its price.
  private func end(of j: Int) -> (lambda: Double, side: Double)? {
    if inside.isActive[j] {
      let side = inside.side[j]
      guard side * d[j] < 0, side != barred[j] else { return nil }
      return (lambda - max(0, -b[j] / d[j]), side)
    }
    var best: (lambda: Double, side: Double)?
    for side in Self.sides where inside.penalty.allows(side, j) && side != barred[j] {
      let price = inside.penalty.factors[j]
      let closing = price - side * a[j]
      guard closing > 0 else { continue }
      let reached = lambda - max(0, (lambda * price - side * g[j]) / closing)
      if reached > best?.lambda ?? 0 { best = (reached, side) }
    }
    return best
  }

  /// The side on which a column outside is at its price at the knot, to rounding.
  private func tiedSide(_ j: Int) -> Double? {
    let noise = 64 * .ulpOfOne * inside.length[j] * inside.loss.targetNorm.squareRoot()
    return Self.sides.first { side in
      inside.penalty.allows(side, j)
        && lambda * inside.penalty.factors[j] - side * g[j] <= noise
    }
  }
}

/// Columns that are in, each on its side of zero, with the Cholesky factor of their Gram matrix.
struct ActiveColumns {
  private(set) var loss: Quadratic
  let penalty: ElasticNet
  /// √G_jj
  let length: [Double]
  private(set) var active: [Int] = []
  private(set) var isActive: [Bool]
  /// The side of zero that an active column is on; 0 where it may cross.
  private(set) var side: [Double]
  private var factor = Cholesky()

  init(_ loss: Quadratic, _ penalty: ElasticNet) {
    (self.loss, self.penalty) = (loss, penalty)
    length = loss.diagonal.map { $0.squareRoot() }
    isActive = Array(repeating: false, count: loss.count)
    side = Array(repeating: 0, count: loss.count)
  }

  /// - Returns: false if those that are in already span column `j`.
  mutating func enter(_ j: Int, side new: Double) -> Bool {
    loss.prepare(j)
    guard factor.append(active.map { loss.gram(j, $0) }, diagonal: loss.diagonal[j]) else {
      return false
    }
    active.append(j)
    (isActive[j], side[j]) = (true, new)
    return true
  }

  mutating func leave(where leaves: (Int) -> Bool) {
    for position in active.indices.reversed() where leaves(active[position]) {
      factor.remove(at: position)
      isActive[active.remove(at: position)] = false
    }
  }

  /// (v σ)_A; zero for columns outside.
  var prices: [Double] {
    var prices = [Double](repeating: 0, count: loss.count)
    for j in active { prices[j] = penalty.factors[j] * side[j] }
    return prices
  }

  /// Solves G_AA x_A = r_A.
  ///
  /// - Returns: x, zero for columns outside, and r − G x.
  /// - Complexity: O(p · |A|)
  func solve(_ r: [Double]) -> (x: [Double], rest: [Double]) {
    var (x, rest) = ([Double](repeating: 0, count: loss.count), r)
    for _ in 0..<2 {  // once, and once to refine
      for (j, step) in zip(active, factor.solve(active.map { rest[$0] })) {
        x[j] += step
        loss.addRow(j, times: -step, to: &rest)
      }
    }
    return (x, rest)
  }

  /// The solution of G_AA x = (v σ)_A alone, in the order of ``active``.
  ///
  /// - Complexity: O(|A|²)
  func direction() -> [Double] {
    factor.solve(active.map { penalty.factors[$0] * side[$0] })
  }
}
