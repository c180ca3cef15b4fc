internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Where the bytes come from: a file, by name or redirected, or a pipe; gzip and zstd are recognised by
/// their first bytes and decompressed.
///
/// A file is read as often as needed, in place. A pipe that must be read twice is copied aside while it
/// is being read the first time: packed, in memory up to a limit, then in a file without a name.
public final class ByteSource {
  /// What messages call it.
  public let name: String
  /// The size in bytes as stored, if it is known before reading.
  public let size: Int?
  private let descriptor: Int32
  private let closes: Bool
  /// Where in a redirected file reading starts: what another program has read of it is not ours.
  private let origin: Int
  private let stamp: Stamp?
  private var spool: PackedSpool?
  /// Whether a pipe is kept; told to the thread that reads.
  private let isKept: Atomic<Bool>
  private var isReplaying = false
  private var isSniffed = false
  /// How many bytes of a file were read, as stored.
  private var taken = 0
  /// Bytes that were looked at and not yet handed out.
  private var head: [UInt8] = []
  private var decompressor: Decompressor?

  /// How often the bytes will be read.
  public enum Readings: Sendable, Equatable {
    case once
    /// Once, or more often if it comes to that: a pipe is kept as below until ``ByteSource/forget()``.
    case onceOrTwice(memory: Int)
    /// More than once; a pipe is kept in `memory` bytes, and beyond that in the temporary directory.
    case twice(memory: Int)
  }

  /// Opens a file, or takes standard input for nil or `-`.
  ///
  /// - Throws: ``ReadError/cannotOpen(errno:)``
  public init(path: String?, readings: Readings) throws(ReadError) {
    let path = path == "-" ? nil : path
    let descriptor = try Self.openDescriptor(path)
    let stamp = Stamp(descriptor)
    let here = lseek(descriptor, 0, SEEK_CUR)
    self.descriptor = descriptor
    name = path.map { $0.isEmpty ? "''" : $0 } ?? "stdin"
    closes = path != nil
    if let stamp, stamp.isRegular, here >= 0 {
      self.stamp = stamp
      origin = Int(here)
      size = max(0, stamp.size - Int(here))
      spool = nil
      isKept = Atomic(false)
    } else {
      widenPipe(descriptor)
      self.stamp = nil
      origin = 0
      size = nil
      switch readings {
      case .once: spool = nil
      case .onceOrTwice(let memory), .twice(let memory): spool = PackedSpool(memory: memory)
      }
      isKept = Atomic(readings != .once)
    }
  }

  private static func openDescriptor(_ path: String?) throws(ReadError) -> Int32 {
    guard let path else { return STDIN_FILENO }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(errno: errno) }
    if let stamp = Stamp(descriptor), stamp.isDirectory {
      close(descriptor)
      throw .cannotOpen(errno: EISDIR)
    }
    return descriptor
  }

  deinit { if closes { close(descriptor) } }

  /// Whether more bytes, or the end, can be had without waiting longer than so many milliseconds.
  func isReady(within milliseconds: Int32 = 0) -> Bool {
    guard stamp == nil, head.isEmpty, decompressor?.isPending != true else { return true }
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe systemPoll(&poll, 1, milliseconds) != 0
  }

  /// The file it reads from, if it is one.
  public var identity: FileIdentity? { FileIdentity(descriptor: descriptor) }

  /// Reads into `buffer`, decompressed.
  ///
  /// - Returns: how many bytes were read; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if !isSniffed { try sniff() }
    if decompressor != nil {
      return unsafe try decompressor!.read(into: buffer) { room throws(ReadError) in
        unsafe try self.readStored(into: room)
      }
    }
    return unsafe try readStored(into: buffer)
  }

  /// Looks at the first bytes, which say whether the input is compressed.
  private func sniff() throws(ReadError) {
    isSniffed = true
    var room = [UInt8](repeating: 0, count: 4)
    var count = 0
    while count < 4 {
      let more = unsafe try CSVRecords.read(into: &room, from: count) { bytes throws(ReadError) in
        unsafe try readRaw(into: bytes)
      }
      guard more > 0 else { break }
      count += more
    }
    head = Array(room[..<count])
    decompressor = Decompressor(magic: head)
  }

  /// The bytes as they are stored, those that were looked at first.
  private func readStored(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    guard head.isEmpty else {
      let count = min(head.count, buffer.count)
      unsafe buffer.copyBytes(from: head[..<count])
      head.removeFirst(count)
      return count
    }
    return unsafe try readRaw(into: buffer)
  }

  private func readRaw(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if isReplaying { return unsafe try spool!.read(into: buffer) }
    let count = unsafe readSome(descriptor, buffer.baseAddress!, buffer.count)
    guard count >= 0 else { throw .cannotRead(errno: errno) }
    if !isKept.load(ordering: .relaxed) { spool = nil }
    if count > 0 {
      taken += count
      unsafe try spool?.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    } else {
      // A file that ends before its end was cut while it was read.
      if let size, taken < size, !isUnchanged { throw .changed }
      try spool?.complete()
    }
    return count
  }

  /// Reads into `buffer`, from index `start` on.
  func fill(_ buffer: inout [UInt8], from start: Int) throws(ReadError) -> Int {
    unsafe try CSVRecords.read(into: &buffer, from: start) { bytes throws(ReadError) in
      unsafe try read(into: bytes)
    }
  }

  /// All bytes that are left, for small files.
  ///
  /// - Parameter limit: how many there may be.
  /// - Throws: ``ReadError/tooLarge(limit:)`` before more than these are in memory.
  public func contents(limit: Int = .max) throws(ReadError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while true {
      let more = try fill(&bytes, from: count)
      guard more > 0 else { return Array(bytes[..<count]) }
      count += more
      guard count <= limit else { throw .tooLarge(limit: limit) }
      if count == bytes.count {
        bytes.append(contentsOf: repeatElement(0, count: min(count, limit - count) + 1))
      }
    }
  }

  /// Starts again from the first byte.
  ///
  /// - Throws: ``ReadError/changed`` if the file is no longer what it was.
  public func rewind() throws(ReadError) {
    (isSniffed, head, decompressor, taken) = (false, [], nil, 0)
    if let stamp {
      guard Stamp(descriptor) == stamp else { throw .changed }
      guard lseek(descriptor, off_t(origin), SEEK_SET) >= 0 else {
        throw .cannotRead(errno: errno)
      }
    } else {
      precondition(canRewind, "a pipe opened to be read once is read once")
      isReplaying = true
      try spool!.rewind()
    }
  }

  /// Whether the input is a file, which is read in place.
  public var isFile: Bool { stamp != nil }

  /// Whether ``rewind()`` can be called.
  public var canRewind: Bool { stamp != nil || isKept.load(ordering: .relaxed) }

  /// Drops what was kept of a pipe: it will not be read again.
  ///
  /// The thread that reads lets the memory go, the next time it reads.
  public func forget() { if !isReplaying { isKept.store(false, ordering: .relaxed) } }

  /// Whether the file is still as it was when opened; a pipe always is.
  public var isUnchanged: Bool { stamp == nil || Stamp(descriptor) == stamp }
}

/// Hands the bytes of `buffer` from `start` on to `body`, which may only throw a ``ReadError``.
func read(
  into buffer: inout [UInt8], from start: Int,
  _ body: (UnsafeMutableRawBufferPointer) throws(ReadError) -> Int
) throws(ReadError) -> Int {
  let outcome = unsafe buffer.withUnsafeMutableBytes { bytes in
    Result { () throws(ReadError) in
      unsafe try body(UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
    }
  }
  return try outcome.get()
}

/// What tells a file that has changed.
private struct Stamp: Equatable {
  let size: Int
  let seconds: Int
  let nanoseconds: Int
  let mode: mode_t

  init?(_ descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    size = Int(status.st_size)
    #if canImport(Glibc)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    #else
      seconds = status.st_mtimespec.tv_sec
      nanoseconds = status.st_mtimespec.tv_nsec
    #endif
    mode = status.st_mode
  }

  var isRegular: Bool { mode & S_IFMT == S_IFREG }
  var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
}
