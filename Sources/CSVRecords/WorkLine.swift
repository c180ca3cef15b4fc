internal import CThreads

/// Tasks that another thread does, one after the other, in order.
///
/// The thread is started with the first task and ends with the line.
@safe final class WorkLine: Sendable {
  /// Nil where there is no memory for it. The line itself sees to it that threads share it.
  private nonisolated(unsafe) let line = unsafe cthreads_line_open()

  deinit { if let line = unsafe line { unsafe cthreads_line_close(line) } }

  /// Takes a task on.
  ///
  /// - Returns: false where the system gives no thread: the caller does it, or leaves it.
  func add(_ task: @escaping @Sendable () -> Void) -> Bool {
    guard let line = unsafe line else { return false }
    let box = unsafe Unmanaged.passRetained(Task(task))
    let isTaken = unsafe cthreads_line_add(
      line, { unsafe Unmanaged<Task>.fromOpaque($0!).takeRetainedValue().body() }, box.toOpaque())
    if isTaken == 0 { unsafe box.release() }
    return isTaken != 0
  }

  /// Waits until at most `left` tasks are not done.
  func wait(untilLeft left: Int = 0) {
    if let line = unsafe line { unsafe cthreads_line_wait(line, left) }
  }

  private final class Task: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
