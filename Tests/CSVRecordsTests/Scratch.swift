import Foundation
import Synchronization

/// A directory of its own for a test, gone with it.
final class Scratch: Sendable {
  let path: String
  private let count = Atomic(0)

  init() {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "csvlasso-tests-\(UUID().uuidString)").path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// What stands in the directory, hidden files too.
  var names: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  /// A path in the directory where nothing stands yet.
  func newPath() -> String { "\(path)/\(count.add(1, ordering: .relaxed).newValue)" }

  /// A file that holds `bytes`.
  func file(_ bytes: [UInt8]) -> String {
    let path = newPath()
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
    precondition(
      bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
    close(descriptor)
    return path
  }

  /// A pipe that another thread fills with `bytes`, `piece` at a time, each once the one before it
  /// was taken.
  func pipe(_ bytes: [UInt8], piece: Int = .max) -> String {
    let path = newPath()
    precondition(mkfifo(path, 0o600) == 0)
    Thread.detachNewThread {
      // A reader that goes before the end is no fault.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      let descriptor = open(path, O_WRONLY)
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.prefix(piece).withUnsafeBytes {
          write(descriptor, $0.baseAddress!, $0.count)
        }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
        while piece < .max, isWaiting(descriptor) { sched_yield() }
      }
      close(descriptor)
    }
    return path
  }

  static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Whether somebody has yet to take what was written to a pipe.
private func isWaiting(_ descriptor: Int32) -> Bool {
  var count: Int32 = 0
  var state = pollfd(fd: descriptor, events: 0, revents: 0)
  return ioctl(descriptor, UInt(FIONREAD), &count) == 0 && count > 0 && poll(&state, 1, 0) == 0
}

/// SplitMix64 (Steele, Lea & Flood, 2014): the same numbers for a seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
