import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Work of more than a second tells how far it has come: in plain lines, or in one that is written over.
@Suite(.serialized) struct ProgressLineTests {
  @Test func quickWorkTellsNothing() throws {
    let outcome = try Tool.run(
      "csvlasso -q -y y --progress on '\(Tool.sample("diabetes"))' > /dev/null", in: Tool.checkout)
    #expect(outcome.status == 0)
    // A machine that is at its limit may take more than a second for it, and then tells so.
    #expect(outcome.err == "" || outcome.err.hasPrefix("csvlasso: "))
  }

  @Test func aPipeGetsPlainLines() throws {
    let scratch = Scratch()
    let file = scratch.newFile()
    let lines = try slowRun(["--progress", "on"], standardError: FileHandle(forWritingTo: file)) {
      try String(contentsOf: file, encoding: .utf8)
    }.split(separator: "\n")
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("csvlasso: ") })
    #expect(lines.contains { $0.hasPrefix("csvlasso: reading: ") && $0.contains(" rows, ") })
    #expect(!lines.contains { $0.contains("\r") || $0.contains("\u{1B}") })
  }

  @Test func offTellsNothing() throws {
    let scratch = Scratch()
    let file = scratch.newFile()
    let text = try slowRun(["--progress", "off"], standardError: FileHandle(forWritingTo: file)) {
      try String(contentsOf: file, encoding: .utf8)
    }
    #expect(text == "")
  }

  #if os(Linux)
    /// On a terminal one line is written over, and is gone at the end.
    @Test func aTerminalGetsOneLine() throws {
      // As posix_openpt, unlockpt and ptsname do it, which the module of the C library leaves out.
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
      var (locked, place): (CInt, CInt) = (0, 0)
      try #require(terminal >= 0 && ioctl(terminal, unlock, &locked) == 0)
      try #require(ioctl(terminal, number, &place) == 0)
      let other = open("/dev/pts/\(place)", O_RDWR | O_NOCTTY)
      try #require(other >= 0)
      let text = try slowRun(
        ["--progress", "on"], standardError: FileHandle(fileDescriptor: other, closeOnDealloc: true)
      ) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(terminal, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
      }
      close(terminal)
      let clear = "\r\u{1B}[K"
      #expect(text.hasPrefix(clear + "reading: "))
      #expect(text.hasSuffix(clear))
      #expect(!text.contains("\n"))
    }
  #endif

  /// Fits numbers that come in two parts, more than a second apart.
  ///
  /// - Parameter told: what was written to standard error.
  private func slowRun(
    _ arguments: [String], standardError: FileHandle, told: () throws -> String
  ) throws -> String {
    let input = Pipe()
    let process = Tool.process(["-q", "-y", "y", "--names", "--choose", "k=1"] + arguments)
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = standardError
    try Tool.start(process)
    let rows = Data(String(repeating: "1,2,3\n4,5,6\n3,1,2\n", count: 400_000).utf8)
    try input.fileHandleForWriting.write(contentsOf: Data("a,b,y\n".utf8))
    for _ in 0..<2 {
      try input.fileHandleForWriting.write(contentsOf: rows)
      usleep(1_300_000)
    }
    try input.fileHandleForWriting.write(contentsOf: rows)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try told()
  }
}
