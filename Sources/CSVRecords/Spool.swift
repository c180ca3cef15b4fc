#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A copy of a pipe's bytes: in memory up to a limit, then in a file without a name.
struct Spool: ~Copyable {
  private let memory: Int
  private var kept: [SpoolStretch] = []
  private var keptCount = 0
  private var file: Int32 = -1
  private let directory: String
  /// Where the next byte is read: a stretch of `kept` and an offset in it.
  private var stretch = 0
  private var offset = 0

  init(memory: Int) {
    self.memory = memory
    directory = temporaryDirectory
  }

  deinit { if file >= 0 { close(file) } }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ReadError) {
    if file < 0 && keptCount + bytes.count <= memory, unsafe keep(bytes) { return }
    if file < 0 { try turnToFile() }
    unsafe try write(bytes)
  }

  /// - Returns: whether there was memory for the bytes.
  private mutating func keep(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = unsafe bytes
    while unsafe !rest.isEmpty {
      if kept.last?.isFull ?? true {
        guard let next = SpoolStretch(isFirst: kept.isEmpty) else {
          // What of these bytes was kept goes to the file with all of them.
          dropLast(bytes.count - rest.count)
          return false
        }
        kept.append(next)
      }
      let count = unsafe kept[kept.count - 1].append(rest)
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    keptCount += bytes.count
    return true
  }

  private mutating func dropLast(_ count: Int) {
    var count = count
    while count > 0, let last = kept.last {
      let dropped = min(count, last.count)
      last.count -= dropped
      count -= dropped
      if last.count == 0 { kept.removeLast() }
    }
  }

  /// Moves what is in memory to a file.
  private mutating func turnToFile() throws(ReadError) {
    file = openTemporaryFile()
    guard file >= 0 else { throw .cannotSpool(directory: directory, errno: errno) }
    for stretch in kept {
      let failure = unsafe writeAll(file, stretch.bytes)
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
    (stretch, offset) = (0, 0)
    guard file >= 0 else { return }
    guard lseek(file, 0, SEEK_SET) == 0 else { throw .cannotRead(errno: errno) }
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if file >= 0 {
      let count = unsafe systemRead(file, buffer.baseAddress!, buffer.count)
      guard count >= 0 else { throw .cannotRead(errno: errno) }
      return count
    }
    guard stretch < kept.count else { return 0 }
    let bytes = unsafe kept[stretch].bytes
    let count = min(buffer.count, bytes.count - offset)
    unsafe buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    offset += count
    if offset == bytes.count { (stretch, offset) = (stretch + 1, 0) }
    return count
  }
}

/// Memory from the system, in large pages where it is much: a page of its own for every 4 KB costs as much time as to
/// copy the bytes.
///
/// A class, because it must be given back; only the spool that owns it touches it.
@safe private final class SpoolStretch: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  var count = 0

  /// The first is small, for pipes of a few lines.
  private static let (small, large) = (1 << 18, 1 << 25)

  /// - Returns: nil if the system has no memory.
  init?(isFirst: Bool) {
    capacity = isFirst ? Self.small : Self.large
    let address = unsafe mmap(
      nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    #if os(Linux)
      if !isFirst { unsafe madvise(address, capacity, MADV_HUGEPAGE) }
    #endif
    unsafe base = unsafe address
  }

  deinit { unsafe munmap(base, capacity) }

  var isFull: Bool { count == capacity }

  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

  /// - Returns: how many of the bytes there was room for.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let taken = min(bytes.count, capacity - count)
    guard taken > 0 else { return 0 }
    unsafe (base + count).copyMemory(from: bytes.baseAddress!, byteCount: taken)
    count += taken
    return taken
  }
}
