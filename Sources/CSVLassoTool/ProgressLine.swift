internal import CSVLasso
internal import SparseRegression
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What tells a person how far the work has come, where it takes more than a second: on a terminal one line, which is
/// written over and in the end taken away; elsewhere plain lines, one a second at most.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let isTerminal: Bool
  private let started = Clock.now
  private let state = Mutex(State())

  private struct State {
    var phase: Progress.Phase?
    var phaseStart = 0.0
    var amount = Progress.Amount.nothing
    var within = ""
    /// When a line was last written; 0 if none was.
    var last = 0.0
  }

  /// Seconds before anything is told, and between lines.
  private static let (patience, onTerminal, elsewhere) = (1.0, 0.1, 1.0)

  init(isShown: Bool, isTerminal: Bool) { (self.isShown, self.isTerminal) = (isShown, isTerminal) }

  deinit { clear() }

  /// What the library tells.
  var told: Progress { isShown ? Progress { self.show($0, $1) } : .silent }

  private func show(_ phase: Progress.Phase, _ amount: Progress.Amount) {
    let now = Clock.now - started
    state.withLock { state in
      if phase != state.phase {
        (state.phase, state.phaseStart, state.within) = (phase, now, "")
        state.amount = .nothing
      }
      if case .within(let done, let all) = amount {
        state.within = all > 1 ? ", fit \(done) of \(all)" : ""
      } else {
        (state.amount, state.within) = (amount, "")
      }
      let pause = isTerminal ? Self.onTerminal : Self.elsewhere
      guard now > Self.patience, now - state.last > pause else { return }
      state.last = now
      let text = phase.title + Self.text(state.amount, phase, now - state.phaseStart) + state.within
      Terminal.write(isTerminal ? "\r\u{1B}[K\(text)" : "csvlasso: \(text)\n")
    }
  }

  /// - Parameter seconds: since the phase began.
  private static func text(
    _ amount: Progress.Amount, _ phase: Progress.Phase, _ seconds: Double
  ) -> String {
    switch amount {
    case .nothing, .within: return ""
    case .parts(let done, let all): return ": \(phase.part) \(done) of \(all)"
    case .bytes(let bytes, let rows, let size):
      let speed = Double(bytes) / max(seconds, 1e-3)
      var text = ": \(bytes >> 20)"
      if let size, size > 0 {
        let left = Int((Double(max(0, size - bytes)) / max(speed, 1)).rounded(.up))
        text +=
          " of \(max(bytes, size) >> 20) MB (\(min(100, 100 * bytes / size)) %), \(left) s left"
      } else {
        text += " MB"
      }
      if let rows { text += ", \(rows) rows" }
      return text + ", \(Int(speed) >> 20) MB/s"
    }
  }

  /// Takes the line away.
  func clear() {
    state.withLock { state in
      if state.last > 0 && isTerminal { Terminal.write("\r\u{1B}[K") }
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

extension Progress.Phase {
  fileprivate var title: String {
    switch self {
    case .countingRows: "counting rows"
    case .reading: "reading"
    case .preparing: "preparing"
    case .fitting: "fitting"
    case .knockoffs: "knockoffs"
    case .stability: "stability"
    case .nested: "nested"
    case .probe: "probe"
    case .understudies: "looking for understudies"
    case .writing: "writing"
    }
  }

  /// What there are many of.
  fileprivate var part: String {
    switch self {
    case .preparing: "fit"
    case .fitting: "step"
    case .knockoffs, .probe: "draw"
    case .stability: "pair"
    case .nested: "fold"
    case .countingRows, .reading, .understudies, .writing: "part"
    }
  }
}
