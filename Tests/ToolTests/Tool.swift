import Foundation
import Synchronization

/// The `csvlasso` of `make build`, which is what ships, run as a person runs it.
///
/// `CSVLASSO` names another program to be tested, a file of the same name.
enum Tool {
  static let checkout = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let program: URL = {
    let named = ProcessInfo.processInfo.environment["CSVLASSO"]
    return named.map { URL(filePath: $0) } ?? checkout.appending(path: ".build/release/csvlasso")
  }()

  static var directory: URL { program.deletingLastPathComponent() }

  static func sample(_ name: String) -> String {
    checkout.appending(path: "samples/\(name).csv").path
  }

  struct Outcome: Equatable {
    var status: Int32
    var out: Data
    var err: String

    var text: String { String(decoding: out, as: UTF8.self) }
  }

  /// Runs a shell line to its end.
  ///
  /// - Parameters:
  ///   - folder: where it runs.
  ///   - temporary: its TMPDIR.
  static func run(_ line: String, in folder: URL, temporary: Scratch = Scratch()) throws -> Outcome
  {
    let files = Scratch()
    let process = process("/bin/sh", ["-c", line], temporary: temporary)
    process.currentDirectoryURL = folder
    let (out, err) = (files.newFile(), files.newFile())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    try start(process)
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Outcome(
      status: process.terminationStatus + (isSignal ? 128 : 0),
      out: try Data(contentsOf: out),
      err: String(decoding: try Data(contentsOf: err), as: UTF8.self))
  }

  /// Starts a process that can be interrupted: a test's thread blocks signals, and a process starts
  /// with what its parent blocks.
  static func start(_ process: Process) throws {
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  /// The tool, ready to be started with pipes of the caller's.
  static func process(_ arguments: [String], temporary: Scratch = Scratch()) -> Process {
    process(directory.appending(path: "csvlasso").path, arguments, temporary: temporary)
  }

  private static func process(
    _ path: String, _ arguments: [String], temporary: Scratch
  ) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = [
      "PATH": "\(directory.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
      "TMPDIR": temporary.folder.path,
      "LC_ALL": "C",
      "COLUMNS": "80",
      "SWIFT_BACKTRACE": "enable=no",
    ]
    return process
  }
}

/// A directory of its own for a test, gone with it.
final class Scratch: Sendable {
  let folder: URL
  private let count = Atomic(0)

  init() {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "csvlasso-tests-\(UUID().uuidString)")
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// What stands in the directory, hidden files too.
  var names: [String] { try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

  func newFile(_ text: String = "") -> URL {
    let file = folder.appending(path: "\(count.add(1, ordering: .relaxed).newValue)")
    precondition(FileManager.default.createFile(atPath: file.path, contents: Data(text.utf8)))
    return file
  }
}
