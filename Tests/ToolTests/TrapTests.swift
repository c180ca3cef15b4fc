import Foundation
import Testing

/// A fault of the program itself is told in one line, and leaves everything as it was.
@Suite struct TrapTests {
  @Test(arguments: [
    (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGSEGV, "SIGSEGV"), (SIGBUS, "SIGBUS"),
    (SIGFPE, "SIGFPE"), (SIGABRT, "SIGABRT"),
  ])
  func trapIsTold(signal: Int32, name: String) throws {
    let (folder, temporary) = (Scratch(), Scratch())
    let target = folder.newFile("old\n")
    let (input, errors) = (Pipe(), Pipe())
    let process = Tool.process(["-q", "-y", "y", "-o", target.path], temporary: temporary)
    (process.standardInput, process.standardError) = (input, errors)
    process.environment?["SWIFT_BACKTRACE"] = "enable=yes"
    try Tool.start(process)
    // More than a pipe ever holds: the program is reading once this returns.
    let rows = String(repeating: "1,2,3\n4,5,6\n", count: 400_000)
    try input.fileHandleForWriting.write(contentsOf: Data(("a,b,y\n" + rows).utf8))
    kill(process.processIdentifier, signal)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 70)
    #expect(text.hasPrefix("csvlasso: internal error (\(name), version "), "\(text)")
    #expect(text.utf8.count { $0 == 0x0A } == 1)
    #expect(try String(contentsOf: target, encoding: .utf8) == "old\n")
    #expect(folder.names.count == 1)
    #expect(temporary.names == [])
  }
}
