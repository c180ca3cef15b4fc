/// Writes what it is handed on another thread, in order, while more is made.
///
/// One hand-over is written at a time and none waits, so that memory stays bounded and a fault is told at
/// the next one. A small one is written at once: to start a thread takes longer. Sendable though it is not checked:
/// `failure` is touched only where the line is empty, and by what is on it.
package final class WriteBehind: @unchecked Sendable {
  private let output: OutputFile
  private let line = WorkLine()
  private var failure: WriteError?

  /// Up to so many bytes are written at once: what any pipe takes without a reader.
  private static let atOnce = 1 << 16

  package init(_ output: OutputFile) { self.output = output }

  /// Hands `parts` over, once those before them are written.
  ///
  /// - Throws: ``WriteError`` of what was handed over before.
  package func write(_ parts: [[UInt8]]) throws(WriteError) {
    try finish()
    let isLarge = parts.reduce(0) { $0 + $1.count } > Self.atOnce
    if isLarge, line.add({ [self] in writeAll(parts) }) { return }
    writeAll(parts)
    try finish()
  }

  private func writeAll(_ parts: [[UInt8]]) {
    do throws(WriteError) {
      for part in parts where !part.isEmpty { try output.write(part) }
    } catch { failure = error }
  }

  /// Waits until all is written.
  ///
  /// - Throws: ``WriteError``
  package func finish() throws(WriteError) {
    line.wait()
    if let failure { throw failure }
  }
}
