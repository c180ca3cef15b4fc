import Foundation

@testable import SparseRegression

/// A descriptor of an empty file without a name.
func openScratch() -> CInt {
  var template = Array(
    FileManager.default.temporaryDirectory.appending(path: "csvlasso-test-XXXXXX").path.utf8CString)
  let descriptor = mkstemp(&template)
  unlink(template)
  return descriptor
}

/// Where there are no files to be had.
let noFiles = NumberFiles(budget: 0) { -1 }

/// Files of which one page or two may be in memory.
let scratchFiles = NumberFiles(budget: 0, isScattered: true) { openScratch() }
