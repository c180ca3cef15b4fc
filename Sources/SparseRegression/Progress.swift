internal import Synchronization

/// How far long work has come: what every long loop tells, from whatever thread it is on.
public struct Progress: Sendable {
  /// What is done.
  public enum Phase: Sendable, Equatable {
    case countingRows
    case reading
    /// All fits are made ready for the first λ; parts are fits.
    case preparing
    /// Parts are λ, of as many as the grid has, or knots; within one, fits.
    case fitting
    /// Parts are draws of knockoffs.
    case knockoffs
    /// Parts are pairs of halves.
    case stability
    /// Parts are folds that the whole procedure is kept from.
    case nested
    /// Parts are draws of noise.
    case probe
    /// Which columns could stand in for those that are in.
    case understudies
    case writing
  }

  /// How much of it.
  public enum Amount: Sendable, Equatable {
    /// It begins.
    case nothing
    /// Bytes, rows where they are counted, and the size of all where it is known.
    case bytes(Int, rows: Int? = nil, of: Int?)
    /// Parts that are much alike, and how many there are at most.
    case parts(Int, of: Int)
    /// Of the part that is under way.
    case within(Int, of: Int)
  }

  private let tell: @Sendable (_ phase: Phase, _ amount: Amount) -> Void

  public init(_ tell: @escaping @Sendable (_ phase: Phase, _ amount: Amount) -> Void) {
    self.tell = tell
  }

  /// Nobody is told.
  public static let silent = Progress { _, _ in }

  public func callAsFunction(_ phase: Phase, _ amount: Amount) { tell(phase, amount) }
}

/// ``concurrentMap(_:threads:_:)`` that tells how many are done.
func concurrentMap<Output: Sendable>(
  _ count: Int, threads: Int, _ progress: Progress?, _ phase: Progress.Phase,
  _ body: @Sendable (Int) -> Output
) -> [Output] {
  let done = Atomic(0)
  return concurrentMap(count, threads: threads) { index in
    defer {
      let now = done.wrappingAdd(1, ordering: .relaxed).newValue
      progress?(phase, .parts(now, of: count))
    }
    return body(index)
  }
}

/// ``concurrently(_:threads:_:)`` on the fits of a λ, which tells how many are done.
func concurrently<Element: Sendable>(
  _ fits: inout [Element], threads: Int, _ progress: Progress?,
  _ body: @Sendable (Int, inout Element) -> Void
) {
  guard let progress else { return concurrently(&fits, threads: threads, body) }
  let done = Atomic(0)
  let count = fits.count
  concurrently(&fits, threads: threads) { index, fit in
    body(index, &fit)
    let now = done.wrappingAdd(1, ordering: .relaxed).newValue
    progress(.fitting, .within(now, of: count))
  }
}
