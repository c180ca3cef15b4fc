import Foundation
import Testing

/// No output destroys an input, another output, or what somebody else wrote.
@Suite struct FileSafetyTests {
  private let scratch = Scratch()
  private static let table =
    "a,b,y\n" + (0..<60).map { "\($0),\($0 * 7 % 11),\($0 * 2)\n" }.joined()
  private static let reduced = "a,y\n" + (0..<60).map { "\($0),\($0 * 2)\n" }.joined()

  /// In a folder with a table t.csv, a link to it l.csv, and a model m.json that keeps a and y.
  private func run(_ line: String) throws -> Tool.Outcome {
    let script = """
      csvlasso fit -q -y y --choose k=1 -o m.json t.csv && ln -sf t.csv l.csv && cp m.json m0.json
      \(line)
      """
    let file = scratch.folder.appending(path: "t.csv")
    try Data(Self.table.utf8).write(to: file)
    return try Tool.run(script, in: scratch.folder)
  }

  private func contents(_ name: String) -> String? {
    FileManager.default.contents(atPath: scratch.folder.appending(path: name).path).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  @Test(arguments: [
    ("-y y t.csv -o a.csv --model ./a.csv", "-o a.csv and --model ./a.csv are the same file"),
    ("-y y t.csv -o l.csv --model t.csv", "-o l.csv and --model t.csv are the same file"),
    ("-y y t.csv --ledger l.csv", "--ledger l.csv is the same file as the input t.csv"),
    ("-y y l.csv --model t.csv", "--model t.csv is the same file as the input l.csv"),
    ("-y y --names t.csv -o t.csv", "-o t.csv is the same file as the input t.csv"),
    ("fit -y y t.csv -o l.csv", "-o l.csv is the same file as the input t.csv"),
    ("fit -y y < t.csv -o l.csv", "-o l.csv is the same file as the input stdin"),
    ("path -y y t.csv -o t.csv", "-o t.csv is the same file as the input t.csv"),
    ("check t.csv -o t.csv", "-o t.csv is the same file as the input t.csv"),
    ("apply m.json t.csv -o m.json", "-o m.json is the same file as the input m.json"),
    ("apply m.json t.csv >> t.csv", "standard output is the same file as the input t.csv"),
    ("apply m.json < t.csv >> t.csv", "standard output is the same file as the input stdin"),
    ("apply m.json t.csv >> m.json", "standard output is the same file as the input m.json"),
    ("-y y t.csv >> l.csv", "standard output is the same file as the input t.csv"),
    ("-y y t.csv -o /dev/stdout >> l.csv", "standard output is the same file as the input t.csv"),
    ("-y y t.csv --model b > b", "standard output and --model b are the same file"),
    ("-y y t.csv --model /dev/stdout", "only one output can go to standard output"),
  ])
  func outputThatWouldDestroyIsRefused(arguments: String, message: String) throws {
    let outcome = try run("csvlasso \(arguments)")
    #expect(outcome.status == 64)
    #expect(outcome.err.hasPrefix("csvlasso: \(message)"), "\(outcome.err)")
    #expect(outcome.err.utf8.count { $0 == 0x0A } == 1)
    #expect(contents("t.csv") == Self.table)
    #expect(contents("m.json") == contents("m0.json"))
  }

  @Test(arguments: ["t.csv", "l.csv", "./t.csv"])
  func fileIsReducedInPlace(output: String) throws {
    let outcome = try run(
      "csvlasso -q -y y --choose k=1 t.csv -o \(output) && csvlasso apply m.json t.csv -o \(output)"
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(contents("t.csv") == Self.reduced)
  }

  @Test(arguments: [
    "{ echo A; csvlasso apply m.json t.csv -o /dev/stdout; echo Z; } > f",
    "{ echo A; csvlasso apply m.json t.csv -o /proc/self/fd/1; echo Z; } > f",
    "{ echo A >&3; csvlasso apply m.json t.csv -o /dev/fd/3; echo Z >&3; } 3> f",
    "{ echo A; csvlasso apply m.json t.csv; echo Z; } > f",
  ])
  func descriptorIsWrittenWhereItStands(line: String) throws {
    #expect(try run(line).status == 0)
    #expect(contents("f") == "A\n\(Self.reduced)Z\n")
  }

  @Test(arguments: [
    "head -c 300 m.json > bad", "head -c 1 m.json > bad", ": > bad",
    "gzip -c m.json | head -c 200 > bad",
    "gzip -c m.json | head -c 11 > bad", "gzip -c m.json | tr e f > bad",
    "head -c 2000 /dev/urandom > bad",
    "sed 's/\"written\"/\"wrote\"/' m.json > bad",
    "sed 's/\"version\": 1/\"version\": 1e400/' m.json > bad",
    "tr '{' '[' < m.json > bad", "yes '[' | head -100000 > bad", "cp t.csv bad",
  ])
  func damagedModelIsToldInOneLine(damage: String) throws {
    let outcome = try run("\(damage); csvlasso apply bad t.csv")
    #expect(outcome.status == 65)
    #expect(outcome.err.hasPrefix("csvlasso: bad: "), "\(outcome.err)")
    #expect(outcome.err.utf8.count { $0 == 0x0A } == 1)
    #expect(outcome.out.isEmpty)
  }

  @Test func modelThatIsNotThereIsTold() throws {
    for name in ["none.json", "."] {
      let outcome = try run("csvlasso apply \(name) t.csv")
      #expect(outcome.status == 66)
      #expect(outcome.err.hasPrefix("csvlasso: \(name): cannot be opened: "))
    }
  }

  @Test func modelBeyondAllMeasureIsRefused() throws {
    let outcome = try run(
      """
      (head -c 100 m.json; head -c 300000000 /dev/zero | tr '\\0' ' ') | gzip -1 > bad
      csvlasso apply bad t.csv
      """)
    #expect(outcome.status == 65)
    #expect(
      outcome.err == "csvlasso: bad: more than 256 MB, which is more than is read at once\n")
  }
}
