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
    func move(_ inside: ActiveColumns) {
      for (j, value) in zip(inside.active, inside.direction()) { d[j] = value }
    }
    move(inside)
    var refused: Set<Int> = []
    // The objective falls with each column let in, so the rounds end; the limit is for rounding.
    for _ in 0..<10 * (tied.count + 1) {
      guard let j = worst(inside, tied, order.filter { !refused.contains($0) }, d) else { return }
      guard inside.enter(j, side: tied[j]!) else {
        refused.insert(j)
        continue
      }
      var mayRefuse = true
      while true {
        let wished = inside.direction()
        let wrong = zip(inside.active, wished).filter { k, value in
          tied[k].map { $0 * value <= 0 } ?? false
        }
        guard !wrong.isEmpty else { break }
        if mayRefuse && wrong.contains(where: { $0.0 == j }) {
          // It asked by rounding alone.
          inside.leave { $0 == j }
          refused.insert(j)
          break
        }
        mayRefuse = false
        let reach = wrong.map { k, value in d[k] / (d[k] - value) }
        let share = reach.min()!
        var stopped: Set<Int> = []
        for (index, (k, _)) in wrong.enumerated() where reach[index] <= share { stopped.insert(k) }
        for (k, value) in zip(inside.active, wished) { d[k] += share * (value - d[k]) }
        for k in stopped { d[k] = 0 }
        inside.leave { stopped.contains($0) }
        refused = []
      }
      move(inside)
    }
  }

  /// The column outside that asks most to go in: the one whose gradient falls slowest behind its price.
  private static func worst(
    _ inside: ActiveColumns, _ tied: [Int: Double], _ order: [Int], _ d: [Double]
  ) -> Int? {
    let steep = inside.active.reduce(0) { $0 + inside.length[$1] * abs(d[$1]) }
    var (worst, most) = (Int?.none, 0.0)
    for j in order where !inside.isActive[j] {
      let slope = inside.active.reduce(0) { $0 + inside.loss.gram($1, j) * d[$1] }
      let excess = (inside.penalty.factors[j] - tied[j]! * slope) / inside.length[j]
      if excess > .ulpOfOne * steep, excess > most { (worst, most) = (j, excess) }
    }
    return worst
  }
}
