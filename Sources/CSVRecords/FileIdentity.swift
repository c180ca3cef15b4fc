#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Which file a path or a descriptor leads to, however it is written: two paths that lead to one file are equal.
///
/// Devices, pipes and terminals are no files in this sense: what is written to them takes nothing from anybody.
public enum FileIdentity: Hashable, Sendable {
  /// A file that is there.
  case file(device: UInt64, number: UInt64)
  /// One that is yet to be: the directory that it will be in, and its name.
  case new(device: UInt64, directory: UInt64, name: String)

  /// - Returns: nil for what is no file, or cannot be one.
  public init?(path: String) {
    var status = stat()
    if unsafe stat(path, &status) == 0 {
      self.init(status)
      return
    }
    let target = resolved(path)
    guard let name = target.split(separator: "/").last, !target.hasSuffix("/"),
      unsafe stat(directory(of: target), &status) == 0
    else { return nil }
    self = .new(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      directory: UInt64(truncatingIfNeeded: status.st_ino), name: String(name))
  }

  init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    self = .file(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino))
  }

  /// Whether a path stands for standard output, as /dev/stdout does.
  public static func isStandardOutput(path: String) -> Bool {
    CSVRecords.descriptor(named: path) == STDOUT_FILENO
  }

  /// What standard output goes to.
  public static var standardOutput: FileIdentity? { FileIdentity(descriptor: STDOUT_FILENO) }
}

/// The file that a path leads to, links followed, those to nothing too.
func resolved(_ path: String) -> String {
  var path = path
  for _ in 0..<40 {
    guard let target = linkTarget(path) else { return path }
    path = target
  }
  return path
}

/// Where a symbolic link leads in one step; nil for what is none.
private func linkTarget(_ path: String) -> String? {
  var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
  let count = unsafe readlink(path, &bytes, Int(PATH_MAX))
  guard count > 0 else { return nil }
  let target = String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  return target.hasPrefix("/") ? target : "\(directory(of: path))/\(target)"
}

/// The descriptor of this process that a path stands for, as /dev/stdout, /dev/fd/3 and /proc/self/fd/3 do, and links
/// to these; nil for any other path.
func descriptor(named path: String) -> Int32? {
  var path = path
  for _ in 0..<40 {
    if let name = path.split(separator: "/").last, let number = Int32(name), number >= 0,
      isDescriptorDirectory(directory(of: path))
    {
      return number
    }
    guard let target = linkTarget(path) else { return nil }
    path = target
  }
  return nil
}

private func isDescriptorDirectory(_ path: String) -> Bool {
  guard let real = unsafe realpath(path, nil) else { return false }
  defer { unsafe free(real) }
  let directory = unsafe String(cString: real)
  let own = "/proc/\(getpid())/"
  return directory == "/dev/fd" || (directory.hasPrefix(own) && directory.hasSuffix("/fd"))
}

func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
