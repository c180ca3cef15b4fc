import Foundation
import Testing

/// Every command that the documents show puts out what they show.
///
/// Figures of six digits and more may differ by one part in a million, as BLAS libraries do in the last
/// digits; the size of a duality gap is all rounding, and not compared.
@Suite(.serialized) struct GuideTests {
  @Test(arguments: ["README.md", "GUIDE.md", "docs/model.md", "docs/regularization.md"])
  func everyCommandPutsOutWhatTheDocumentShows(document: String) throws {
    let shell = try Shell()
    defer { shell.remove() }
    let examples = try Example.all(inDocument: document)
    #expect(!examples.isEmpty, "\(document) has no console block")
    for example in examples {
      let output = try shell.run(example.command)
      guard !agree(example.output, output) else { continue }
      Issue.record(
        """
        \(document):\(example.line)
        $ \(example.command)
        --- the document shows
        \(example.output)
        --- the command puts out
        \(output)
        ---
        """)
    }
  }

  @Test(arguments: [
    ("a 1.23456789 b", "a 1.23456790 b", true),
    ("a 1.23456789 b", "a 1.23466789 b", false),
    ("1515055094", "1515055095", true),
    ("x333", "x334", false),
    ("0.487", "0.488", false),
    ("1.0", "0.9999999999999998", true),
    ("1e-05", "1e-06", false),
    ("12345.678e-05", "12345.679e-05", true),
    ("duality gap at most 5.6e-16 at every", "duality gap at most 10e-16 at every", true),
    ("\"gap\": [0, 1e-17],", "\"gap\": [2e-17, 0],", true),
    ("kept 5: a", "kept 5: b", false),
    ("", "one line more", false),
  ])
  func onlyTheLastDigitsMayDiffer(expected: String, actual: String, same: Bool) {
    #expect(agree(expected, actual) == same)
    #expect(agree(actual, expected) == same)
  }
}

/// One command of a document and what it shows below it.
private struct Example {
  /// Where the command stands, from 1.
  var line: Int
  var command: String
  var output = ""

  /// The commands of all console blocks: after `$ `, continued after `> `.
  static func all(inDocument name: String) throws -> [Example] {
    let text = try Data(contentsOf: Tool.checkout.appendingPathComponent(name))
    var examples: [Example] = []
    var isInside = false
    var isCommand = false
    for (index, bytes) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.hasPrefix("```") {
        isInside = !isInside && line == "```console"
        isCommand = false
      } else if isInside && line.hasPrefix("$ ") {
        examples.append(Example(line: index + 1, command: String(line.dropFirst(2))))
        isCommand = true
      } else if isInside && isCommand && line.hasPrefix("> ") {
        examples[examples.count - 1].command += "\n" + line.dropFirst(2)
      } else if isInside && !examples.isEmpty {
        examples[examples.count - 1].output += line + "\n"
        isCommand = false
      }
    }
    for index in examples.indices where examples[index].output.utf8.last == 0x0A {
      examples[index].output.unicodeScalars.removeLast()
    }
    return examples
  }
}

/// A scratch directory with a copy of the samples, where commands are run by bash.
private struct Shell {
  private let directory: URL
  private let environment: [String: String]

  init() throws {
    let files = FileManager.default
    let base = files.temporaryDirectory.appendingPathComponent("guide.\(UUID().uuidString)")
    directory = base.appendingPathComponent("work")
    try files.createDirectory(at: directory, withIntermediateDirectories: true)
    try files.copyItem(
      at: Tool.checkout.appendingPathComponent("samples"),
      to: directory.appendingPathComponent("samples"))
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = Tool.directory.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["LC_ALL"] = "C.UTF-8"
    // The tests may themselves run under make, whose own run the examples are not a part of.
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"] { environment[name] = nil }
    self.environment = environment
  }

  func remove() {
    try? FileManager.default.removeItem(at: directory.deletingLastPathComponent())
  }

  /// Standard output and standard error as they appear, without the last line end.
  func run(_ command: String) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = directory
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    var bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if bytes.last == 0x0A { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Whether two outputs are the same but for rounding.
private func agree(_ expected: String, _ actual: String) -> Bool {
  let (a, b) = (tokens(of: masked(expected)), tokens(of: masked(actual)))
  return a.count == b.count && zip(a, b).allSatisfy { $0.agrees(with: $1) }
}

/// The text with duality gaps left out.
private func masked(_ text: String) -> String {
  text.replacingOccurrences(
    of: "gap at most [^ ]*", with: "gap at most …", options: .regularExpression
  ).replacingOccurrences(
    of: "\"gap\": \\[[^\\]]*\\]", with: "\"gap\": […]", options: .regularExpression)
}

/// A number, or what stands between two.
private struct Token {
  var text: [UInt8] = []
  var isNumber = false

  /// Digits from the first that is not zero on, the exponent's left out.
  private var digits: Int {
    text.prefix { $0 != UInt8(ascii: "e") }.filter { $0 != UInt8(ascii: ".") }
      .drop { $0 == UInt8(ascii: "0") }.count
  }

  func agrees(with other: Token) -> Bool {
    if text == other.text { return true }
    guard isNumber && other.isNumber && max(digits, other.digits) >= 6,
      let a = Double(String(decoding: text, as: UTF8.self)),
      let b = Double(String(decoding: other.text, as: UTF8.self))
    else { return false }
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b))
  }
}

/// Cuts a text into numbers, without their sign, and the rest.
private func tokens(of text: String) -> [Token] {
  func isDigit(_ byte: UInt8?) -> Bool {
    byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }
  let bytes = Array(text.utf8)
  func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
  var tokens: [Token] = []
  var index = 0
  while index < bytes.count {
    let start = index
    let isNumber = isDigit(bytes[start])
    while index < bytes.count && isDigit(bytes[index]) == isNumber { index += 1 }
    if isNumber {
      if byte(index) == UInt8(ascii: "."), isDigit(byte(index + 1)) {
        index += 1
        while isDigit(byte(index)) { index += 1 }
      }
      if byte(index) == UInt8(ascii: "e") {
        let sign = byte(index + 1)
        let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        var end = index + (isSigned ? 2 : 1)
        if isDigit(byte(end)) {
          while isDigit(byte(end)) { end += 1 }
          index = end
        }
      }
    }
    tokens.append(Token(text: Array(bytes[start..<index]), isNumber: isNumber))
  }
  return tokens
}
