#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Bytes that are written once and then read, in a file without a name: up to a limit one in memory, then one on disk.
///
/// Where memory must first be fetched, as on a virtual machine that has handed back to its host what was free, a file
/// in memory is had several times sooner than pages of the process.
struct Spool: ~Copyable {
  /// What the file in memory may hold.
  private let memory: Int
  private let directory: String
  private var file: Int32 = -1
  private var isInMemory = false
  /// How many bytes there are, and how many of them were read.
  private var count = 0
  private var taken = 0

  init(memory: Int) {
    self.memory = memory
    directory = temporaryDirectory
  }

  deinit { if file >= 0 { close(file) } }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    if file < 0 {
      if bytes.count <= memory { file = openMemoryFile() }
      isInMemory = file >= 0
      if !isInMemory { file = try openDiskFile() }
    }
    if isInMemory {
      if count + bytes.count <= memory, unsafe writeAll(file, bytes) == 0 {
        count += bytes.count
        return
      }
      // Where memory ran out some of these bytes may be there; they do not count.
      try moveToDisk()
    }
    unsafe try write(bytes)
  }

  private func openDiskFile() throws(ReadError) -> Int32 {
    let file = openTemporaryFile()
    guard file >= 0 else { throw failure(errno) }
    return file
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    let number = unsafe writeAll(file, bytes)
    guard number == 0 else { throw failure(number) }
    count += bytes.count
  }

  private mutating func moveToDisk() throws(ReadError) {
    let (inMemory, kept) = (file, count)
    file = try openDiskFile()
    defer { close(inMemory) }
    (isInMemory, count) = (false, 0)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
    defer { unsafe room.deallocate() }
    while count < kept {
      let wanted = min(kept - count, room.count)
      let read = unsafe readSome(inMemory, room.baseAddress!, wanted, at: count)
      guard read > 0 else { throw failure(read < 0 ? errno : EIO) }
      unsafe try write(UnsafeRawBufferPointer(rebasing: room[..<read]))
    }
  }

  mutating func rewind() throws(ReadError) {
    guard file < 0 || lseek(file, 0, SEEK_SET) == 0 else { throw failure(errno) }
    taken = 0
  }

  /// - Returns: how many bytes were read; 0 at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    let wanted = min(buffer.count, count - taken)
    guard wanted > 0 else { return 0 }
    let read = unsafe readSome(file, buffer.baseAddress!, wanted)
    guard read > 0 else { throw failure(read < 0 ? errno : EIO) }
    taken += read
    return read
  }

  private func failure(_ number: Int32) -> ReadError {
    .cannotSpool(directory: directory, errno: number)
  }
}
