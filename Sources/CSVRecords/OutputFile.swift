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
/// whatever ends the process leaves nothing behind. Devices and named pipes are written directly.
public final class OutputFile {
  private let path: String
  private let descriptor: Int32
  private let kind: Kind

  private enum Kind { case standard, direct, staged }

  /// - Parameter path: nil or `-` for standard output.
  /// - Throws: ``WriteError/cannotCreate(path:errno:)``
  public init(path: String?) throws(WriteError) {
    guard let path, path != "-" else {
      self.path = "stdout"
      descriptor = STDOUT_FILENO
      kind = .standard
      return
    }
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    // What stands under /dev leads to a descriptor or a device, whatever is behind it.
    let isDirect = exists && (!isRegular || path.hasPrefix("/dev/"))
    let target = isDirect ? path : resolved(path)
    if isDirect {
      descriptor = unsafe open(target, O_WRONLY | O_CLOEXEC)
      kind = .direct
    } else {
      descriptor = openNameless(in: directory(of: target), mode: 0o666)
      if exists && descriptor >= 0 { fchmod(descriptor, status.st_mode & 0o7777) }
      kind = .staged
    }
    self.path = target
    if descriptor < 0 { throw .cannotCreate(path: path, errno: errno) }
  }

  deinit { if kind != .standard { close(descriptor) } }

  /// Whether this is standard output.
  public var isStandard: Bool { kind == .standard }

  /// - Throws: ``WriteError/cannotWrite(path:errno:)``
  public func write(_ bytes: [UInt8]) throws(WriteError) {
    let failure = unsafe bytes.withUnsafeBytes { unsafe writeAll(descriptor, $0) }
    if failure != 0 { throw .cannotWrite(path: path, errno: failure) }
  }

  /// Makes the file be there, whole.
  ///
  /// - Throws: ``WriteError``
  public func commit() throws(WriteError) {
    guard kind == .staged else { return }
    guard fsync(descriptor) == 0 else { throw .cannotWrite(path: path, errno: errno) }
    // A name can be given to nameless bytes only where nothing stands, so a temporary one it is.
    let temporary = "\(directory(of: path))/.csvlasso-\(getpid())-\(descriptor)"
    let source = "/proc/self/fd/\(descriptor)"
    if unsafe linkat(AT_FDCWD, source, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) != 0 {
      try copy(to: temporary)
    }
    guard unsafe rename(temporary, path) == 0 else {
      let number = errno
      unsafe unlink(temporary)
      throw .cannotCreate(path: path, errno: number)
    }
    let folder = unsafe open(directory(of: path), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Where bytes cannot be given a name they are copied to a file that has one.
  private func copy(to temporary: String) throws(WriteError) {
    let named = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard named >= 0 else { throw .cannotCreate(path: path, errno: errno) }
    defer { close(named) }
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0 { fchmod(named, status.st_mode & 0o7777) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var failure: Int32 = 0
    lseek(descriptor, 0, SEEK_SET)
    while failure == 0 {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe systemRead(descriptor, bytes.baseAddress!, bytes.count)
      }
      guard count > 0 else { break }
      failure = unsafe buffer.withUnsafeBytes { bytes in
        unsafe writeAll(named, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
    }
    if failure == 0 && fsync(named) != 0 { failure = errno }
    if failure != 0 {
      unsafe unlink(temporary)
      throw .cannotWrite(path: path, errno: failure)
    }
  }
}

/// The file that a path leads to, links followed, those to nothing too.
private func resolved(_ path: String) -> String {
  var path = path
  for _ in 0..<40 {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = unsafe readlink(path, &bytes, Int(PATH_MAX))
    guard count > 0 else { return path }
    let target = String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    path = target.hasPrefix("/") ? target : "\(directory(of: path))/\(target)"
  }
  return path
}

private func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
