/// The path solver: on each λ, finds which columns are in and with which sign, and solves for them
/// directly.
///
/// Given the support and its signs σ, the optimum solves a linear system on the active columns,
/// (G + λ(1 − α)V) b = c − λαVσ. Each round walks from the iterate towards that solution. A coefficient
/// that would change its sign stops the walk at zero and leaves, one that reaches a bound stays there as it
/// leaves, until its gradient calls it back; once the solution is reached, columns
/// whose gradient exceeds their price enter. The objective falls in every round, so the rounds end
/// (Osborne, Presnell & Turlach, 2000; feature-sign search: Lee, Battle, Raina & Ng, 2007). Along a path
/// the support changes little from one λ to the next, and a Cholesky factor that gains and loses rows
/// makes a round O(p · support).
///
/// Where the active columns are collinear to working precision there is no factor to solve with, and
/// coordinate descent takes over for that λ.
struct ActiveSet: SupportSolver {
  private(set) var loss: Quadratic
  private(set) var penalty: ElasticNet
  /// The columns that take part; their diagonal in the Gram is positive.
  private(set) var columns: [Int]

  /// One coefficient a column, on the standardized scale.
  private(set) var b: [Double]
  /// c − G b, made anew whenever `b` changes: adding up what changes would let roundings pile up.
  private(set) var g: [Double]
  /// Whether `g` is that of another `b` or G.
  private var isStale = false
  /// Unpenalized columns that those before them already span; their coefficient is zero.
  private(set) var dependent: Set<Int> = []

  /// `columns`, each a group.
  private var groups: [Range<Int>]
  private var active: [Int] = []
  private var isActive: [Bool]
  /// The side of zero that an active column is held to; 0 where it may cross.
  private var sign: [Double]
  private var factor = Cholesky()
  private var factorLambda = 0.0
  var patience = Patience()

  init(_ loss: Quadratic, _ penalty: ElasticNet, columns: [Int]) {
    self.loss = loss
    self.penalty = penalty
    self.columns = columns
    groups = columns.map { $0..<$0 + 1 }
    b = Array(repeating: 0, count: loss.count)
    g = loss.correlation
    sign = b
    isActive = Array(repeating: false, count: loss.count)
  }

  mutating func extend(_ new: NewCoordinates) {
    let old = loss.count
    loss.extend(new)
    penalty.extend(new)
    columns += old..<loss.count
    groups += (old..<loss.count).map { $0..<$0 + 1 }
    let more = loss.count - old
    b += repeatElement(0, count: more)
    sign += repeatElement(0, count: more)
    isActive += repeatElement(false, count: more)
    g += loss.residualCorrelation(b)[old...]
  }

  mutating func recenter(at base: [Double], gradient: [Double], rest: Double) {
    loss.recenter(base, gradient: gradient, rest: rest)
    g = b == base ? gradient : loss.residualCorrelation(b)
    isStale = false
  }

  mutating func take(slopes: [Double]) { penalty.slopes = slopes }

  mutating func prepareAll() { loss.prepareAll() }

  mutating func restart(_ b: [Double], _ source: (any GramSource)?) {
    if let source { loss = loss.with(source) }
    self.b = b
    isStale = true
    rebuildFactor(factorLambda, active: columns.filter { isInside($0) })
  }

  /// Whether a coefficient is neither zero nor at a bound.
  private func isInside(_ j: Int) -> Bool {
    b[j] != 0 && b[j] > penalty.bounds[j].lower && b[j] < penalty.bounds[j].upper
  }

  /// - Complexity: O(p · support) a round, O(support³) more a λ where α < 1
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome {
    if isStale {
      for j in columns where b[j] != 0 { loss.prepare(j) }
      g = loss.residualCorrelation(b)
      isStale = false
    }
    admitFreeColumns(lambda)
    walk(lambda)
    refine(lambda)
    let gap = DualityGap(loss: loss, penalty: penalty, groups: groups)(b, g, lambda: lambda)
    guard !(gap <= tolerance) else { return Outcome(gap: gap, isDirect: true) }
    var descent = CoordinateDescent(loss: loss, penalty: penalty, groups: groups)
    let reached = descent.minimize(&b, &g, lambda: lambda, tolerance: tolerance, &patience)
    loss = descent.loss
    rebuildFactor(lambda, active: columns.filter { isInside($0) })
    return Outcome(gap: reached, isDirect: false)
  }

  /// The rounds: walk to the solution on the active columns, let columns in, until none asks.
  private mutating func walk(_ lambda: Double) {
    var refused: Set<Int> = []
    var batch = Int.max
    for _ in 0..<min(20 * (loss.count + 10), patience.rounds(of: loss.count)) {
      let progressed = settle(lambda)
      // Where all who entered left again at once, the worst one is let in alone: it must progress.
      if !progressed && batch == 1 { return }
      batch = progressed ? max(10, active.count / 2) : 1
      let asking = violators(lambda, except: refused)
      guard !asking.isEmpty else { return }
      loss.prepare(Array(asking.prefix(batch)))
      for (place, j) in asking.prefix(batch).enumerated() {
        let side: Double = (b[j] == 0 ? g[j] : b[j]) > 0 ? 1 : -1
        if enter(j, lambda, sign: side) { continue }
        // Those that entered before it may be what spans it: they are settled first.
        if place == 0 && !exchange(j, lambda, sign: side) { refused.insert(j) }
        break
      }
    }
  }

  /// Lets in a column that the active ones span, in the place of one of them.
  ///
  /// With xⱼ = X a, moving b along (−a, 1) leaves the fit as it is and, since column `j` asks to come in,
  /// makes the penalty smaller; so it goes on until an active coefficient reaches zero. That column
  /// leaves.
  ///
  /// - Returns: false if none does: only unpenalized columns span it. With limits other than zero, too, which
  ///   might be reached before.
  private mutating func exchange(_ j: Int, _ lambda: Double, sign side: Double) -> Bool {
    guard !penalty.hasLimits else { return false }
    loss.prepare(j)
    let combination = factor.solve(active.map { loss.gram(j, $0) })
    let reach = zip(active, combination).map { k, a in
      sign[k] * side * a > 0 ? b[k] / (side * a) : .infinity
    }
    guard let length = reach.min(), length < .infinity else { return false }
    for (position, k) in active.enumerated() {
      b[k] = reach[position] <= length ? 0 : b[k] - length * side * combination[position]
    }
    for position in active.indices.reversed() where reach[position] <= length {
      leave(at: position)
    }
    guard enter(j, lambda, sign: side) else { return false }
    b[j] = length * side
    g = loss.residualCorrelation(b)
    return true
  }

  /// Walks until the solution on the active columns is reached.
  ///
  /// - Returns: whether the iterate moved.
  private mutating func settle(_ lambda: Double) -> Bool {
    var moved = active.isEmpty
    while !active.isEmpty {
      let step = factor.solve(descent(lambda))
      let (length, stops) = firstStops(on: step, lambda)
      if length > 0 {
        moved = true
        for (position, j) in active.enumerated() { b[j] += length * step[position] }
        for (position, end) in stops { b[active[position]] = end }
        g = loss.residualCorrelation(b)
      }
      guard length < 1 else { break }
      for (position, _) in stops.reversed() { leave(at: position) }
    }
    return moved
  }

  /// How much of a step on the active columns can be gone until the first of them reach zero or a bound, at
  /// most 1; and which do, and where that is.
  ///
  /// One that would end so near zero that its gradient would not have called it in is taken for zero: at a λ where
  /// a column enters, rounding is not to say that it has.
  private func firstStops(on step: [Double], _ lambda: Double) -> (
    length: Double, stops: [(position: Int, end: Double)]
  ) {
    var (length, stops) = (1.0, [(position: Int, end: Double)]())
    for (position, j) in active.enumerated() {
      let end = b[j] + step[position]
      let margin = sign[j] == 0 ? 0 : Self.margin(penalty.threshold(j, lambda))
      let isZero = sign[j] * end * loss.diagonal[j] < margin
      let nearest = isZero ? 0 : penalty.bounds[j].clamped(end)
      guard nearest != end else { continue }
      let share = min(1, (nearest - b[j]) / step[position])
      if share < length { stops.removeAll() }
      if share <= length {
        length = share
        stops.append((position, nearest))
      }
    }
    return (length, stops)
  }

  /// What is left of a gradient by the rounding of its sums, of correlations.
  private static let rounding = 1e-15

  /// One more solve from the gradient that is left, where that is more than rounding: iterative refinement.
  private mutating func refine(_ lambda: Double) {
    let rest = descent(lambda)
    guard rest.contains(where: { abs($0) > Self.rounding }) else { return }
    let step = factor.solve(rest)
    guard firstStops(on: step, lambda).stops.isEmpty else { return }
    for (j, d) in zip(active, step) { b[j] += d }
    g = loss.residualCorrelation(b)
  }

  /// The negative gradient of the objective on the active columns.
  private func descent(_ lambda: Double) -> [Double] {
    active.map { j in
      g[j] - penalty.threshold(j, lambda) * sign[j] - penalty.curvature(j, lambda) * b[j]
    }
  }

  /// By how much a gradient exceeds a price that calls a column in: more than rounding, and less than a ninth digit
  /// needs.
  private static func margin(_ price: Double) -> Double { price * 1e-11 + 1e-14 }

  /// Inactive columns whose gradient exceeds their price, the worst first.
  private func violators(_ lambda: Double, except refused: Set<Int>) -> [Int] {
    var found: [(column: Int, excess: Double)] = []
    let (b, g, bounds) = (b, g, penalty.bounds)
    for j in columns where !isActive[j] && !refused.contains(j) {
      let (value, bounds) = (b[j], bounds[j])
      let isInside = value != 0 && value > bounds.lower && value < bounds.upper
      guard !isInside, !dependent.contains(j) else { continue }
      let price = penalty.threshold(j, lambda)
      // Away from zero a column is at a bound: it asks to come back where less than its price holds it there.
      let excess =
        value == 0
        ? max(bounds.upper > 0 ? g[j] : 0, bounds.lower < 0 ? -g[j] : 0) - price
        : price + penalty.curvature(j, lambda) * abs(value) - (value > 0 ? g[j] : -g[j])
      if excess > Self.margin(price) { found.append((j, excess)) }
    }
    guard found.count > 1 else { return found.map(\.column) }
    return found.sorted { ($1.excess, $0.column) < ($0.excess, $1.column) }.map(\.column)
  }

  // MARK: The factor follows the active columns

  /// Brings in the columns without a kink at zero, and the factor to this λ's ridge part.
  private mutating func admitFreeColumns(_ lambda: Double) {
    for j in active where !penalty.hasKink(j, lambda) { sign[j] = 0 }
    let waiting = columns.filter {
      !isActive[$0] && !penalty.hasKink($0, lambda) && !dependent.contains($0)
    }
    if penalty.alpha < 1 && lambda != factorLambda {
      rebuildFactor(lambda, active: active + waiting)
    } else {
      // The factor is the same for all λ, but what holds columns to their side of zero is not.
      factorLambda = lambda
      for j in waiting where !enter(j, lambda, sign: 0) { dependent.insert(j) }
    }
  }

  /// - Returns: false if the active columns already span column `j`.
  private mutating func enter(_ j: Int, _ lambda: Double, sign side: Double) -> Bool {
    loss.prepare(j)
    let diagonal = loss.diagonal[j] + penalty.curvature(j, lambda)
    guard factor.append(active.map { loss.gram(j, $0) }, diagonal: diagonal) else { return false }
    active.append(j)
    isActive[j] = true
    sign[j] = side
    return true
  }

  private mutating func leave(at position: Int) {
    factor.remove(at: position)
    isActive[active.remove(at: position)] = false
  }

  /// Factorizes anew; a column that depends on those before it is left out.
  private mutating func rebuildFactor(_ lambda: Double, active columns: [Int]) {
    factorLambda = lambda
    for j in active { isActive[j] = false }
    func side(_ j: Int) -> Double {
      !penalty.hasKink(j, lambda) ? 0 : b[j] != 0 ? (b[j] > 0 ? 1 : -1) : sign[j]
    }
    var lower = [Double](repeating: 0, count: columns.count * columns.count)
    for (row, j) in columns.enumerated() {
      loss.prepare(j)
      for (column, k) in columns[...row].enumerated() {
        lower[row * columns.count + column] = loss.gram(j, k)
      }
      lower[row * columns.count + row] += penalty.curvature(j, lambda)
    }
    if factor.reset(lower: lower, count: columns.count) {
      active = columns
      for j in columns {
        isActive[j] = true
        sign[j] = side(j)
      }
      return
    }
    active = []
    for j in columns where !enter(j, lambda, sign: side(j)) && !penalty.hasKink(j, lambda) {
      dependent.insert(j)
    }
  }
}
