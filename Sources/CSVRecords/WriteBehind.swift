internal import Dispatch

/// Writes what it is handed on another thread, in order, while more is made.
///
/// One hand-over is written at a time and none waits, so that memory stays bounded and a fault is told at
/// the next one. A small one is written at once: to start a thread takes longer. Sendable though it is not checked: `failure` is touched only between a wait and its signal.
package final class WriteBehind: @unchecked Sendable {
  private let output: OutputFile
  private let queue = DispatchQueue(label: "csvlasso.writing")
  private let isFree = DispatchSemaphore(value: 1)
  private var failure: WriteError?

  /// Up to so many bytes are written at once: what any pipe takes without a reader.
  private static let atOnce = 1 << 16

  package init(_ output: OutputFile) { self.output = output }

  /// Hands `parts` over, once those before them are written.
  ///
  /// - Throws: ``WriteError`` of what was handed over before.
  package func write(_ parts: [[UInt8]]) throws(WriteError) {
    try finish()
    guard parts.reduce(0, { $0 + $1.count }) > Self.atOnce else {
      for part in parts where !part.isEmpty { try output.write(part) }
      return
    }
    isFree.wait()
    queue.async { [self] in
      do throws(WriteError) {
        for part in parts where !part.isEmpty { try output.write(part) }
      } catch { failure = error }
      isFree.signal()
    }
  }

  /// Waits until all is written.
  ///
  /// - Throws: ``WriteError``
  package func finish() throws(WriteError) {
    isFree.wait()
    defer { isFree.signal() }
    if let failure { throw failure }
  }
}
