import Foundation

/// A descriptor of an empty file without a name.
func openScratch() -> CInt {
  var template = Array(
    FileManager.default.temporaryDirectory.appending(path: "csvlasso-test-XXXXXX").path.utf8CString)
  let descriptor = mkstemp(&template)
  unlink(template)
  return descriptor
}
