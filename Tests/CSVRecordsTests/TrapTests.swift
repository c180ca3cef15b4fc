import CTraps
import Foundation
import Testing

@testable import CSVRecords

/// A file that is not to be seen yet goes with the process.
@Suite(.serialized) struct TrapTests {
  /// The same in this process and in one that it starts.
  private static func path(_ parent: pid_t) -> String {
    FileManager.default.temporaryDirectory.appending(path: "csvlasso-trap-\(parent)").path
  }

  private static func makeFile(_ path: String) { close(open(path, O_CREAT | O_WRONLY, 0o600)) }

  @Test func signalThatEndsTheProgramRemovesIt() async {
    let path = Self.path(getpid())
    Self.makeFile(path)
    defer { unlink(path) }
    await #expect(processExitsWith: .signal(SIGTERM)) {
      ctraps_install("test")
      #expect(ctraps_remember(TrapTests.path(getppid())) == 0)
      kill(getpid(), SIGTERM)
      while true { pause() }
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func faultRemovesIt() async {
    let path = Self.path(getpid())
    Self.makeFile(path)
    defer { unlink(path) }
    await #expect(processExitsWith: .exitCode(70)) {
      ctraps_install("test")
      #expect(ctraps_remember(TrapTests.path(getppid())) == 0)
      abort()
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func fileThatIsForgottenStays() async {
    let path = Self.path(getpid())
    Self.makeFile(path)
    defer { unlink(path) }
    await #expect(processExitsWith: .signal(SIGTERM)) {
      ctraps_install("test")
      ctraps_forget(ctraps_remember(TrapTests.path(getppid())))
      kill(getpid(), SIGTERM)
      while true { pause() }
    }
    #expect(access(path, F_OK) == 0)
  }

  @Test func stackThatIsUsedUpIsTold() async {
    await #expect(processExitsWith: .exitCode(70)) {
      ctraps_install("test")
      _ = TrapTests.use(0)
    }
  }

  @Test func stackOfAnotherThreadThatIsUsedUpIsTold() async {
    await #expect(processExitsWith: .exitCode(70)) {
      ctraps_install("test")
      let line = WorkLine()
      #expect(line.add { _ = TrapTests.use(0) })
      line.wait()
    }
  }

  @inline(never)
  private static func use(_ depth: Int) -> Int {
    var room = [depth]
    if depth < Int.max { room.append(use(depth + 1)) }
    return room.reduce(0, +)
  }
}
