import Foundation
import Testing

@testable import CSVRecords

/// Two paths are equal where they lead to one file.
@Suite struct FileIdentityTests {
  private let scratch = Scratch()

  @Test func pathsOfOneFileAreEqual() throws {
    let file = scratch.file([])
    let (link, hard) = (scratch.newPath(), scratch.newPath())
    symlink(file, link)
    try FileManager.default.linkItem(atPath: file, toPath: hard)
    let name = try #require(file.split(separator: "/").last)
    let identity = try #require(FileIdentity(path: file))
    for other in [link, hard, "\(scratch.path)/./\(name)", "\(scratch.path)//\(name)"] {
      #expect(FileIdentity(path: other) == identity)
    }
    #expect(FileIdentity(path: scratch.file([])) != identity)
  }

  @Test func pathsOfAFileThatIsYetToBeAreEqual() throws {
    let (file, link) = (scratch.newPath(), scratch.newPath())
    symlink(file, link)
    let name = try #require(file.split(separator: "/").last)
    let identity = try #require(FileIdentity(path: file))
    #expect(FileIdentity(path: link) == identity)
    #expect(FileIdentity(path: "\(scratch.path)/./\(name)") == identity)
    #expect(FileIdentity(path: scratch.newPath()) != identity)
  }

  @Test func whatIsNoFileHasNone() {
    #expect(FileIdentity(path: "/dev/null") == nil)
    #expect(FileIdentity(path: "\(scratch.path)/no/file") == nil)
  }
}
