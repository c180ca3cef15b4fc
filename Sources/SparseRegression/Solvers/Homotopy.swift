/// The exact path of the lasso, followed down from knot to knot.
///
/// While the columns that are in, A, and their signs σ stay as they are, the optimum is linear in λ
/// (Osborne, Presnell & Turlach, 2000; Efron, Hastie, Johnstone & Tibshirani, 2004; Rosset & Zhu, 2007):
///
///   b_A(λ) = p − λ d,    p = G_AA⁻¹ c_A,    d = G_AA⁻¹ (v σ)_A
///   g(λ)   = q + λ a,    q = c − G p,       a = G d
///
/// That holds down to the largest λ where a coefficient reaches zero, λ = pⱼ / dⱼ, or the gradient of a
/// column outside its price, σ gⱼ = λ vⱼ at λ = σ qⱼ / (vⱼ − σ aⱼ). Such a λ is a knot: columns enter and
/// leave there, and another line begins. Each line is solved for afresh, so that rounding does not grow
/// from one knot to the next.
///
/// Which columns go in where several are at zero and at their price is asked of ``TieBreak``.
struct Homotopy {
  /// A λ where the line changes.
  struct Knot {
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
  private var line = Line()
  /// The last knot's λ.
  private var lambda = Double.infinity
  private var floor = 0.0
  /// For each column that was at zero and at its price where the line begins, the side on which it was;
  /// along this line it moves away from there, whatever rounding says. 0 for others.
  private var barred: [Double]

  /// The line below a knot; one entry a column, those outside with p = d = 0.
  private struct Line {
    var p: [Double] = []
    var d: [Double] = []
    var q: [Double] = []
    var a: [Double] = []
    /// How far rounding alone may take q and a from their value, for a column of length 1.
    var noise = (q: 0.0, a: 0.0)
  }

  /// - Parameters:
  ///   - columns: those that take part; their diagonal in the Gram is positive.
  ///   - start: the null model's coefficients; zero for columns with a price.
  init(_ loss: Quadratic, _ penalty: ElasticNet, columns: [Int], start: [Double]) {
    precondition(penalty.alpha == 1, "the path is linear between knots for the lasso alone")
    inside = ActiveColumns(loss, penalty)
    self.columns = columns
    barred = Array(repeating: 0, count: loss.count)
    for j in columns where penalty.factors[j] == 0 {
      if penalty.signs[j] == .free {
        _ = inside.enter(j, side: 0)
      } else if start[j] != 0 {
        _ = inside.enter(j, side: start[j] > 0 ? 1 : -1)
      }
    }
    line = solvedLine()
  }

  /// The columns that are in below the last knot.
  var active: [Int] { inside.active }
  /// The coefficients where the line that begins there reaches λ = 0.
  var end: [Double] { line.p }

  /// c − G b, for coefficients of columns that have been in.
  func residualCorrelation(_ b: [Double]) -> [Double] { inside.loss.residualCorrelation(b) }

  /// Goes down to the next knot.
  ///
  /// - Returns: nil if the line goes on to λ = 0.
  /// - Complexity: O(p · support)
  mutating func next() -> Knot? {
    while let reached = firstEnd, reached > floor {
      let (before, old) = (inside.isActive, line)
      if lambda == .infinity { floor = Self.least * reached }
      lambda = min(lambda, reached)
      let tied = cross()
      for (j, side) in tied { barred[j] = side }
      let changed = columns.filter { before[$0] != inside.isActive[$0] }
      // Without a change the line goes on: the column that ended it is spanned by those that are in.
      guard !changed.isEmpty else { continue }
      var b = zip(old.p, old.d).map { $0 - lambda * $1 }
      for j in tied.keys { b[j] = 0 }
      return Knot(
        lambda: lambda, b: b, entered: changed.filter { !before[$0] },
        left: changed.filter { before[$0] })
    }
    return nil
  }

  /// Finds the line below the knot.
  ///
  /// - Returns: the columns that are at zero and at their price there, and on which side.
  private mutating func cross() -> [Int: Double] {
    let before = inside.isActive
    var tied: [Int: Double] = [:]
    for j in columns where !inside.isActive[j] { tied[j] = tiedSide(j) }
    var more = reached(except: tied)
    repeat {
      tied.merge(more) { side, _ in side }
      TieBreak.settle(&inside, tied)
      line = solvedLine()
      if inside.isActive != before { barred = Array(repeating: 0, count: barred.count) }
      // What the new line reaches where it begins ties as well: rounding put it beside the knot.
      more = reached(except: tied)
    } while !more.isEmpty
    return tied
  }

  /// The columns for which the line ends at the knot, and their sides.
  private func reached(except known: [Int: Double]) -> [Int: Double] {
    var found: [Int: Double] = [:]
    for j in columns where known[j] == nil {
      if let end = end(of: j), end.lambda >= lambda * (1 - Self.tie) { found[j] = end.side }
    }
    return found
  }

  /// Where the line ends, if it does before λ = 0.
  private var firstEnd: Double? { columns.lazy.compactMap { end(of: $0)?.lambda }.max() }

  /// Where the line ends for a column: the largest λ where it reaches zero, or its price.
  private func end(of j: Int) -> (lambda: Double, side: Double)? {
    let (length, side) = (inside.length[j], inside.side[j])
    if inside.isActive[j] {
      guard side * line.d[j] < 0, side * line.p[j] < 0, side != barred[j] else { return nil }
      return (min(line.p[j] / line.d[j], lambda), side)
    }
    var best: (lambda: Double, side: Double)?
    for side in Self.sides where inside.penalty.allows(side, j) && side != barred[j] {
      let (pull, closing) = (side * line.q[j], inside.penalty.factors[j] - side * line.a[j])
      guard pull > line.noise.q * length, closing > line.noise.a * length else { continue }
      let reached = min(pull / closing, lambda)
      if reached > best?.lambda ?? 0 { best = (reached, side) }
    }
    return best
  }

  /// The side on which a column outside is at its price at the knot, to rounding.
  private func tiedSide(_ j: Int) -> Double? {
    let noise = (line.noise.q + lambda * line.noise.a) * inside.length[j]
    return Self.sides.first { side in
      guard inside.penalty.allows(side, j) else { return false }
      let pull = side * (line.q[j] + lambda * line.a[j])
      return abs(lambda * inside.penalty.factors[j] - pull) <= noise
    }
  }

  private mutating func solvedLine() -> Line {
    let (p, q) = inside.solve(inside.loss.correlation)
    let (d, rest) = inside.solve(inside.prices)
    var line = Line(p: p, d: d, q: q, a: rest.map { -$0 })
    let (long, steep) = inside.active.reduce((inside.loss.targetNorm.squareRoot(), 0.0)) { sum, j in
      (sum.0 + inside.length[j] * abs(p[j]), sum.1 + inside.length[j] * abs(d[j]))
    }
    line.noise = (64 * .ulpOfOne * long, 64 * .ulpOfOne * steep)
    return line
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
