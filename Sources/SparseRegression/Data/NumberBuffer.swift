#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A long run of doubles outside the heap: pages that the system lends, or a file of its own that it maps,
/// so that more fits than there is memory.
///
/// A class, because it must be closed. Whoever writes into it does so before it is shared.
@safe public final class NumberBuffer: @unchecked Sendable {
  /// How many doubles.
  public let count: Int
  private let base: UnsafeMutablePointer<Double>
  /// Where it is a file: how much of that is held in memory.
  let budget: PageBudget?

  /// Zeros.
  ///
  /// - Parameters:
  ///   - count: at least 1.
  ///   - file: a descriptor of an empty file to hold them, open for reading and writing; it may be closed
  ///     afterwards. Nil for memory.
  ///   - budget: is told what is lent of a file.
  /// - Returns: nil if the system has no room; `errno` says why.
  public init?(count: Int, file: CInt? = nil, _ budget: PageBudget? = nil) {
    precondition(count >= 1)
    let bytes = count * MemoryLayout<Double>.stride
    if let file {
      // Taken now: a file that cannot grow would end the process at the first touch.
      #if os(Linux)
        var failure = EINTR
        while failure == EINTR { failure = posix_fallocate(file, 0, off_t(bytes)) }
        if failure != 0 { errno = failure }
        if failure != 0 { return nil }
      #else
        if ftruncate(file, off_t(bytes)) != 0 { return nil }
      #endif
    }
    let flags = file == nil ? MAP_PRIVATE | MAP_ANON : MAP_SHARED
    let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, file ?? -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    #if os(Linux)
      if file == nil { unsafe madvise(address, bytes, MADV_HUGEPAGE) }
    #endif
    unsafe base = unsafe address.bindMemory(to: Double.self, capacity: count)
    self.count = count
    self.budget = budget
  }

  deinit { unsafe munmap(base, count * MemoryLayout<Double>.stride) }

  /// Lends a range for reading.
  @inline(__always)
  func withNumbers<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    budget?.lend(range.count * MemoryLayout<Double>.stride)
    return unsafe body(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// Lends a range for writing, to one task at a time.
  @inline(__always)
  func withMutableNumbers<Result>(
    _ range: Range<Int>, _ body: (UnsafeMutableBufferPointer<Double>) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    budget?.lend(range.count * MemoryLayout<Double>.stride)
    return unsafe body(
      UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// Gives all pages of a file back; they are there again when they are next touched.
  func giveBack() {
    precondition(budget != nil, "memory would be lost")
    unsafe madvise(base, count * MemoryLayout<Double>.stride, MADV_DONTNEED)
  }

  /// Gives the pages that lie wholly within a range back; what they held is lost.
  func discard(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let start = unsafe Int(bitPattern: base) + range.lowerBound * MemoryLayout<Double>.stride
    let end = unsafe Int(bitPattern: base) + range.upperBound * MemoryLayout<Double>.stride
    let (first, last) = ((start + page - 1) / page * page, end / page * page)
    guard first < last else { return }
    unsafe madvise(UnsafeMutableRawPointer(bitPattern: first)!, last - first, MADV_DONTNEED)
  }
}

/// Runs of doubles, all of one length, that lie here and there in some buffers.
///
/// Where each begins is worked out once: whoever goes through many short runs has no buffer to look up.
@safe struct NumberRuns: @unchecked Sendable {
  /// Doubles a run.
  let length: Int
  private let buffers: [NumberBuffer]
  private let budget: PageBudget?
  private let starts: [UnsafeMutablePointer<Double>]

  /// Doubles a page.
  private static let page = 512

  init(length: Int, _ runs: [(buffer: NumberBuffer, start: Int)]) {
    self.length = length
    buffers = runs.map(\.buffer)
    budget = buffers.lazy.compactMap(\.budget).first
    unsafe starts = runs.map { buffer, start in
      unsafe buffer.withMutableNumbers(start..<start + length) { $0.baseAddress! }
    }
  }

  /// Says that so many runs are about to be touched at places that are less than a page each.
  func lend(_ count: Int) {
    budget?.lend(count * min(length, Self.page) * MemoryLayout<Double>.stride)
  }

  /// Lends a range of a run for reading.
  @inline(__always)
  func withNumbers<Result>(
    of run: Int, _ range: Range<Int>, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= length)
    if range.count >= Self.page { budget?.lend(range.count * MemoryLayout<Double>.stride) }
    return unsafe body(
      UnsafeBufferPointer(start: starts[run] + range.lowerBound, count: range.count))
  }

  /// Lends a range of a run for writing, to one task at a time.
  @inline(__always)
  func withMutableNumbers<Result>(
    of run: Int, _ range: Range<Int>, _ body: (UnsafeMutableBufferPointer<Double>) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= length)
    if range.count >= Self.page { budget?.lend(range.count * MemoryLayout<Double>.stride) }
    return unsafe body(
      UnsafeMutableBufferPointer(start: starts[run] + range.lowerBound, count: range.count))
  }
}

/// The error number of the last system call of this thread.
func lastError() -> CInt { errno }

func closeFile(_ descriptor: CInt) { close(descriptor) }
