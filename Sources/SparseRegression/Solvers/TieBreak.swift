/// Which of the columns that are at zero and at their price go in below a knot.
///
/// Below a knot b moves by t d as λ falls by t. The conditions of optimality for all small t are those of
///
///   minimize ½ d'G d − (v σ)'d    with σⱼ dⱼ ≥ 0 for the columns that tie,
///
/// over these and the columns that are in: one that goes in keeps its gradient at its price, one that
/// stays out falls behind it. With one column the answer is plain, it enters or leaves. With several it is
/// found as nonnegative least squares (Lawson & Hanson, 1974, chapter 23): the column that asks most is
/// let in, those that would go the wrong way leave, until none asks.
///
/// A column that those inside span asks for nothing: with xⱼ = X_A k its gradient is k'g_A, which stays
/// at its price with theirs. So the Gram matrix of the columns that are in is never singular.
enum TieBreak {
  /// - Parameter tied: columns at zero, with the side on which they are at their price.
  /// - Complexity: O(|A|²) a column that enters or leaves
  static func settle(_ inside: inout ActiveColumns, _ tied: [Int: Double]) {
    inside.leave { tied[$0] != nil }
    let order = tied.keys.sorted()
    var d = [Double](repeating: 0, count: inside.loss.count)
    for (j, value) in zip(inside.active, inside.direction()) { d[j] = value }
    var refused: Set<Int> = []
    // The objective falls with each column let in, so the rounds end; the limit is for rounding.
    for _ in 0..<10 * (tied.count + 1) {
      let asking = order.filter { !inside.isActive[$0] && !refused.contains($0) }
      guard let j = worst(of: asking, inside, tied, d) else { return }
      guard let left = letIn(j, &inside, tied, &d) else {
        refused.insert(j)
        continue
      }
      if !left.isEmpty { refused = [] }
    }
  }

  /// Lets a column in, and out those that would then go the wrong way.
  ///
  /// - Parameter d: the solution on the columns that are in, before and after.
  /// - Returns: the columns that left; nil, and nothing is changed, if column `j` is spanned or asked by
  ///   rounding alone.
  private static func letIn(
    _ j: Int, _ inside: inout ActiveColumns, _ tied: [Int: Double], _ d: inout [Double]
  ) -> Set<Int>? {
    guard inside.enter(j, side: tied[j]!) else { return nil }
    var left: Set<Int> = []
    while true {
      let wished = inside.direction()
      let wrong = zip(inside.active, wished).filter { k, value in
        tied[k].map { $0 * value <= 0 } ?? false
      }
      if wrong.isEmpty {
        for (k, value) in zip(inside.active, wished) { d[k] = value }
        return left
      }
      if left.isEmpty && wrong.contains(where: { $0.0 == j }) {
        inside.leave { $0 == j }
        return nil
      }
      // As far towards the wish as the first of them allows, which leaves.
      let reach = wrong.map { k, value in d[k] / (d[k] - value) }
      let share = reach.min()!
      for (k, value) in zip(inside.active, wished) { d[k] += share * (value - d[k]) }
      let stopped = Set(zip(wrong, reach).filter { $0.1 <= share }.map { $0.0.0 })
      for k in stopped { d[k] = 0 }
      inside.leave { stopped.contains($0) }
      left.formUnion(stopped)
    }
  }

  /// The column that asks most to go in: the one whose gradient falls slowest behind its price.
  private static func worst(
    of asking: [Int], _ inside: ActiveColumns, _ tied: [Int: Double], _ d: [Double]
  ) -> Int? {
    let steep = inside.active.reduce(0) { $0 + inside.length[$1] * abs(d[$1]) }
    var (worst, most) = (Int?.none, 0.0)
    for j in asking {
      let slope = inside.active.reduce(0) { $0 + inside.loss.gram($1, j) * d[$1] }
      let excess = (inside.penalty.factors[j] - tied[j]! * slope) / inside.length[j]
      if excess > .ulpOfOne * steep, excess > most { (worst, most) = (j, excess) }
    }
    return worst
  }
}
