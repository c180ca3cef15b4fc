import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Tables with far more columns than rows: what is kept of a column is little, and finds its way.
struct WideTests {
  /// 20 rows and 20,000 columns; every third name has a namesake, some columns are the same as one
  /// before, some hold labels, some a single value.
  private static let columns = 20_000
  private static let names = (0..<columns).map { column -> String in
    if column == columns - 1 { return "y" }
    if column % 7 == 5 { return "" }
    return column % 3 == 0 ? "twice \(column / 6)" : "x\(column)"
  }
  private static let table: String = {
    var text = names.joined(separator: ",") + "\n"
    var random = SplitMix64(seed: 3, stream: 5)
    for row in 0..<20 {
      var cells: [String] = []
      for column in 0..<columns {
        switch column % 50 {
        case 10: cells.append(cells[column / 2])
        case 20: cells.append(["a", "b", "", "007"][row % 4])
        case 30: cells.append("1")
        case 40: cells.append("\(row)")
        default: cells.append("\(Double(Int.random(in: -500...500, using: &random)) / 100)")
        }
      }
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }()

  /// A fit of few candidates, and many columns that are copied.
  private var fewOfMany: Options {
    options {
      $0.features = [ColumnSelector("x1-x50,!/e/", option: "--features")]
      $0.ids = [ColumnSelector("100-900,/99/", option: "--id")]
      $0.criterion = .minimum
      $0.folds = .permuted(4)
    }
  }

  @Test func namesAreFoundAndLabelled() throws {
    let header = Header(names: Self.names)
    let places = Dictionary(grouping: Self.names.indices) { Self.names[$0] }
    let labels = Self.names.enumerated().map { column, name in
      let same = places[name]!
      let place = same.firstIndex(of: column)! + 1
      return name.isEmpty ? "[\(column + 1)]" : same.count == 1 ? name : "\(name)[\(place)]"
    }
    #expect(Self.names.indices.map { header.label($0) } == labels)
    #expect(places.allSatisfy { header.columns(named: $0.key) == $0.value })
    #expect(header.columns(named: "x") == nil)
    #expect(Header(names: []).columns(named: "x") == nil)
  }

  @Test func selectorsAreSets() throws {
    let header = Header(names: Self.names)
    let chosen = try ColumnSelector("!/x/,x1,9-3", option: "--id").columns(in: header)
    let slow = Self.names.indices.filter { !Self.names[$0].contains("x") && !(2...8).contains($0) }
    #expect(chosen == slow)
    let selectors = ["100-200", "150-300,!160", "160"].map { ColumnSelector($0, option: "--id") }
    #expect(Array(try header.columns(selectors)) == Array(99...299))
  }

  @Test func applyingTheModelIsSelecting() throws {
    try withFile(Self.table) { path in
      let fit = try fitFile(path, fewOfMany)
      let reports = fit.columnReports()
      #expect(fit.written == reports.map(\.isKept))
      #expect(reports.map(\.index) == Array(0..<Self.columns))
      #expect(reports.map(\.label) == Self.names.indices.map { fit.schema.header.label($0) })
      #expect(!fit.keptLabels.isEmpty)

      let model = try SavedModel(Model.json(fit, tool: "test"), name: "m")
      #expect(model.columnCount == Self.columns)
      let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      defer { try? FileManager.default.removeItem(atPath: target) }
      let output = try OutputFile(path: target)
      try Reduction.apply(
        model, to: ByteSource(path: path, readings: .once), output: output, options(""))
      try output.commit()
      #expect(
        try String(contentsOfFile: target, encoding: .utf8) == reduceFile(path, fewOfMany))
    }
  }

  @Test func ledgerHasALineForEachColumn() throws {
    try withFile(Self.table) { path in
      let fit = try fitFile(path, fewOfMany)
      let lines = String(decoding: fit.ledger(), as: UTF8.self).split(separator: "\n")
      #expect(lines.count == Self.columns + 1)
      let kept = lines.count { $0.contains(",kept,") }
      #expect(kept == fit.written.count { $0 })
    }
  }

  @Test func checkingIsCountingColumnByColumn() throws {
    let rows = Self.table.split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    let check = try withFile(Self.table) { path in
      try Check(ByteSource(path: path, readings: .once), options(""), progress: .silent)
    }
    var first: [[String]: Int] = [:]
    var wrong: [Int] = []
    for column in 0..<Self.columns {
      let cells = rows.map { $0[column] }
      let present = cells.filter { !$0.isEmpty }
      let numbers = present.compactMap(Double.init)
      let profile = check.columns[column]
      let range = profile.texts == 0 ? numbers.min()!...numbers.max()! : profile.range
      let twin = first[cells]
      if twin == nil { first[cells] = column }
      let isTwin = check.problems(column).contains { $0.hasPrefix("the same as") }
      if profile.distinctCount != Set(present).count || profile.range != range
        || profile.missing != cells.count - present.count
        || isTwin != (twin != nil && Set(cells).count > 1)
      {
        wrong.append(column)
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: [1, 2, 7]) func checkingDoesNotDependOnHow(_ threads: Int) throws {
    try withFile(Self.table) { path in
      func table(_ change: (inout Options) -> Void) throws -> [[String]] {
        let source = try ByteSource(path: path, readings: .once)
        return try Check(source, options("", change), progress: .silent).table()
      }
      let plain = try table { _ in }
      #expect(
        try table {
          $0.threads = threads
          $0.sizes.batch = 300_000
          $0.sizes.alwaysTable = threads == 2
        } == plain)
    }
  }

  @Test(arguments: [0, 20, 500, 1000, .max])
  func distinctHashesAreCountedExactlyAtFirst(_ expected: Int) {
    var random = SplitMix64(seed: 1, stream: 1)
    for count in [0, 1, 2, 15, 16, 33, 64, 300, 999, 1000, 1001] {
      let hashes = (0..<count).map { _ in random.next() }
      var distinct = DistinctCount()
      for _ in 0..<3 { for hash in hashes { distinct.insert(hash, expected: expected) } }
      distinct.settle()
      #expect(distinct.isExact == (count <= 1000))
      if distinct.isExact { #expect(distinct.count == count) }
    }
  }

  @Test(arguments: [1001, 1200, 3000, 10_000, 30_000, 300_000])
  func manyDistinctHashesAreCountedWithinAFewPercent(_ count: Int) {
    var random = SplitMix64(seed: 2, stream: 2)
    var distinct = DistinctCount()
    for _ in 0..<count { distinct.insert(random.next(), expected: .max) }
    distinct.settle()
    #expect(abs(distinct.count - count) < count / 20)
  }

  @Test func textIsWrittenAsJSONReadsIt() throws {
    let texts = ["", "plain", "a\"b\\c", "\u{1}\t\r\n\u{1F}\u{7F}", "ß 漢 🇫🇮 e\u{301}", "/"]
    for text in texts {
      var json = JSONText()
      json.string(text)
      let read = try JSONSerialization.jsonObject(
        with: Data(json.bytes), options: .fragmentsAllowed)
      #expect((read as? String)?.utf8.elementsEqual(text.utf8) == true)
    }
  }
}
