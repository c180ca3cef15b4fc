#if canImport(Glibc)
  internal import CSystem
  internal import Glibc
#else
  internal import Darwin
#endif

/// Names for C functions that methods of the same name would hide.

@inline(__always)
func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: Int, _ wait: Int32) -> Int32 {
  unsafe poll(descriptors, nfds_t(count), wait)
}

/// Reads what there is, up to `count` bytes; a signal or a descriptor that does not wait is no fault.
///
/// - Returns: how many bytes were read, 0 at the end; -1 with `errno` set.
func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  untilDone(descriptor, POLLIN) { unsafe read(descriptor, buffer, count) }
}

/// The same from a place in a file.
func readSome(
  _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int, at place: Int
) -> Int {
  untilDone(descriptor, POLLIN) { unsafe pread(descriptor, buffer, count, off_t(place)) }
}

/// Repeats a call that was interrupted, and one that would have had to wait once it need not.
@inline(__always)
private func untilDone(_ descriptor: Int32, _ events: Int32, _ call: () -> Int) -> Int {
  while true {
    let count = call()
    guard count < 0 else { return count }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      var state = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      guard unsafe systemPoll(&state, 1, -1) >= 0 || errno == EINTR else { return -1 }
    default: return -1
    }
  }
}

/// Lets a pipe hold as much as it may, so that whoever fills it waits less often; for anything else, and where it may
/// not, nothing happens.
func widenPipe(_ descriptor: Int32) {
  #if os(Linux)
    // F_SETPIPE_SZ, which Glibc does not hand on.
    _ = fcntl(descriptor, 1031, 1 << 20)
  #endif
}

/// Writes all of `bytes`.
///
/// - Returns: 0, or the error number.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
  var done = 0
  while done < bytes.count {
    let count = untilDone(descriptor, POLLOUT) {
      unsafe write(descriptor, bytes.baseAddress! + done, bytes.count - done)
    }
    guard count > 0 else { return count < 0 ? errno : EIO }
    done += count
  }
  return 0
}

/// Writes a text as far as that can be done.
package func writeText(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe writeAll(descriptor, $0) }
}

/// Keeps memory that is free, to hand it out again: each batch needs what the one before it had, and what
/// comes from the system anew costs a page fault for every few KB.
///
/// - Parameter threads: a few of them share an arena, for what one has freed no other arena can use.
package func keepFreeMemory(threads: Int) {
  #if canImport(Glibc)
    mallopt(M_ARENA_MAX, CInt(max(1, threads / 4)))
    mallopt(M_MMAP_THRESHOLD, 16 << 20)
    mallopt(M_TRIM_THRESHOLD, 32 << 20)
    mallopt(M_TOP_PAD, 1 << 20)
  #endif
}

/// Gives memory that is free back to the system.
///
/// - Parameter stays: whether this holds from now on, too, for what is large.
package func giveBackFreeMemory(stays: Bool) {
  #if canImport(Glibc)
    if stays {
      mallopt(M_MMAP_THRESHOLD, 128 << 10)
      mallopt(M_TRIM_THRESHOLD, 128 << 10)
      mallopt(M_TOP_PAD, 0)
    }
    malloc_trim(0)
  #endif
}

/// The text of an error number, as the C library has it.
package func errorText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

/// A new file without a name in `directory`, readable by its owner alone: it is gone with the process,
/// whatever ends it.
///
/// - Returns: the descriptor, or -1 with `errno` set.
func openNameless(in directory: String, mode: mode_t) -> Int32 {
  #if os(Linux)
    let descriptor = unsafe open(directory, temporaryFileFlag | O_RDWR | O_CLOEXEC, mode)
    if descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
      return descriptor
    }
  #endif
  // A file system that knows no nameless files: the name goes at once.
  var template = Array("\(directory)/csvlasso.XXXXXX".utf8CString)
  let named = unsafe mkstemp(&template)
  if named >= 0 {
    unsafe unlink(template)
    _ = fcntl(named, F_SETFD, FD_CLOEXEC)
    let mask = umask(0)
    umask(mask)
    fchmod(named, mode & ~mask)
  }
  return named
}

/// A new file that is in memory alone.
///
/// - Returns: the descriptor, or -1 where there is no such thing.
func openMemoryFile() -> Int32 {
  #if os(Linux)
    unsafe memfd_create("csvlasso", 1)  // MFD_CLOEXEC
  #else
    -1
  #endif
}

/// Where temporary files go: TMPDIR, or /tmp.
package var temporaryDirectory: String {
  let given = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
  return given.isEmpty ? "/tmp" : given
}

/// A new file without a name, for this process alone.
///
/// - Returns: the descriptor, or -1 with `errno` set.
package func openTemporaryFile() -> Int32 { openNameless(in: temporaryDirectory, mode: 0o600) }

#if os(Linux)
  /// `O_TMPFILE`, which glibc's header hides from Swift: `__O_TMPFILE | O_DIRECTORY`.
  let temporaryFileFlag: Int32 = 0o20000000 | O_DIRECTORY
#endif
