internal import Synchronization

/// Reads a source batch by batch, each ending where a record ends.
///
/// While one batch is worked on, those after it are read, decompressed and cut by a thread of its own.
package struct BatchReader {
  /// How batches are made; none of it changes what is read.
  package struct Sizes: Sendable {
    /// Bytes read before a batch is handed out; more if a record is longer.
    package var batch: Int
    /// Bytes a piece.
    package var piece: Int
    /// Pieces that a batch should have, so that threads have something to share: where records are long,
    /// batches are made longer for that.
    package var pieces: Int
    /// Whether libcsv finds the records even where that can be done faster.
    package var alwaysTable: Bool
    /// Whether a batch is handed out as soon as the input pauses.
    package var isStreaming: Bool
    /// How many batches are made while one is worked on.
    package var ahead: Int
    /// Bytes that a record may have: all of it is in memory, and one that never ends would fill that.
    package var longestRecord = 1 << 28

    package init(
      batch: Int = 2 << 20, piece: Int = 256 << 10, pieces: Int = 1, alwaysTable: Bool = false,
      isStreaming: Bool = false, ahead: Int = 0
    ) {
      precondition(batch > 0 && piece > 0)
      self.batch = batch
      self.piece = piece
      self.pieces = pieces
      self.alwaysTable = alwaysTable
      self.isStreaming = isStreaming
      self.ahead = ahead
    }

    /// Sizes for so many threads: some pieces for each, and what they work on still in a cache.
    package init(threads: Int) {
      self.init(batch: min(max(2, threads), 64) << 20, pieces: threads)
    }
  }

  /// The bytes before the first record: a byte-order mark, blank lines.
  package let preamble: Preamble
  /// The first record, whose fields are the names where there is a header.
  package let first: FirstRecord
  /// How many bytes were read when the last batch was handed out.
  package private(set) var bytesRead: Int
  package let source: ByteSource
  private let batches: BatchQueue

  /// Reads as far as the first record.
  ///
  /// - Throws: ``ReadError``
  package init(_ source: ByteSource, _ dialect: Dialect, _ sizes: Sizes = Sizes())
    throws(ReadError)
  {
    // A small file needs no large buffer; what it decompresses to comes in several batches.
    let room = source.size.map { max(1 << 16, 4 * $0) } ?? .max
    var opening = Opening(
      source: source, capacity: min(sizes.batch, room), longestRecord: sizes.longestRecord)
    first = try opening.firstRecord(dialect)
    preamble = opening.preamble
    bytesRead = opening.bytesRead
    self.source = source
    batches = BatchQueue(BatchCutter(opening, dialect, sizes), ahead: sizes.ahead)
  }

  /// The next batch, or nil at the end. The batch before it should be gone: its memory is used again.
  ///
  /// - Throws: ``ReadError``
  /// - Complexity: O(bytes)
  package mutating func next() throws(ReadError) -> Batch? {
    let step = batches.next()
    bytesRead = step.bytesRead
    return try step.batch.get()
  }
}

/// Has the next batches made while one is worked on.
///
/// Sendable though it is not checked: the cutter is touched by the caller before anything was started, then by one
/// block at a time, in order.
private final class BatchQueue: @unchecked Sendable {
  struct Step: Sendable {
    let batch: Result<Batch?, ReadError>
    let bytesRead: Int
  }

  private var cutter: BatchCutter
  /// Whether a fault was met: what is asked for behind it is nothing.
  private var isOver = false
  private let ahead: Int
  private let line = WorkLine()
  private let made = Mutex<[Step]>([])
  /// Steps that were asked for and not yet taken; the caller's alone.
  private var asked = 0

  init(_ cutter: BatchCutter, ahead: Int) {
    self.cutter = cutter
    self.ahead = ahead
  }

  func next() -> Step {
    let step: Step
    if asked > 0 {
      asked -= 1
      line.wait(untilLeft: asked)
      step = made.withLock { $0.removeFirst() }
    } else {
      step = make()
      if cutter.isExhausted { return step }
    }
    guard case .success(.some) = step.batch else { return step }
    // Without a thread for it each batch is made when it is asked for.
    while asked < ahead, line.add({ [self] in makeAhead() }) { asked += 1 }
    return step
  }

  private func makeAhead() {
    let step = make()
    made.withLock { $0.append(step) }
  }

  private func make() -> Step {
    let batch = Result { () throws(ReadError) in isOver ? nil : try cutter.next() }
    if case .failure = batch { isOver = true }
    return Step(batch: batch, bytesRead: cutter.bytesRead)
  }
}
