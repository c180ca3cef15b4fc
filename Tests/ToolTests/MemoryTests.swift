import Foundation
import Testing

#if os(Linux)
  /// What is held in memory is bounded by `--memory` and something that every run has: it does not grow with
  /// the rows.
  @Suite(.serialized) struct MemoryTests {
    /// What a run may hold beside `--memory`: the program, batches that are being read, hashes of levels.
    private static let besides = 60 << 20
    /// What another allocator's mood may add.
    private static let mood = 16 << 20

    /// Ten columns of text that differs in every row.
    private static func texts(_ rows: Int) -> String {
      table(rows, of: (0..<10).map { "t\($0)" }) { column, row in "t\(column)_\(row)" }
    }

    /// Categoricals that make some hundreds of indicators.
    private static func levels(_ rows: Int) -> String {
      table(rows, of: (0..<12).map { "c\($0)" }) { column, row in
        "L\((row &* 2_654_435_761 >> (column + 3)) % 60)"
      }
    }

    private static func table(
      _ rows: Int, of names: [String], _ cell: (_ column: Int, _ row: Int) -> String
    ) -> String {
      var text = names.joined(separator: ",") + ",x,y\n"
      for row in 0..<rows {
        for column in names.indices { text += cell(column, row) + "," }
        let x = row &* 7919 % 1000
        text += "\(x),\(x + row &* 104_729 % 500)\n"
      }
      return text
    }

    @Test(arguments: ["select", "fit", "path", "check", "select --choose 1se --folds 5"])
    func textThatDiffersTakesNoMemory(command: String) throws {
      let target = command == "check" ? "" : "-y y --memory 64M"
      // Levels are counted, by their hashes, up to 100,000.
      let peaks = try [110_000, 220_000].map { rows in
        try Self.peak("\(command) -q \(target)", Self.texts(rows))
      }
      #expect(peaks[1] < peaks[0] + Self.mood, "\(peaks)")
      #expect(peaks[1] < 64 << 20 + Self.besides, "\(peaks)")
    }

    /// Moments of 720 indicators do not fit: they go to files.
    @Test func levelsTakeNoMoreWithMoreRows() throws {
      let peaks = try [20_000, 80_000].map { rows in
        try Self.peak("select -q -y y --memory 24M", Self.levels(rows))
      }
      #expect(peaks[1] < peaks[0] + Self.mood, "\(peaks)")
      #expect(peaks[1] < 24 << 20 + Self.besides, "\(peaks)")
    }

    /// The most bytes that a run of the tool on a table held at once.
    private static func peak(_ arguments: String, _ table: String) throws -> Int {
      let scratch = Scratch()
      let input = scratch.newFile(table)
      let process = Tool.process(
        arguments.split(separator: " ").map(String.init) + [input.path], temporary: scratch)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try Tool.start(process)
      var peak = 0
      // The system counts it; what the count is at the end nobody can ask for.
      while process.isRunning {
        peak = max(peak, highWater(process.processIdentifier))
        usleep(1000)
      }
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus < 2)
      try #require(peak > 0)
      return peak
    }

    private static func highWater(_ process: Int32) -> Int {
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 << 10 }
        ?? 0
    }
  }
#endif
