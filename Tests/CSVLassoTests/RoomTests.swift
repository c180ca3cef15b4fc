import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// What levels need of memory, and where they go for which there is none.
@Suite struct RoomTests {
  /// Rows of categoricals of 30 levels, of which the first matters, and a text that begins with few values and
  /// has too many in the end.
  private static func table(_ rows: Int, slowText: Bool = false) -> String {
    var random = SplitMix64(seed: 9, stream: 3)
    var text = "a,b,c,\(slowText ? "t," : "")x,y\n"
    for row in 0..<rows {
      let levels = (0..<3).map { _ in Int.random(in: 0..<30, using: &random) }
      let x = Int.random(in: 0..<1000, using: &random)
      let y = levels[0] % 5 * 300 + x + Int.random(in: 0..<500, using: &random)
      text += levels.map { "L\($0)," }.joined() + (slowText ? "t\(row / 20)," : "") + "\(x),\(y)\n"
    }
    return text
  }

  private func blocks(_ text: String, _ options: Options) throws -> RowBlocks {
    try withFile(text) { path in
      let source = try ByteSource(path: path, readings: .once)
      let reader = try Reduction.records(of: source, options)
      let header = Header(reader.first, hasHeader: true)
      let schema = try Schema(header, options, source: path)
      return try RowBlocks(source, reader, schema, options, rowCount: nil, .silent)
    }
  }

  private func fit(_ text: String, _ options: Options) throws -> Fit {
    try withFile(text) { try fitFile($0, options) }
  }

  /// 92 columns in ten blocks need 812 KB.
  private static let little = 300 << 10

  /// Twelve times as many rows as columns are 1,104.
  @Test(arguments: [(1000, false), (1200, true), (3000, true)])
  func momentsGoToFilesWhereRowsAreMany(rows: Int, areFiled: Bool) throws {
    for sizes in [BatchReader.Sizes(), .init(batch: 2000, piece: 500)] {
      let options = options { ($0.memory, $0.sizes) = (Self.little, sizes) }
      switch try blocks(Self.table(rows), options).fitted {
      case .moments(let blocks):
        #expect(areFiled && blocks.count == 10 && blocks.allSatisfy(\.isInFile))
      case .columns: #expect(!areFiled)
      }
    }
  }

  @Test(arguments: [1, 3]) func whereMomentsLieDoesNotMatter(threads: Int) throws {
    let text = Self.table(2000)
    let held = try fit(text, options { $0.threads = 1 })
    for sizes in [BatchReader.Sizes(), .init(batch: 2000, piece: 500)] {
      let filed = try fit(
        text, options { ($0.memory, $0.threads, $0.sizes) = (Self.little, threads, sizes) })
      #expect(filed.crossValidation == held.crossValidation)
      #expect(filed.path.points.map(\.values) == held.path.points.map(\.values))
      #expect(filed.keptLabels == ["a", "x"])
    }
    // Noise in the place of the target is noise there, too.
    let probed = try fit(
      text, options { ($0.memory, $0.isProbed, $0.isNested) = (Self.little, true, true) })
    let held2 = try fit(text, options { ($0.isProbed, $0.isNested) = (true, true) })
    #expect(probed.probe == held2.probe && probed.nested == held2.nested)
  }

  /// The same as if it had been dropped, whenever it shows, and though its levels had taken the room.
  @Test(arguments: [Options.Engine.auto, .columns], [1 << 30, little])
  func textWithTooManyLevelsTakesNoRoom(engine: Options.Engine, memory: Int) throws {
    let text = Self.table(2000, slowText: true)
    let dropped = try fit(
      text,
      options {
        ($0.memory, $0.engine) = (memory, engine)
        $0.drop = [ColumnSelector("t", option: "--drop")]
      })
    for sizes in [BatchReader.Sizes(), .init(batch: 2000, piece: 500)] {
      let fit = try fit(
        text, options { ($0.memory, $0.engine, $0.sizes) = (memory, engine, sizes) })
      #expect(fit.types[3] == .text(levels: 100))
      #expect(fit.crossValidation == dropped.crossValidation)
      #expect(fit.keptLabels == dropped.keptLabels)
    }
  }

  @Test func whatWasAskedForAndHasNoRoomIsRefused() throws {
    let options = options { ($0.memory, $0.engine) = (Self.little, .moments) }
    #expect {
      try fit(Self.table(2000), options)
    } throws: { "\($0)".contains("91 columns need") }
    // An id has no part in it.
    let narrow = "id,x,y\n" + (0..<3000).map { "n\($0),\($0 % 17),\($0 % 17 + $0 % 5)\n" }.joined()
    #expect(try fit(narrow, options).keptLabels == ["x"])
  }

  @Test(arguments: [1, 500, 5000, 20_000])
  func differentHashesAreCounted(most: Int) {
    var (hashes, random) = (DistinctHashes(most: most), SplitMix64(seed: 5, stream: 1))
    var seen: Set<Int> = []
    for step in 0..<40_000 {
      let hash = Int.random(in: -10_000...10_000, using: &random)
      seen.insert(hash)
      hashes.insert(hash)
      if step % 7001 == 0 { #expect(hashes.count == min(most, seen.count)) }
    }
    #expect(hashes.count == min(most, seen.count))
  }

  /// Levels of many columns are counted less far, so that the counts have room.
  @Test func countsOfLevelsAreBounded() {
    #expect(Encoder.countedLevels(among: 10) == 100_000)
    #expect(Encoder.countedLevels(among: 1600) == 1000)
  }
}
