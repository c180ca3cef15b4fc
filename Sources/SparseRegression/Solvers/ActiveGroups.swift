/// How a solver comes to the groups that are in: those that ask are let in, and Newton's method settles them, until none
/// asks.
protocol ActiveGroups: SupportSolver {
  /// Groups that have been in, as indices.
  var active: [Int] { get set }
  /// For each group, whether it is among them.
  var isActive: [Bool] { get set }
  /// Newton's steps that are left to this λ.
  var left: Int { get set }
  /// The number of coordinates.
  var width: Int { get }

  func isZero(_ group: Int) -> Bool
  /// Whether a group at zero pulls harder than its price.
  func asks(_ group: Int, _ lambda: Double) -> Bool
  /// Minimizes over one group, the others held.
  mutating func minimize(_ group: Int, _ lambda: Double)
  /// Newton's method on the groups that are not at zero; those that run into it stay there.
  ///
  /// - Returns: whether it converged.
  mutating func newton(_ lambda: Double) -> Bool
  /// Works out the gradients: c − G b.
  mutating func refresh()
}

extension ActiveGroups {
  /// Goes to the optimum at a λ, as far as patience goes.
  ///
  /// - Returns: whether Newton ended there, how many of its steps it took, and what a step costs at most.
  mutating func walk(_ lambda: Double) -> (isDirect: Bool, steps: Int, cost: Int) {
    for group in active where isZero(group) { isActive[group] = false }
    active = active.filter { isActive[$0] }
    var isDirect = false
    let cost = width * max(1, active.count * active.count)
    let steps = max(20, min(mostSteps, patience.rounds(of: cost)))
    left = steps
    for _ in 0..<isActive.count + 50 where left > 0 {
      for group in isActive.indices where !isActive[group] && asks(group, lambda) {
        isActive[group] = true
        active.append(group)
      }
      isDirect = settle(lambda)
      refresh()
      if isActive.indices.allSatisfy({ isActive[$0] || !asks($0, lambda) }) { break }
    }
    return (isDirect, steps - left, cost)
  }

  /// Steps of Newton a λ; most take a few.
  private var mostSteps: Int { 500 }

  /// Solves on the active groups.
  ///
  /// - Returns: whether Newton ended at the optimum on them.
  private mutating func settle(_ lambda: Double) -> Bool {
    for _ in 0..<100 where left > 0 {
      // A group at zero that asks to come in leaves it by a step of its own.
      for group in active where asks(group, lambda) { minimize(group, lambda) }
      guard newton(lambda) else {
        left -= 20
        for _ in 0..<20 { for group in active { minimize(group, lambda) } }
        continue
      }
      if active.allSatisfy({ !asks($0, lambda) }) { return true }
    }
    return false
  }
}
