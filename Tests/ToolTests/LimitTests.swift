import Foundation
import Testing

/// What the system does not give is done without, or told.
@Suite struct LimitTests {
  private let scratch = Scratch()

  /// Large enough for several batches.
  private func table(_ times: Int = 40) -> String {
    let rows = (0..<6000).map {
      "\($0 % 97),\($0 % 31),\($0 % 89 * 3 + $0 % 7),\($0 % 97 + $0 % 31)\n"
    }
    return scratch.newFile("a,b,c,y\n" + String(repeating: rows.joined(), count: times)).path
  }

  /// A thread is to have a stack as large as the limit, for which there is no room.
  @Test func withoutThreadsTheResultIsTheSame() throws {
    let file = table()
    let limits = "ulimit -s 200000000; ulimit -v 8000000"
    for arguments in ["-y y", "fit -y y", "check"] {
      let line = "csvlasso \(arguments) -q --threads 4 \(file)"
      let expected = try Tool.run(line, in: scratch.folder)
      let found = try Tool.run("\(limits); exec \(line)", in: scratch.folder)
      #expect(expected.status == 0 && found == expected)
      let piped = try Tool.run(
        "\(limits); cat \(file) | \(line.replacing(file, with: ""))", in: scratch.folder)
      #expect(piped == expected)
    }
  }

  @Test func fewDescriptorsAreEnough() throws {
    let file = table()
    let line = "csvlasso -y y -q --threads 4 -o o.csv \(file)"
    let outcome = try Tool.run("ulimit -n 6; exec \(line) 3<&- 4<&- 5<&-", in: scratch.folder)
    #expect(outcome.status == 0, "\(outcome.err)")
    let none = try Tool.run("ulimit -n 4; exec \(line) 3<&-", in: scratch.folder)
    #expect(none.status == 73)
    #expect(none.err == "csvlasso: o.csv: cannot be created: Too many open files\n")
  }

  /// Less than OpenBLAS takes: it would try again for ever.
  @Test(.timeLimit(.minutes(2)), arguments: [150_000, 200_000, 300_000, 500_000, 1_000_000])
  func limitOnMemoryIsTold(limit: Int) throws {
    let line = "csvlasso -y y -q --threads 4 '\(Tool.sample("wide"))'"
    let expected = try Tool.run(line, in: scratch.folder)
    let found = try Tool.run("ulimit -v \(limit); exec \(line)", in: scratch.folder)
    #expect(expected.status == 0)
    if found.status == 71 {
      #expect(found.err.hasPrefix("csvlasso: the limit on memory (ulimit -v or -d) leaves no room"))
      #expect(found.err.utf8.count { $0 == 0x0A } == 1)
      #expect(limit < 500_000)
    } else {
      #expect(found == expected)
    }
  }

  @Test(arguments: ["9223372036854775807", "9223372036854775808", "100000", "1025", "0", "-1"])
  func numberOfThreadsIsChecked(count: String) throws {
    let outcome = try Tool.run(
      "csvlasso -y y --threads \(count) '\(Tool.sample("diabetes"))'", in: scratch.folder)
    #expect(outcome.status == 64)
    #expect(outcome.err.contains("--threads"))
    #expect(outcome.err.utf8.count { $0 == 0x0A } == 1)
  }

  @Test func mostThreadsGiveTheSame() throws {
    let line = "csvlasso -y y '\(Tool.sample("diabetes"))'"
    #expect(
      try Tool.run("\(line) --threads 1024", in: scratch.folder)
        == Tool.run("\(line) --threads 1", in: scratch.folder))
  }

  @Test func valuesMayBeginWithADash() throws {
    let rows = (0..<40).map { "\($0),\($0 % 5 == 0 ? "-9999" : "3"),\($0)\n" }
    try Data("-1,b,y\n\(rows.joined())".utf8)
      .write(to: scratch.folder.appending(path: "t.csv"))
    let line = "csvlasso -y y --keep -1 --na -9999 --names -q t.csv"
    let outcome = try Tool.run(line, in: scratch.folder)
    #expect(outcome.status == 0 && outcome.text == "-1\n", "\(outcome.err)")
    let other = try Tool.run(
      "csvlasso check --na -9999 -q t.csv | cut -d, -f2,5", in: scratch.folder)
    #expect(other.text == "name,missing\n-1,0\nb,8\ny,0\n")
    let refused = try Tool.run("csvlasso -y y --max-features -1 t.csv", in: scratch.folder)
    #expect(refused.err == "csvlasso: --max-features is at least 1\n")
  }

  /// Both ends, and a reader and a writer that are slower than the tool.
  @Test func descriptorsThatDoNotWaitAreWaitedFor() throws {
    let model = scratch.newFile()
    let file = table()
    let fit = "csvlasso fit -q -y y --choose k=1 -o \(model.path) \(file)"
    try #require(try Tool.run(fit, in: scratch.folder).status == 0)
    let expected = try Tool.run("csvlasso apply \(model.path) \(file)", in: scratch.folder)
    let (input, output) = (Pipe(), Pipe())
    for end in [input.fileHandleForReading, output.fileHandleForWriting] {
      _ = fcntl(end.fileDescriptor, F_SETFL, O_NONBLOCK)
    }
    let process = Tool.process(["apply", model.path])
    (process.standardInput, process.standardOutput) = (input, output)
    try Tool.start(process)
    let data = try Data(contentsOf: URL(filePath: file))
    Thread.detachNewThread {
      for start in stride(from: 0, to: data.count, by: 100_000) {
        usleep(2000)
        try? input.fileHandleForWriting.write(
          contentsOf: data[start..<min(start + 100_000, data.count)])
      }
      try? input.fileHandleForWriting.close()
    }
    var received = Data()
    while true {
      usleep(500)
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      received += more
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(received == expected.out)
  }

  @Test func fileThatIsCutWhileItIsReadIsTold() throws {
    let model = scratch.newFile()
    let file = table(400)
    let fit = "csvlasso fit -q -y y --choose k=1 -o \(model.path) \(file)"
    try #require(try Tool.run(fit, in: scratch.folder).status == 0)
    // Nobody takes the output until the file is cut.
    let (output, errors) = (Pipe(), Pipe())
    let process = Tool.process(["apply", "--no-target", model.path, file])
    (process.standardOutput, process.standardError) = (output, errors)
    try Tool.start(process)
    while output.fileHandleForReading.readData(ofLength: 1).isEmpty {}
    usleep(20_000)
    truncate(file, 12_000_001)
    _ = output.fileHandleForReading.readDataToEndOfFile()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 74)
    #expect(text == "csvlasso: \(file): the file was changed while it was being read\n")
  }

  @Test func namesReachNoTerminalAsTheyAre() throws {
    let name = "a\u{202E}b\u{1B}[31m\u{2028}\u{9B}1m"
    let rows = (0..<40).map { "\($0),\($0)\n" }.joined()
    let file = scratch.newFile("\(name),y\n\(rows)")
    let shown = "a\\u{202E}b\\u{1B}[31m\\u{2028}\\u{9B}1m"
    let outcome = try Tool.run("csvlasso -y y \(file.path)", in: scratch.folder)
    #expect(outcome.err.contains("kept 1: \(shown)\n"))
    let refused = try Tool.run("csvlasso -y '\(name)x' \(file.path)", in: scratch.folder)
    #expect(refused.err.contains("'\(shown)x'"))
    #expect(refused.status == 64)
  }
}
