internal import Synchronization

/// How much of mapped files is held in memory at once.
///
/// Pages of a mapped file count as the process's own until they are given back, and come back from the system's
/// cache when they are next touched. So buffers tell what they lend, and once that adds up to the budget all
/// pages of all of them are given back: what a pass over a large table holds does not grow with the table.
public final class PageBudget: Sendable {
  private let bytes: Int
  /// What is touched besides each time.
  private let around: Int
  private let lent = Atomic(0)
  private let buffers = Mutex<[Weak]>([])

  private struct Weak {
    weak let buffer: NumberBuffer?
  }

  /// Pages at once: below that more time would go by with giving back.
  private static let least = 1 << 20
  /// What the system maps where one page is touched.
  private static let touched = 1 << 16

  /// - Parameters:
  ///   - bytes: of pages at once; 1 MB at the least.
  ///   - isScattered: whether what is touched one after the other lies apart.
  init(bytes: Int, isScattered: Bool) {
    self.bytes = max(Self.least, bytes)
    around = isScattered ? Self.touched : 0
  }

  func take(_ buffer: NumberBuffer) {
    buffers.withLock { all in
      all.removeAll { $0.buffer == nil }
      all.append(Weak(buffer: buffer))
    }
  }

  /// Counts what is about to be touched.
  func lend(_ count: Int) {
    let now = lent.wrappingAdd(count + around, ordering: .relaxed).newValue
    guard now > bytes else { return }
    lent.store(0, ordering: .relaxed)
    buffers.withLock { all in for one in all { one.buffer?.giveBack() } }
  }
}

/// Where numbers go for which there is no memory: files without a name.
public struct NumberFiles: Sendable {
  /// Opens an empty file without a name; -1, and `errno` set, if there is none to be had.
  public typealias Open = @Sendable () -> CInt

  let open: Open
  let budget: PageBudget

  /// - Parameters:
  ///   - bytes: of what lies in files, so much is held in memory at once.
  ///   - isScattered: whether what is read one after the other lies apart.
  public init(budget bytes: Int, isScattered: Bool = false, _ open: @escaping Open) {
    self.open = open
    budget = PageBudget(bytes: bytes, isScattered: isScattered)
  }

  /// Zeros in a file of their own.
  ///
  /// - Throws: ``RowStore/Failure``
  func buffer(_ count: Int) throws(RowStore.Failure) -> NumberBuffer {
    let file = open()
    guard file >= 0 else { throw .noRoom(lastError()) }
    defer { closeFile(file) }
    guard let buffer = NumberBuffer(count: count, file: file, budget) else {
      throw .noRoom(lastError())
    }
    budget.take(buffer)
    return buffer
  }
}
