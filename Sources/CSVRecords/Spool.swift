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
  private var count = 0

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
    guard file >= 0 else { throw .cannotSpool(directory: directory, errno: errno) }
    return file
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    let failure = unsafe writeAll(file, bytes)
    guard failure == 0 else { throw .cannotSpool(directory: directory, errno: failure) }
  }

  private mutating func moveToDisk() throws(ReadError) {
    let inMemory = file
    defer { close(inMemory) }
    (file, isInMemory) = (try openDiskFile(), false)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
    defer { unsafe room.deallocate() }
    var done = 0
    while done < count {
      let wanted = min(count - done, room.count)
      let read = unsafe pread(inMemory, room.baseAddress!, wanted, off_t(done))
      guard read > 0 else { throw .cannotRead(errno: errno) }
      unsafe try write(UnsafeRawBufferPointer(rebasing: room[..<read]))
      done += read
    }
  }

  func rewind() throws(ReadError) {
    guard file < 0 || lseek(file, 0, SEEK_SET) == 0 else { throw .cannotRead(errno: errno) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    guard file >= 0 else { return 0 }
    let count = unsafe systemRead(file, buffer.baseAddress!, buffer.count)
    guard count >= 0 else { throw .cannotRead(errno: errno) }
    return count
  }
}
