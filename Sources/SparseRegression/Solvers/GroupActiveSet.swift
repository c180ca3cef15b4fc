/// The path solver where some groups have several coordinates.
///
/// A group's norm is smooth away from zero, so once the groups that are in are known, Newton's method on
/// them converges quadratically: the Hessian is G on the active coordinates plus, for each group,
/// λ(1 − α)v I + (λαv / ‖b_g‖)(I − b_g b_g' / ‖b_g‖²). A group that comes to zero on the way stays there,
/// and groups that pull harder than their price enter, until none does. A single
/// column is a group of one, for which all this is the lasso.
///
/// A step costs little where the Hessian's factor is there, and the Hessian changes little: from one step to
/// the next, and from one λ to the next, as long as G and the groups that are in stay the same. A factor serves
/// until steps with it bring too little.
struct GroupActiveSet: ActiveGroups {
  private var descent: CoordinateDescent

  private(set) var b: [Double]
  private(set) var g: [Double]
  let dependent: Set<Int> = []
  var active: [Int] = []
  var isActive: [Bool]
  /// The Hessian that was factorized last; nil where another is wanted.
  private var hessian: Hessian?

  private struct Hessian {
    let coordinates: [Int]
    /// G on them, `n × n`, row-major; the lower triangle.
    let gram: [Double]
    /// Its inverse, or that of what it is nearly.
    let inverse: Inverse
  }

  private enum Inverse {
    case whole(Cholesky)
    case responses(ResponseHessian, of: Responses)
  }

  /// How many responses the coordinates are of: those of a group go response by response.
  private let responses: Int

  var left = 0
  var patience = Patience()
  private var newtonWork = 0.0
  /// Least squares is one quadratic a λ, solved in a few steps, and only what descends may go on and on.
  var work: Double { descent.isOrthonormal ? descent.work : newtonWork + descent.work }

  /// Newton goes on until half its decrement, what a step can win, is below this; or to rounding.
  private var goal = 0.0

  private var groups: [Range<Int>] { descent.groups }
  var loss: Quadratic { descent.loss }
  var penalty: ElasticNet { descent.penalty }

  /// - Parameters:
  ///   - penalty: on coordinates; those of a group share a factor.
  ///   - groups: those that take part.
  ///   - isOrthonormal: whether each of them is, in itself.
  ///   - responses: how many the coordinates are of. Groups of one are then intercepts.
  init(
    _ loss: Quadratic, _ penalty: ElasticNet, groups: [Range<Int>], isOrthonormal: Bool = true,
    responses: Int = 1
  ) {
    self.responses = responses
    descent = CoordinateDescent(
      loss: loss, penalty: penalty, groups: groups, isOrthonormal: isOrthonormal)
    b = Array(repeating: 0, count: loss.count)
    g = loss.correlation
    isActive = Array(repeating: false, count: groups.count)
  }

  mutating func extend(_ new: NewCoordinates) {
    let old = loss.count
    descent.loss.extend(new)
    descent.penalty.extend(new)
    descent.groups += new.groups
    b += repeatElement(0, count: loss.count - old)
    isActive += repeatElement(false, count: new.groups.count)
    g += loss.residualCorrelation(b)[old...]
  }

  mutating func recenter(at base: [Double], gradient: [Double], rest: Double) {
    descent.loss.recenter(base, gradient: gradient, rest: rest)
    g = b == base ? gradient : loss.residualCorrelation(b)
  }

  mutating func take(slopes: [Double]) { descent.penalty.slopes = slopes }

  mutating func prepareAll() { descent.loss.prepareAll() }

  mutating func restart(_ b: [Double], _ source: (any GramSource)?) {
    if let source {
      descent.loss = loss.with(source)
      hessian = nil
    }
    self.b = b
    for j in b.indices where b[j] != 0 { descent.loss.prepare(j) }
    isActive = groups.indices.map { !isZero($0) }
    active = groups.indices.filter { isActive[$0] }
  }

  /// - Complexity: O(support³) a Newton step, O(p · support) a round.
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome {
    // Newton's steps know of no limit but zero.
    guard !penalty.hasLimits else {
      return Outcome(
        gap: descent.minimize(&b, &g, lambda: lambda, tolerance: tolerance, &patience),
        isDirect: false)
    }
    // Where the quadratic only leads to the next look at a loss, its last digits lead nowhere; a step that
    // is to be the last is worth more of them than its gap, of which the decrement is about the square.
    goal = descent.isOrthonormal ? 0 : 1e-5 * tolerance
    let (isDirect, steps, cost) = walk(lambda)
    // To the last digit each λ has a factor of its own, and need not keep it.
    if goal == 0 { hessian = nil }
    let gap = DualityGap(loss: loss, penalty: penalty, groups: groups)
    let reached = gap(b, g, lambda: lambda)
    guard !(reached <= tolerance), !isDirect || goal == 0 || reached.isNaN else {
      return Outcome(gap: reached, isDirect: isDirect)
    }
    patience.spend(steps, of: cost)
    return Outcome(
      gap: descent.minimize(&b, &g, lambda: lambda, tolerance: tolerance, &patience),
      isDirect: false)
  }

  var width: Int { loss.count }

  func isZero(_ group: Int) -> Bool { groups[group].allSatisfy { b[$0] == 0 } }

  func asks(_ group: Int, _ lambda: Double) -> Bool {
    let price = penalty.threshold(groups[group].lowerBound, lambda)
    return isZero(group) && penalty.pull(groups[group], g) > price * (1 + 1e-11) + 1e-14
  }

  mutating func minimize(_ group: Int, _ lambda: Double) {
    _ = descent.minimize(groups[group], &b, &g, lambda: lambda)
  }

  mutating func refresh() { g = loss.residualCorrelation(b) }

  mutating func newton(_ lambda: Double) -> Bool {
    // Steps keep the pulls of the groups that are in.
    defer { refresh() }
    var last = Double.infinity
    for _ in 0..<100 where left > 0 {
      left -= 1
      dropCollapsed(lambda)
      let support = active.map { groups[$0] }.filter { $0.contains { b[$0] != 0 } }
      guard !support.isEmpty else { return true }
      let coordinates = support.flatMap { Array($0) }
      // To the last digit the square of an error is worth more than a factor,
      // unless that is what a step costs.
      let isOld =
        (goal > 0 || coordinates.count > Self.dear) && hessian?.coordinates == coordinates
      if !isOld { hessian = factorized(support, coordinates, lambda) }
      guard let hessian else { return false }
      let residual = downhill(support, lambda)
      let direction = direction(hessian, residual, support, lambda)
      guard step(direction, hessian, support, lambda) else {
        self.hessian = nil
        if isOld { continue }
        return false
      }
      let decrement = zip(residual, direction).reduce(0) { $0 + $1.0 * $1.1 }
      if residual.map(abs).max()! < 1e-13 || direction.map(abs).max()! < 1e-15
        || decrement / 2 < goal
      {
        return true
      }
      if isOld && decrement > Self.slow * last { self.hessian = nil }
      last = decrement
    }
    return false
  }

  private mutating func direction(
    _ hessian: Hessian, _ residual: [Double], _ support: [Range<Int>], _ lambda: Double
  ) -> [Double] {
    switch hessian.inverse {
    case .whole(let factor):
      return factor.solve(residual)
    case .responses(let nearly, let responses):
      let found = conjugateDirection(
        nearly, responses, gram: hessian.gram, residual, support, lambda)
      newtonWork += Double(found.products) * Double(residual.count * residual.count)
      return found.direction
    }
  }

  /// A step with an old factor that leaves more than this of the decrement asks for a new one.
  private static let slow = 0.1
  /// A factor of more coordinates costs many steps.
  private static let dear = 64

  /// Sets groups to zero whose own optimum, the others held, is zero: there the norm has no derivative.
  private mutating func dropCollapsed(_ lambda: Double) {
    for index in active where groups[index].count > 1 {
      let group = groups[index]
      guard group.contains(where: { b[$0] != 0 }) else { continue }
      let length = descent.without(group, b, g).reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length <= price(group, lambda).threshold else { continue }
      _ = descent.minimize(group, &b, &g, lambda: lambda)
    }
  }

  /// The negative gradient on the support.
  private func downhill(_ support: [Range<Int>], _ lambda: Double) -> [Double] {
    support.flatMap { group -> [Double] in
      let norm = length(group)
      let (t, r) = price(group, lambda)
      return group.map { g[$0] - t * b[$0] / norm - r * b[$0] }
    }
  }

  private mutating func factorized(
    _ support: [Range<Int>], _ coordinates: [Int], _ lambda: Double
  ) -> Hessian? {
    let n = coordinates.count
    newtonWork += Double(n * loss.count)
    for j in coordinates { descent.loss.prepare(j) }
    let gram = loss.lowerTriangle(of: coordinates)
    if n > Self.dear, let responses = Responses(support, of: responses),
      let nearly = nearly(gram, responses, support, lambda)
    {
      return Hessian(
        coordinates: coordinates, gram: gram, inverse: .responses(nearly, of: responses))
    }
    newtonWork += Patience.dense * Double(n * n) * Double(n) / 6
    var lower = gram
    var start = 0
    for group in support {
      let norm = length(group)
      let (t, r) = price(group, lambda)
      for (a, j) in group.enumerated() {
        for (c, k) in group.enumerated() where c <= a {
          let identity: Double = a == c ? 1 : 0
          let bend = group.count == 1 ? 0 : t / norm * (identity - b[j] * b[k] / (norm * norm))
          lower[(start + a) * n + start + c] += r * identity + bend
        }
      }
      start += group.count
    }
    // Groups may span the same space, as a factor nested in another does; then a little of the identity
    // makes the system solvable, and Newton's method still converges.
    for share in [0, 1e-11, 1e-9, 1e-7] {
      for j in 0..<n where share > 0 { lower[j * n + j] += share * max(1, lower[j * n + j]) }
      var factor = Cholesky()
      if factor.reset(lower: lower, count: n) {
        return Hessian(coordinates: coordinates, gram: gram, inverse: .whole(factor))
      }
    }
    return nil
  }

  /// Goes along `direction`: up to where the first single column reaches zero, and only as far as the
  /// objective falls.
  private mutating func step(
    _ direction: [Double], _ hessian: Hessian, _ support: [Range<Int>], _ lambda: Double
  ) -> Bool {
    var (longest, stopped) = (1.0, -1)
    var place = 0
    for group in support {
      let j = group.lowerBound
      if group.count == 1, penalty.hasKink(j, lambda), b[j] * (b[j] + direction[place]) < 0,
        -b[j] / direction[place] < longest
      {
        (longest, stopped) = (-b[j] / direction[place], j)
      }
      place += group.count
    }
    let (coordinates, value) = (hessian.coordinates, objective(support, lambda))
    let change = LinearAlgebra.product(lower: hessian.gram, direction)
    let before = coordinates.map { (b: b[$0], g: g[$0]) }
    func go(_ share: Double) {
      for (place, j) in coordinates.enumerated() {
        b[j] = before[place].b + share * direction[place]
        if b[j].magnitude < CoordinateDescent.nothing { b[j] = 0 }
        g[j] = before[place].g - share * change[place]
      }
    }
    var share = longest
    for _ in 0..<40 {
      go(share)
      if share == longest && stopped >= 0 { b[stopped] = 0 }
      // Below rounding nothing can be told from the value; the step is then tiny, and taken.
      if objective(support, lambda) <= value + 1e-15 * loss.targetNorm { return true }
      share /= 2
    }
    go(0)
    return false
  }

  private func objective(_ support: [Range<Int>], _ lambda: Double) -> Double {
    var (cross, cost) = (0.0, 0.0)
    for group in support {
      let norm = length(group)
      let (t, r) = price(group, lambda)
      cost += t * norm + r * norm * norm / 2
      for j in group { cross += b[j] * (loss.correlation[j] + g[j]) }
    }
    return 0.5 * (loss.targetNorm - cross) + cost
  }

  func length(_ group: Range<Int>) -> Double {
    group.reduce(0) { $0 + b[$1] * b[$1] }.squareRoot()
  }

  func price(_ group: Range<Int>, _ lambda: Double) -> (threshold: Double, ridge: Double) {
    (
      penalty.threshold(group.lowerBound, lambda), penalty.curvature(group.lowerBound, lambda)
    )
  }
}
