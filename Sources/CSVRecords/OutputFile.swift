internal import CTraps

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why output cannot be had; the path is what the caller named, `stdout` for standard output.
public enum WriteError: Error, Equatable, Sendable {
  /// The file cannot be created, or cannot take the place of the old one.
  case cannotCreate(path: String, errno: Int32)
  /// Bytes cannot be written: a full disk, a closed descriptor.
  case cannotWrite(path: String, errno: Int32)
}

/// Standard output, or a file that appears whole or not at all.
///
/// A regular file is written without a name in its directory; ``commit()`` flushes it to disk, names it
/// and puts it in the place of the old one in one step. Until then the old file stands untouched, and
/// whatever ends the process leaves nothing behind. Devices and named pipes are written directly, and a path that
/// stands for a descriptor of this process, such as /dev/stdout, is that descriptor, where it stands.
public final class OutputFile {
  private let path: String
  let descriptor: Int32
  private let kind: Kind
  private let closes: Bool
  /// How many bytes were written.
  private var count = 0

  private enum Kind { case open, direct, staged }

  /// - Parameter path: nil or `-` for standard output.
  /// - Throws: ``WriteError/cannotCreate(path:errno:)``
  public init(path: String?) throws(WriteError) {
    let target = Self.target(path)
    (self.path, kind) = (target.path, target.kind)
    switch target.kind {
    case .open: (descriptor, closes) = (target.descriptor, false)
    case .direct:
      (descriptor, closes) = (unsafe open(target.path, O_WRONLY | O_CLOEXEC), true)
    case .staged:
      (descriptor, closes) = (openNameless(in: directory(of: target.path), mode: 0o666), true)
      // Who may read and write it, not as whom it runs.
      if let mode = target.mode, descriptor >= 0 { fchmod(descriptor, mode & 0o777) }
    }
    let isUsable = descriptor >= 0 && fcntl(descriptor, F_GETFD) >= 0
    guard isUsable else { throw .cannotCreate(path: path ?? "stdout", errno: errno) }
  }

  private struct Target {
    var path: String
    var kind: Kind
    var descriptor: Int32 = -1
    /// That of an old file.
    var mode: mode_t?
  }

  /// What stands at the path decides, never how it is called.
  private static func target(_ path: String?) -> Target {
    guard let path, path != "-" else {
      return Target(path: "stdout", kind: .open, descriptor: STDOUT_FILENO)
    }
    if let number = CSVRecords.descriptor(named: path) {
      return Target(path: path, kind: .open, descriptor: number)
    }
    var (old, new) = (stat(), stat())
    let place = resolved(path)
    guard unsafe stat(path, &old) == 0 else { return Target(path: place, kind: .staged) }
    // Where links lead elsewhere than they say, as to a file without a name, nothing can be put in its place.
    let isReplaceable =
      unsafe old.st_mode & S_IFMT == S_IFREG && stat(place, &new) == 0
      && new.st_dev == old.st_dev && new.st_ino == old.st_ino
    guard isReplaceable else { return Target(path: path, kind: .direct) }
    return Target(path: place, kind: .staged, mode: old.st_mode)
  }

  deinit { if closes && descriptor >= 0 { close(descriptor) } }

  /// Whether this is standard output.
  public var isStandard: Bool { kind == .open && descriptor == STDOUT_FILENO }

  /// - Throws: ``WriteError/cannotWrite(path:errno:)``
  public func write(_ bytes: [UInt8]) throws(WriteError) {
    let failure = unsafe bytes.withUnsafeBytes { unsafe writeAll(descriptor, $0) }
    if failure != 0 { throw .cannotWrite(path: path, errno: failure) }
    count += bytes.count
  }

  /// Makes the file be there, whole.
  ///
  /// - Throws: ``WriteError``
  public func commit() throws(WriteError) {
    guard kind == .staged else { return try settle() }
    try flush(descriptor)
    // A name can be given to nameless bytes only where nothing stands, so a temporary one it is.
    let temporary = try named()
    defer { ctraps_forget(temporary.place) }
    guard unsafe rename(temporary.path, path) == 0 else {
      let number = errno
      unsafe unlink(temporary.path)
      throw .cannotCreate(path: path, errno: number)
    }
    let folder = unsafe open(directory(of: path), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// What a file system of another machine could not take it may tell only where a descriptor is closed.
  private func settle() throws(WriteError) {
    let copy = dup(descriptor)
    if copy >= 0, close(copy) != 0, errno != EINTR { throw .cannotWrite(path: path, errno: errno) }
  }

  private func flush(_ descriptor: Int32) throws(WriteError) {
    while fsync(descriptor) != 0 {
      guard errno == EINTR else { throw .cannotWrite(path: path, errno: errno) }
    }
  }

  /// The bytes under a temporary name, which goes with the process if that ends first.
  private func named() throws(WriteError) -> (path: String, place: Int32) {
    // A name may be taken: numbers of processes come again, and an old process may have left one.
    for attempt in 0..<1000 {
      let suffix = attempt == 0 ? "" : "-\(attempt)"
      let name = "\(directory(of: path))/.csvlasso-\(getpid())-\(descriptor)\(suffix)"
      guard unsafe access(name, F_OK) != 0 else { continue }
      let place = unsafe ctraps_remember(name)
      do throws(WriteError) {
        if try give(name) { return (name, place) }
      } catch {
        ctraps_forget(place)
        throw error
      }
      ctraps_forget(place)
    }
    throw .cannotCreate(path: path, errno: EEXIST)
  }

  /// Gives the bytes a name.
  ///
  /// - Returns: false where the name is taken.
  private func give(_ name: String) throws(WriteError) -> Bool {
    let source = "/proc/self/fd/\(descriptor)"
    if unsafe linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 { return true }
    if errno == EEXIST { return false }
    let copy = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard copy >= 0 else {
      if errno == EEXIST { return false }
      throw .cannotCreate(path: path, errno: errno)
    }
    do throws(WriteError) {
      defer { close(copy) }
      try self.copy(to: copy)
    } catch {
      unsafe unlink(name)
      throw error
    }
    return true
  }

  /// Where bytes cannot be given a name they are copied to a file that has one.
  func copy(to copy: Int32) throws(WriteError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .cannotWrite(path: path, errno: errno)
    }
    fchmod(copy, status.st_mode & 0o777)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var done = 0
    while done < count {
      let more = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe readSome(descriptor, bytes.baseAddress!, min(bytes.count, count - done), at: done)
      }
      // All that was written is there to be read, or something is amiss.
      guard more > 0 else { throw .cannotWrite(path: path, errno: more < 0 ? errno : EIO) }
      let failure = unsafe buffer.withUnsafeBytes { bytes in
        unsafe writeAll(copy, UnsafeRawBufferPointer(rebasing: bytes[..<more]))
      }
      guard failure == 0 else { throw .cannotWrite(path: path, errno: failure) }
      done += more
    }
    try flush(copy)
  }
}
