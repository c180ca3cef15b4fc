/// How much work a solver still spends on λ at which it does not arrive.
///
/// Every iteration has a bound of its own, and what is not reached by then is told by the gap. But a path has
/// a hundred λ and a choice thousands of fits, and where nothing converges, as with columns whose sizes are 300
/// powers of ten apart, all these bounds would be spent in turn. So what ends in vain is counted, over the whole
/// path of a fit; what arrives costs nothing. Work is counted, not time: the outcome is the same everywhere.
struct Patience: Sendable {
  /// Products of two numbers that may still be worked out in vain.
  private var left = Self.whole

  /// Some hundredths of a second.
  private static let whole = 3e7
  /// What it costs to look at a group, in products.
  static let group = 50
  /// What a product costs where whole matrices are multiplied.
  static let dense = 0.2
  /// Rounds that are tried in any case, and those that are never exceeded.
  private static let (fewest, most) = (20, 100_000)

  /// How many rounds may be spent on a λ.
  ///
  /// - Parameter cost: products a round, at most.
  func rounds(of cost: Int) -> Int {
    max(Self.fewest, min(Self.most, Int(left / Double(max(1, cost)))))
  }

  /// Notes that some rounds ended in vain.
  mutating func spend(_ rounds: Int, of cost: Int) {
    left = max(0, left - Double(rounds) * Double(cost))
  }
}
