import Foundation
import Testing

@testable import CSVRecords

/// A file appears whole or not at all.
@Suite struct OutputFileTests {
  private let scratch = Scratch()
  private let bytes = Array("new\n".utf8)

  @Test func fileIsNotThereUntilCommitted() throws {
    let path = scratch.newPath()
    let file = try OutputFile(path: path)
    try file.write(bytes)
    #expect(scratch.names == [])
    try file.commit()
    #expect(Scratch.contents(path) == "new\n")
    #expect(scratch.names.count == 1)
  }

  @Test func oldFileStandsUntilCommitted() throws {
    let path = scratch.file(Array("old old old\n".utf8))
    let file = try OutputFile(path: path)
    try file.write(bytes)
    #expect(Scratch.contents(path) == "old old old\n")
    try file.commit()
    #expect(Scratch.contents(path) == "new\n")
    #expect(scratch.names.count == 1)
  }

  @Test func fileThatIsNotCommittedLeavesNothing() throws {
    let path = scratch.file(Array("old\n".utf8))
    do {
      let file = try OutputFile(path: path)
      try file.write(bytes)
    }
    #expect(Scratch.contents(path) == "old\n")
    #expect(scratch.names.count == 1)
  }

  @Test(arguments: [0o600, 0o644, 0o750, 0o444] as [mode_t])
  func modeOfTheOldFileIsKept(mode: mode_t) throws {
    let path = scratch.file([])
    chmod(path, mode)
    try replace(path)
    #expect(Self.mode(path) == mode)
  }

  /// As whom a program runs is not what data say.
  @Test(arguments: [(0o4755, 0o755), (0o2644, 0o644), (0o1600, 0o600)] as [(mode_t, mode_t)])
  func modeKeepsNoSetId(old: mode_t, new: mode_t) throws {
    let path = scratch.file([])
    chmod(path, old)
    try replace(path)
    #expect(Self.mode(path) == new)
  }

  @Test func nameThatAnOldProcessLeftIsNotInTheWay() throws {
    let path = scratch.newPath()
    let file = try OutputFile(path: path)
    let stale = "\(scratch.path)/.csvlasso-\(getpid())-\(file.descriptor)"
    for name in [stale, stale + "-1"] { close(open(name, O_CREAT | O_WRONLY, 0o600)) }
    symlink("nowhere", stale + "-2")
    try file.write(bytes)
    try file.commit()
    #expect(Scratch.contents(path) == "new\n")
    #expect(scratch.names.count == 4)
  }

  /// Where it stands decides nothing.
  @Test(.enabled(if: access("/dev/shm", W_OK) == 0))
  func fileUnderDevIsReplacedWhole() throws {
    let path = "/dev/shm/csvlasso-tests-\(getpid())"
    defer { unlink(path) }
    try Data("old old old\n".utf8).write(to: URL(filePath: path))
    let file = try OutputFile(path: path)
    try file.write(bytes)
    #expect(Scratch.contents(path) == "old old old\n")
    try file.commit()
    #expect(Scratch.contents(path) == "new\n")
  }

  @Test(arguments: ["/dev/fd", "/proc/self/fd", "link"])
  func pathOfADescriptorIsThatDescriptor(folder: String) throws {
    let path = scratch.file(Array("old old old\n".utf8))
    let descriptor = open(path, O_WRONLY)
    defer { close(descriptor) }
    lseek(descriptor, 4, SEEK_SET)
    var name = "\(folder)/\(descriptor)"
    if folder == "link" {
      name = scratch.newPath()
      symlink("/dev/fd/\(descriptor)", name)
    }
    let file = try OutputFile(path: name)
    try file.write(bytes)
    try file.commit()
    #expect(Scratch.contents(path) == "old new\nold\n")
  }

  @Test func closedDescriptorIsTold() {
    #expect(throws: WriteError.cannotCreate(path: "/dev/fd/999", errno: EBADF)) {
      try OutputFile(path: "/dev/fd/999")
    }
  }

  @Test func copyThatEndsTooSoonIsTold() throws {
    let path = scratch.newPath()
    let file = try OutputFile(path: path)
    try file.write(bytes)
    ftruncate(file.descriptor, 2)
    let copy = open(scratch.newPath(), O_CREAT | O_WRONLY, 0o600)
    defer { close(copy) }
    #expect(throws: WriteError.cannotWrite(path: path, errno: EIO)) { try file.copy(to: copy) }
  }

  @Test func copyIsWholeAndHasTheMode() throws {
    let (path, other) = (scratch.newPath(), scratch.newPath())
    let file = try OutputFile(path: path)
    let long = Array(repeating: UInt8(ascii: "x"), count: 3_000_000)
    try file.write(long)
    fchmod(file.descriptor, 0o640)
    let copy = open(other, O_CREAT | O_WRONLY, 0o600)
    try file.copy(to: copy)
    close(copy)
    #expect(FileManager.default.contents(atPath: other).map(Array.init) == long)
    #expect(Self.mode(other) == 0o640)
  }

  @Test func modeOfANewFileIsThatOfAnyNewFile() throws {
    let (path, other) = (scratch.newPath(), scratch.newPath())
    close(open(other, O_CREAT | O_WRONLY, 0o666))
    try replace(path)
    #expect(Self.mode(path) == Self.mode(other))
  }

  @Test func linkIsWrittenThrough() throws {
    let (target, link) = (scratch.file(Array("old\n".utf8)), scratch.newPath())
    symlink(target, link)
    try replace(link)
    #expect(Scratch.contents(target) == "new\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
  }

  @Test func linkToNothingIsWrittenThrough() throws {
    let (target, link) = (scratch.newPath(), scratch.newPath())
    symlink(target, link)
    try replace(link)
    #expect(Scratch.contents(target) == "new\n")
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == target)
  }

  @Test func pipeIsWrittenDirectly() throws {
    let path = scratch.newPath()
    mkfifo(path, 0o600)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try OutputFile(path: path).write(bytes)
    var taken = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &taken, 16) == 4)
    #expect(Array(taken.prefix(4)) == bytes)
  }

  @Test func longestNameCanBeWritten() throws {
    let path = "\(scratch.path)/\(String(repeating: "n", count: 255))"
    try replace(path)
    #expect(Scratch.contents(path) == "new\n")
  }

  @Test func whatCannotBeCreatedIsRefusedAtOnce() {
    let (missing, file) = ("\(scratch.path)/no/out", "\(scratch.file([]))/out")
    #expect(throws: WriteError.cannotCreate(path: missing, errno: ENOENT)) {
      try OutputFile(path: missing)
    }
    #expect(throws: WriteError.cannotCreate(path: file, errno: ENOTDIR)) {
      try OutputFile(path: file)
    }
    #expect(throws: WriteError.cannotCreate(path: scratch.path, errno: EISDIR)) {
      try OutputFile(path: scratch.path)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func directoryWithoutPermissionIsRefusedAtOnce() throws {
    let folder = scratch.newPath()
    mkdir(folder, 0o500)
    #expect(throws: WriteError.cannotCreate(path: "\(folder)/out", errno: EACCES)) {
      try OutputFile(path: "\(folder)/out")
    }
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0))
  func fullDeviceIsTold() throws {
    let file = try OutputFile(path: "/dev/full")
    #expect(throws: WriteError.cannotWrite(path: "/dev/full", errno: ENOSPC)) {
      try file.write(bytes)
    }
  }

  private func replace(_ path: String) throws {
    let file = try OutputFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  private static func mode(_ path: String) -> mode_t {
    var status = stat()
    stat(path, &status)
    return status.st_mode & 0o7777
  }
}
