internal import CSVLasso
internal import CSVRecords
internal import CStart

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a person is told, on standard error.
enum Terminal {
  /// One line, after the program's name; what names and cells may hold to mislead a terminal is written out.
  static func message(_ text: String) { write(line(text)) }

  /// Many lines, each as a message, written in stretches.
  static func messages(_ texts: some Sequence<String>) {
    var lines = ""
    for text in texts {
      lines += line(text)
      if lines.utf8.count >= 1 << 16 {
        write(lines)
        lines = ""
      }
    }
    write(lines)
  }

  private static func line(_ text: String) -> String { "csvlasso: \(shown(text))\n" }

  /// Puts something that cannot be used in the place of closed standard descriptors, or the next file to
  /// be opened would take it.
  static func occupyStandardDescriptors() {
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", mode)
    }
  }

  static func write(_ text: String) { writeText(text, to: STDERR_FILENO) }

  static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
  static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var standardInputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Processors that are there to be used.
  static var processors: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), mostThreads) }

  /// Beyond so many, threads would only be in each other's way.
  static let mostThreads = 1024

  /// A quarter of the machine's memory, in bytes; an eighth of what the process may have, where that is less, for
  /// OpenBLAS takes much of it.
  static var defaultMemory: Int {
    let usual = max(1 << 28, sysconf(Int32(_SC_PHYS_PAGES)) / 4 * sysconf(Int32(_SC_PAGESIZE)))
    return min(usual, cstart_memory_limit() / 8)
  }
}
