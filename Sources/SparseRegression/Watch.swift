internal import Synchronization

/// Told how far long work has come, from whatever thread it is on.
public struct Watch: Sendable {
  private let tell: @Sendable (_ done: Int, _ all: Int) -> Void

  /// - Parameter tell: how many parts are done, and of how many at most.
  public init(_ tell: @escaping @Sendable (_ done: Int, _ all: Int) -> Void) { self.tell = tell }

  func callAsFunction(_ done: Int, of all: Int) { tell(done, all) }
}

/// ``concurrentMap(_:threads:_:)`` that tells how many are done.
func concurrentMap<Output: Sendable>(
  _ count: Int, threads: Int, _ watch: Watch?, _ body: @Sendable (Int) -> Output
) -> [Output] {
  let done = Atomic(0)
  return concurrentMap(count, threads: threads) { index in
    defer {
      let now = done.wrappingAdd(1, ordering: .relaxed).newValue
      watch?(now, of: count)
    }
    return body(index)
  }
}
