internal import CSVLasso
internal import CSVRecords
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a person sees: messages and progress, all on standard error.
enum Terminal {
  /// One line, after the program's name; what names and cells may hold to mislead a terminal is written out.
  static func message(_ text: String) { write(line(text)) }

  /// Many lines, each as a message, written in stretches.
  static func messages(_ texts: some Sequence<String>) {
    var lines = ""
    for text in texts {
      lines += line(text)
      if lines.utf8.count >= 1 << 16 {
        write(lines)
        lines = ""
      }
    }
    write(lines)
  }

  private static func line(_ text: String) -> String { "csvlasso: \(shown(text))\n" }

  /// Puts something that cannot be used in the place of closed standard descriptors, or the next file to
  /// be opened would take it.
  static func occupyStandardDescriptors() {
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", mode)
    }
  }

  static func write(_ text: String) { writeText(text, to: STDERR_FILENO) }

  static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
  static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var standardInputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Processors that are there to be used.
  static var processors: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), mostThreads) }

  /// Beyond so many, threads would only be in each other's way.
  static let mostThreads = 1024

  /// A quarter of the machine's memory, in bytes.
  static var defaultMemory: Int {
    max(1 << 28, sysconf(Int32(_SC_PHYS_PAGES)) / 4 * sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// A line that tells how far the work has come, where it takes more than a second.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let started = Clock.now
  private let state = Mutex(State())

  private struct State {
    var last = 0.0
    var stageStart = 0.0
    var stage = ""
  }

  init(isShown: Bool) { self.isShown = isShown }

  deinit { clear() }

  /// - Parameter done: in this stage.
  @Sendable func show(_ stage: String, _ done: WorkDone) {
    guard isShown else { return }
    let now = Clock.now - started
    state.withLock { state in
      if stage != state.stage {
        (state.stage, state.stageStart) = (stage, state.last == 0 ? 0 : now)
      }
      guard now > 1, now - state.last > 0.1 else { return }
      state.last = now
      let text = Self.text(done, seconds: max(now - state.stageStart, 1e-3))
      Terminal.write("\r\u{1B}[K\(stage)\(text)")
    }
  }

  private static func text(_ done: WorkDone, seconds: Double) -> String {
    switch done {
    case .parts(let done, let all): return " \(done) of \(all)"
    case .bytes(let bytes, let rows, let size):
      let speed = Double(bytes) / seconds
      var text: String
      if let size, size > 0 {
        let left = Int((Double(max(0, size - bytes)) / max(speed, 1)).rounded(.up))
        text = " \(min(100, 100 * bytes / size)) %, \(left) s left"
      } else {
        text = " \(bytes >> 20) MB"
      }
      text += ", \(Int(speed) >> 20) MB/s"
      if let rows, rows > 0 { text += ", \(Int(Double(rows) / seconds)) rows/s" }
      return text
    }
  }

  /// Takes the line away.
  func clear() {
    state.withLock { state in
      if state.last > 0 { Terminal.write("\r\u{1B}[K") }
      state.last = 0
    }
  }

  private enum Clock {
    /// Seconds.
    static var now: Double {
      var time = timespec()
      _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
  }
}
