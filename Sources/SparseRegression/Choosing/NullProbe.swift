/// What a procedure keeps where there is nothing to be found: it is tried on targets of noise.
public struct NullProbe: Sendable, Equatable {
  /// For each draw of noise, how many terms were kept.
  public let kept: [Int]

  public static let usualDraws = 20

  /// The mean number of terms kept.
  public var mean: Double { Double(kept.reduce(0, +)) / Double(kept.count) }
  /// Draws on which anything was kept.
  public var falseAlarms: Int { kept.count { $0 > 0 } }

  /// - Parameter blocks: moments of disjoint sets of rows; their targets are replaced (``NullTarget``).
  /// - Throws: ``ProcedureError``, that of the first draw which has one.
  /// - Complexity: the procedure's, once a draw.
  public init(
    _ blocks: [Moments], _ procedure: Procedure, draws: Int = usualDraws, threads: Int = 1
  ) throws(ProcedureError) {
    let blocks = blocks.filter { $0.weight > 0 }
    let target = NullTarget(blocks, threads: threads)
    let results = concurrentMap(draws, threads: threads) { number in
      Result { () throws(ProcedureError) in
        try procedure.apply(to: target.draw(seed: procedure.seed, number: number)).kept.count
      }
    }
    var kept: [Int] = []
    for result in results { kept.append(try result.get()) }
    self.kept = kept
  }
}
