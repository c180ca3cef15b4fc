import Foundation
import Testing

@testable import CSVRecords

/// A file is read twice in place, a pipe from its copy.
@Suite struct SourceTests {
  private let scratch = Scratch()
  /// More than a pipe holds.
  private let text = Array(String(repeating: "some bytes of many\n", count: 10_000).utf8)

  @Test func fileReadsTheSameTwice() throws {
    let source = try ByteSource(path: scratch.file(text), readings: .twice(memory: 0))
    #expect(source.size == text.count)
    try expectTextTwice(source)
  }

  @Test(arguments: [1, 100_000, 1 << 30])
  func pipeReadsTheSameTwice(memory: Int) throws {
    let source = try ByteSource(path: scratch.pipe(text), readings: .twice(memory: memory))
    #expect(source.size == nil)
    try expectTextTwice(source)
    try source.rewind()
    #expect(try source.contents() == text)
  }

  @Test func unreadPartOfAPipeIsNotLost() throws {
    let source = try ByteSource(path: scratch.pipe(text), readings: .twice(memory: 1))
    var reader = try BatchReader(source, Dialect(hasHeader: false), .init(batch: 1000))
    while try reader.next() != nil {}
    try source.rewind()
    #expect(try source.contents() == text)
  }

  @Test func copyOfAPipeLeavesNoName() async {
    await #expect(processExitsWith: .success) {
      let (scratch, folder) = (Scratch(), Scratch())
      setenv("TMPDIR", folder.path, 1)
      let text = Array(repeating: UInt8(ascii: "x"), count: 200_000)
      let source = try ByteSource(path: scratch.pipe(text), readings: .twice(memory: 1))
      #expect(try source.contents() == text)
      #expect(folder.names == [])
      let files = try FileManager.default.contentsOfDirectory(atPath: "/dev/fd").compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      }
      #if os(Linux)
        #expect(files.contains { $0.hasPrefix(folder.path) })
      #endif
    }
  }

  @Test func placeThatTakesNoCopyIsTold() async {
    await #expect(processExitsWith: .success) {
      let scratch = Scratch()
      setenv("TMPDIR", "\(scratch.path)/none", 1)
      let source = try ByteSource(path: scratch.pipe([1, 2, 3]), readings: .twice(memory: 1))
      #expect(throws: ReadError.cannotSpool(directory: "\(scratch.path)/none", errno: ENOENT)) {
        try source.contents()
      }
    }
  }

  @Test(arguments: ["some other bytes", "bytes of as many"])
  func changedFileIsTold(other: String) throws {
    let path = scratch.file(Array("as many of bytes".utf8))
    let source = try ByteSource(path: path, readings: .twice(memory: 0))
    _ = try source.contents()
    #expect(!source.isChanged)
    usleep(20_000)  // longer than a tick of the file system's clock
    let file = open(path, O_WRONLY)
    write(file, other, other.utf8.count)
    close(file)
    #expect(source.isChanged)
    #expect(throws: ReadError.changed) { try source.rewind() }
  }

  @Test func whatCannotBeOpenedIsTold() {
    #expect(throws: ReadError.cannotOpen(errno: ENOENT)) {
      try ByteSource(path: scratch.newPath(), readings: .once)
    }
    #expect(throws: ReadError.cannotOpen(errno: EISDIR)) {
      try ByteSource(path: scratch.path, readings: .once)
    }
  }

  private func expectTextTwice(_ source: ByteSource) throws {
    #expect(try source.contents() == text)
    try source.rewind()
    #expect(try source.contents() == text)
  }
}
