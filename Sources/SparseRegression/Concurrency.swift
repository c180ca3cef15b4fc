internal import CThreads
internal import Synchronization

/// Runs `body` once on each element, on at most `threads` threads.
///
/// An element is touched by one task only and tasks share nothing, so the outcome never depends on
/// the number of threads or on which of them ran what. Elements are started in order.
package func concurrently<Element: Sendable>(
  _ elements: inout [Element], threads: Int, _ body: @Sendable (Int, inout Element) -> Void
) {
  let count = elements.count
  guard threads > 1, count > 1 else {
    for index in 0..<count { body(index, &elements[index]) }
    return
  }
  let next = Atomic(0)
  unsafe elements.withUnsafeMutableBufferPointer { buffer in
    // The buffer is cut into disjoint elements by the counter: no two threads see the same one.
    nonisolated(unsafe) let elements = unsafe buffer
    together(min(threads, count)) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        unsafe body(index, &elements[index])
      }
    }
  }
}

/// Runs `work` on the calling thread and on up to `threads` − 1 others, and waits for all of them; on fewer where the
/// system gives no more.
private func together(_ threads: Int, _ work: @Sendable () -> Void) {
  withoutActuallyEscaping(work) { work in
    var work = work
    unsafe withUnsafeMutablePointer(to: &work) { pointer in
      unsafe cthreads_together(
        threads - 1,
        { context in
          unsafe context?.assumingMemoryBound(to: (@Sendable () -> Void).self).pointee()
        }, pointer)
    }
  }
}

/// `body(index)` for each index in `0..<count`, on at most `threads` threads, in order.
package func concurrentMap<Output: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) -> Output
) -> [Output] {
  var outputs = [Output?](repeating: nil, count: count)
  concurrently(&outputs, threads: threads) { index, output in output = body(index) }
  return outputs.map { $0! }
}
