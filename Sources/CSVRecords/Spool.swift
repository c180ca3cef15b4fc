#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A copy of a pipe's bytes: in memory up to a limit, then in a file without a name.
struct Spool: ~Copyable {
  private let memory: Int
  private var kept: [[UInt8]] = []
  private var keptCount = 0
  private var file: Int32 = -1
  private let directory: String
  /// Where the next byte is read: a chunk of `kept` and an offset in it.
  private var chunk = 0
  private var offset = 0

  init(memory: Int) {
    self.memory = memory
    directory = temporaryDirectory
  }

  deinit { if file >= 0 { close(file) } }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    if file < 0 && keptCount + bytes.count <= memory {
      unsafe kept.append(Array(bytes))
      keptCount += bytes.count
      return
    }
    if file < 0 { try turnToFile() }
    unsafe try write(bytes)
  }

  /// Moves what is in memory to a file.
  private mutating func turnToFile() throws(ReadError) {
    file = openTemporaryFile()
    guard file >= 0 else { throw .cannotSpool(directory: directory, errno: errno) }
    for bytes in kept {
      let failure = unsafe bytes.withUnsafeBytes { unsafe writeAll(file, $0) }
      guard failure == 0 else { throw .cannotSpool(directory: directory, errno: failure) }
    }
    kept = []
    keptCount = 0
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    let failure = unsafe writeAll(file, bytes)
    guard failure == 0 else { throw .cannotSpool(directory: directory, errno: failure) }
  }

  mutating func rewind() throws(ReadError) {
    (chunk, offset) = (0, 0)
    guard file >= 0 else { return }
    guard lseek(file, 0, SEEK_SET) == 0 else { throw .cannotRead(errno: errno) }
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if file >= 0 {
      let count = unsafe systemRead(file, buffer.baseAddress!, buffer.count)
      guard count >= 0 else { throw .cannotRead(errno: errno) }
      return count
    }
    guard chunk < kept.count else { return 0 }
    let count = min(buffer.count, kept[chunk].count - offset)
    unsafe kept[chunk].withUnsafeBytes { bytes in
      unsafe buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }
    offset += count
    if offset == kept[chunk].count { (chunk, offset) = (chunk + 1, 0) }
    return count
  }
}
