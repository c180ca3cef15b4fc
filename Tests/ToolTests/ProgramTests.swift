import Foundation
import Testing

/// What the other suites of this target run is the program as it stands in `Sources`.
@Suite struct ProgramTests {
  @Test func programIsThere() {
    #expect(
      FileManager.default.isExecutableFile(atPath: Tool.program.path),
      "no program at \(Tool.program.path); first: make build")
  }

  @Test func programIsNoOlderThanItsSources() throws {
    let sources = Tool.checkout.appending(path: "Sources")
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    let code = names.filter { name in
      [".swift", ".c", ".cpp", ".h"].contains { name.hasSuffix($0) }
    }
    let built = try Self.changed(Tool.program)
    for name in code {
      let file = sources.appending(path: name)
      #expect(try Self.changed(file) <= built, "\(name) is newer than the program: make build")
    }
  }

  private static func changed(_ file: URL) throws -> Date {
    let values = try file.resolvingSymlinksInPath().resourceValues(
      forKeys: [.contentModificationDateKey])
    return try #require(values.contentModificationDate)
  }
}
