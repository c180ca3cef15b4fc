import Foundation
import Testing

/// Each folder of Tests/Golden is a case: `cmd` runs there in a shell, and standard output, standard
/// error and exit status must be `out`, `err` and `status`. A file that is missing stands for nothing
/// written, or status 0.
///
/// `make golden` writes these files anew.
@Suite struct GoldenTests {
  @Test func casesAreThere() { #expect(Golden.names.count > 50) }

  @Test(arguments: Golden.names)
  func runGivesWhatItGave(name: String) throws {
    let golden = Golden(name)
    let found = try golden.run()
    if Golden.areWritten {
      try golden.write(found)
      return
    }
    let expected = golden.expected
    #expect(found.status == expected.status, "exit status; standard error: \(found.err)")
    expectSame(found.out, expected.out, "out")
    expectSame(Data(found.err.utf8), Data(expected.err.utf8), "err")
  }

  private func expectSame(_ found: Data, _ expected: Data, _ name: String) {
    if found == expected { return }
    func lines(_ bytes: Data) -> [Data] {
      bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    }
    let (found, expected) = (lines(found), lines(expected))
    if found.count == expected.count && zip(found, expected).allSatisfy(isSame) { return }
    let changes = found.difference(from: expected).map { change in
      switch change {
      case .insert(_, let line, _): "+ \(String(decoding: line, as: UTF8.self).debugDescription)"
      case .remove(_, let line, _): "- \(String(decoding: line, as: UTF8.self).debugDescription)"
      }
    }
    Issue.record("\(name) differs:\n\(changes.prefix(40).joined(separator: "\n"))")
  }

  /// Whether two lines are the same but for the last digits of numbers that are written with all of them:
  /// other processors sum in another order.
  private func isSame(_ found: Data, _ expected: Data) -> Bool {
    if found == expected { return true }
    let number = /-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/
    let (a, b) = (String(decoding: found, as: UTF8.self), String(decoding: expected, as: UTF8.self))
    guard a.replacing(number, with: "#") == b.replacing(number, with: "#") else { return false }
    return zip(a.matches(of: number), b.matches(of: number)).allSatisfy { one, other in
      if one.0 == other.0 { return true }
      guard one.0.count > 12, other.0.count > 12, let x = Double(one.0), let y = Double(other.0)
      else { return false }
      return abs(x - y) <= 1e-12 * max(abs(x), abs(y))
    }
  }
}

/// A folder of Tests/Golden.
struct Golden {
  static let areWritten = ProcessInfo.processInfo.environment["GOLDEN"] == "write"
  private static let root = Tool.checkout.appending(path: "Tests/Golden")

  static let names: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }()

  private let folder: URL

  init(_ name: String) { folder = Self.root.appending(path: name) }

  func run() throws -> Tool.Outcome {
    let temporary = Scratch()
    let command = try String(contentsOf: folder.appending(path: "cmd"), encoding: .utf8)
    var outcome = try Tool.run(command, in: folder, temporary: temporary)
    outcome.err = outcome.err
      .replacing(temporary.folder.path, with: "$TMPDIR")
      // A rounding error, which another machine may make otherwise.
      .replacing(/gap at most [-+.0-9e]+/, with: "gap at most …")
    return outcome
  }

  var expected: Tool.Outcome {
    func contents(_ name: String) -> Data {
      FileManager.default.contents(atPath: folder.appending(path: name).path) ?? Data()
    }
    let status = String(decoding: contents("status"), as: UTF8.self)
    return Tool.Outcome(
      status: Int32(status.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0,
      out: contents("out"), err: String(decoding: contents("err"), as: UTF8.self))
  }

  func write(_ outcome: Tool.Outcome) throws {
    let status = outcome.status == 0 ? "" : "\(outcome.status)\n"
    for (name, bytes) in [
      ("out", outcome.out), ("err", Data(outcome.err.utf8)), ("status", Data(status.utf8)),
    ] {
      let file = folder.appending(path: name)
      if bytes.isEmpty {
        try? FileManager.default.removeItem(at: file)
      } else {
        try bytes.write(to: file)
      }
    }
  }
}
