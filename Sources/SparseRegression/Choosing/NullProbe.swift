/// What a procedure keeps where there is nothing to be found: it is tried on targets of noise.
public struct NullProbe: Sendable, Equatable {
  /// For each draw of noise, how many columns were kept.
  public let kept: [Int]

  public static let usualDraws = 20

  /// The mean number of columns kept.
  public var mean: Double { Double(kept.reduce(0, +)) / Double(kept.count) }
  /// Draws on which anything was kept.
  public var falseAlarms: Int { kept.count { $0 > 0 } }

  /// - Parameter rows: their targets are replaced (``NullTarget``), or dealt to other rows.
  /// - Throws: ``ProcedureError``, that of the first draw which has one.
  /// - Complexity: the procedure's, once a draw.
  public init(
    _ rows: FittedRows, _ procedure: Procedure, draws: Int = usualDraws, threads: Int = 1
  ) throws(ProcedureError) {
    let noise = Noise(rows, threads: threads)
    let (silent, progress) = (procedure.oneOf(draws), procedure.options.progress)
    let results = concurrentMap(draws, threads: threads, progress, .probe) { number in
      Result { () throws(ProcedureError) in
        try noise.kept(by: silent, number: number, of: draws)
      }
    }
    var kept: [Int] = []
    for result in results { kept.append(try result.get()) }
    self.kept = kept
  }
}

/// Where targets of noise come from.
private enum Noise {
  /// Moments are given those of normal noise.
  case drawn(NullTarget)
  /// Rows are given the targets of others at random, with all that goes with these.
  case dealt(ColumnMatrix, Response)

  init(_ rows: FittedRows, threads: Int) {
    switch rows {
    case .moments(let blocks): self = .drawn(NullTarget(blocks, threads: threads))
    case .columns(let matrix, let response): self = .dealt(matrix, response)
    }
  }

  private func draw(seed: UInt64, number: Int) -> FittedRows {
    switch self {
    case .drawn(let target): return .moments(target.draw(seed: seed, number: number))
    case .dealt(let matrix, let response):
      var random = SplitMix64(seed: seed, stream: 0x6465_616c_0000 ^ UInt64(number))
      return .columns(
        matrix.exchangingTargets((0..<matrix.rows).shuffled(using: &random)), response)
    }
  }

  /// How many draws are tried for one whose training sets have all classes.
  private static let mostTries = 20

  /// How many columns a procedure keeps of a draw.
  ///
  /// - Parameter draws: how many numbers of draws there are.
  func kept(by procedure: Procedure, number: Int, of draws: Int) throws(ProcedureError) -> Int {
    var tries = 0
    while true {
      do throws(ProcedureError) {
        let rows = draw(seed: procedure.seed, number: number + tries * draws)
        return procedure.columns(of: try procedure.apply(to: rows).kept)
      } catch {
        tries += 1
        guard error.isConstantTarget, tries < Self.mostTries else { throw error }
      }
    }
  }
}
