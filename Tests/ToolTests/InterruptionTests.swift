import Foundation
import Testing

/// Whatever ends the tool leaves the old output as it was, and nothing else.
@Suite struct InterruptionTests {
  @Test(arguments: [SIGINT, SIGTERM, SIGKILL, SIGHUP])
  func killedToolLeavesNothing(signal: Int32) throws {
    let (folder, temporary) = (Scratch(), Scratch())
    let target = folder.newFile("old\n")
    let input = Pipe()
    // Memory for three columns, not for the copy of the pipe.
    let process = Tool.process(
      ["-q", "-y", "y", "--threads", "1", "--memory", "16K", "-o", target.path],
      temporary: temporary)
    process.standardInput = input
    process.standardError = FileHandle.nullDevice
    try Tool.start(process)
    // More than a pipe ever holds: most of it was read once this returns.
    let rows = String(repeating: "1,2,3\n4,5,6\n", count: 400_000)
    try input.fileHandleForWriting.write(contentsOf: Data(("a,b,y\n" + rows).utf8))
    #if os(Linux)
      #expect(Self.openFiles(of: process).contains { $0.hasPrefix(temporary.folder.path) })
    #endif
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
    #expect(try String(contentsOf: target, encoding: .utf8) == "old\n")
    #expect(folder.names.count == 1)
    #expect(temporary.names == [])
  }

  /// The fault shows when most of the output is written.
  @Test func failedRunLeavesTheOldOutput() throws {
    let scratch = Scratch()
    let target = scratch.newFile("old\n")
    let model = scratch.newFile()
    let rows = "a,b,y\n" + String(repeating: "1,2,3\n4,5,6\n9,9,8\n", count: 150_000)
    let (whole, broken) = (scratch.newFile(rows), scratch.newFile(rows + "7,8\n"))
    let names = scratch.names
    let outcome = try Tool.run(
      """
      csvlasso fit -q -y y --choose k=1 \(whole.path) > \(model.path)
      csvlasso apply \(model.path) -o \(target.path) \(broken.path)
      """, in: scratch.folder)
    #expect(outcome.status == 65)
    #expect(try String(contentsOf: target, encoding: .utf8) == "old\n")
    #expect(scratch.names == names)
  }

  private static func openFiles(of process: Process) -> [String] {
    let folder = "/proc/\(process.processIdentifier)/fd"
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return numbers.compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }
  }
}
