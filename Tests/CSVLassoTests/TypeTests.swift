import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Small batches, so that what comes late in a test's text comes late in the reading too.
private func smallBatches(_ change: (inout Options) -> Void = { _ in }) -> Options {
  options {
    $0.sizes = .init(batch: 256, piece: 64)
    change(&$0)
  }
}

private func type(_ name: String, _ fit: Fit) -> ColumnType {
  fit.columnReports().first { $0.label == name }!.type!
}

@Suite struct TypeTests {
  /// A table whose column `c` holds small whole numbers but for one cell.
  private func table(oddRow: Int?, _ odd: String, n: Int = 60) -> String {
    var text = "a,c,y\n"
    for i in 0..<n {
      let c = i == oddRow ? odd : String(i % 5)
      text += "\(Double(i * 37 % 101) / 7),\(c),\(Double(i * 37 % 101) + Double(i % 5) * 9)\n"
    }
    return text
  }

  /// The cell that makes a column categorical may stand first, last, or anywhere.
  @Test func theOutcomeDoesNotDependOnWhereTheTextStands() throws {
    for row in [0, 1, 30, 58, 59] {
      let fit = try withFile(table(oddRow: row, "x")) { try fitFile($0, smallBatches()) }
      guard case .categorical(let levels) = type("c", fit) else {
        Issue.record("row \(row): \(type("c", fit))")
        continue
      }
      #expect(Set(levels) == ["0", "1", "2", "3", "4", "x"])
      // Against the same table read with the type declared.
      let declared = try withFile(table(oddRow: row, "x")) {
        try fitFile($0, options { $0.categorical = [.init("c", option: "--categorical")] })
      }
      #expect(fit.keptLabels == declared.keptLabels)
      #expect(fit.selection.step == declared.selection.step)
      for (a, b) in zip(fit.crossValidation!.mean, declared.crossValidation!.mean) {
        #expect(abs(a - b) <= 1e-10 * b)
      }
    }
    let number = try withFile(table(oddRow: nil, "")) { try fitFile($0, smallBatches()) }
    #expect(type("c", number) == .numeric)
  }

  @Test(arguments: [
    ("007", true), ("00", true), ("0", false), ("0.5", false), ("-07", false), (" 012 ", true),
  ])
  func wholeNumbersThatStartWithAZeroAreCodes(cell: String, isCode: Bool) throws {
    for row in [0, 40] {
      let fit = try withFile(table(oddRow: row, cell)) { try fitFile($0, smallBatches()) }
      #expect((type("c", fit) != .numeric) == isCode, "row \(row)")
    }
  }

  @Test func textInADeclaredNumberIsRefusedWithItsPlace() {
    #expect(
      throws: Failure(
        .data,
        "F:42: column 'c': 'x' is not a number (leave the column out of the fit with --id or --drop 'c')"
      )
    ) {
      try withFile(table(oddRow: 40, "x")) { path in
        do {
          _ = try fitFile(path, options { $0.numeric = [.init("c", option: "--numeric")] })
        } catch let failure as Failure {
          throw Failure(failure.kind, failure.message.replacingOccurrences(of: path, with: "F"))
        }
      }
    }
  }

  @Test func textWithTooManyLevelsIsNoCandidateAndIsCounted() throws {
    var text = "a,name,y\n"
    for i in 0..<90 { text += "\(i * 37 % 89),n\(i % 70),\(i * 37 % 89 * 2 + i % 3)\n" }
    let fit = try withFile(text) { try fitFile($0, smallBatches()) }
    #expect(type("name", fit) == .text(levels: 70))
    let report = fit.columnReports()[1]
    #expect(!report.isKept && report.reason == "text with 70 levels, more than --max-levels 64")
    let more = try withFile(text) { try fitFile($0, smallBatches { $0.maxLevels = 70 }) }
    #expect(type("name", more).label == "categorical")
  }

  @Test func aCategoricalIsKeptOrDroppedWhole() throws {
    var text = "a,region,noise,y\n"
    let regions = ["north", "south", "\"ea,st\"", "west"]
    for i in 0..<120 {
      let x = i * 53 % 97
      text +=
        "\(x),\(regions[i % 4]),\(["p", "q"][i * 31 % 7 % 2]),\(x + [0, 40, -30, 10][i % 4] + i % 5)\n"
    }
    let output = try reduceText(text, options())
    #expect(output.hasPrefix("a,region,y\n0,north,"))
    let fit = try withFile(text) { try fitFile($0, options()) }
    let region = fit.columnReports()[1]
    #expect(region.type?.label == "categorical" && region.coefficient == nil)
    #expect(region.levels.map(\.level) == ["north", "south", "ea,st", "west"])
    let values = region.levels.compactMap(\.value)
    #expect(abs(values.reduce(0, +)) < 1e-9)  // balanced: mean zero
    #expect(values[1] > values[3])
  }

  @Test func twoLabelsAreFittedAsNumbersWhenAsked() throws {
    var text = "a,y\n"
    var coded = "a,y\n"
    for i in 0..<60 {
      let yes = (i * 17 % 60) + i % 7 > 33
      text += "\(i * 17 % 60),\(yes ? "yes" : "no")\n"
      coded += "\(i * 17 % 60),\(yes ? 1 : 0)\n"
    }
    let gaussian = smallBatches { $0.family = .gaussian }
    let a = try withFile(text) { try fitFile($0, gaussian) }
    let b = try withFile(coded) { try fitFile($0, gaussian) }
    #expect(a.target.labels == ["no", "yes"])
    #expect(abs(a.path.original(5).values[0] - b.path.original(5).values[0]) < 1e-12)
    #expect(throws: Failure.self) {
      try withFile(text + "3,maybe\n") { try fitFile($0, gaussian) }
    }
  }

  @Test func leaksAndIdsAreReportedAndKept() throws {
    var text = "id,leak,a,y\n"
    for i in 0..<60 { text += "\(i + 10),\(i * 29 % 61 * 2),\(i % 7),\(i * 29 % 61)\n" }
    let fit = try withFile(text) { try fitFile($0, smallBatches()) }
    let warnings = fit.columnReports().map(\.warning)
    #expect(warnings[0] == "whole numbers in order, all distinct: looks like an id")
    #expect(warnings[1] == "says almost what the target says: a likely leak")
    #expect(warnings[2] == nil)
    #expect(fit.columnReports()[1].isKept)
  }
}

@Suite struct MissingTests {
  /// Rows of three columns, some cells of `b` missing.
  private func rows(_ n: Int = 70) -> [(a: Double, b: Double?, y: Double)] {
    (0..<n).map { i in
      let (a, b) = (Double(i * 37 % 71) / 3, Double(i * 53 % 67) / 2)
      return (a, i % 9 == 4 ? nil : b, a + 2 * b + Double(i % 5))
    }
  }

  private func csv(_ rows: [(a: Double, b: Double?, y: Double)], _ missing: String) -> String {
    "a,b,y\n" + rows.map { "\($0.a),\($0.b.map { "\($0)" } ?? missing),\($0.y)\n" }.joined()
  }

  @Test(arguments: ["", "NA", " null ", "?", "\"\"", "\"NaN\""])
  func meanImputationIsFoldSpecific(missing: String) throws {
    let rows = rows()
    let fit = try withFile(csv(rows, missing)) {
      try fitFile(
        $0,
        options {
          $0.sizes = .init(batch: 300, piece: 100)
          $0.folds = .permuted(5)
        })
    }
    #expect(fit.missing == [0, rows.count { $0.b == nil }])
    var deal = FoldAssignment.Permuted(count: 5, seed: 1)
    let fold = rows.indices.map { deal.fold(ofRow: $0) }
    func moments(_ mean: Double, where included: (Int) -> Bool) -> Moments {
      var accumulator = MomentAccumulator(width: 3)
      for (i, row) in rows.enumerated() where included(fold[i]) {
        accumulator.add([row.a, row.b ?? mean, row.y])
      }
      return accumulator.finish()
    }
    let lambda = fit.path.points.map(\.lambda)
    var errors: [[Double]] = []
    for k in 0..<5 {
      let observed = rows.indices.filter { fold[$0] != k }.compactMap { rows[$0].b }
      let mean = observed.reduce(0, +) / Double(observed.count)
      let path = try RegularizationPath(
        moments(mean) { $0 != k }, ElasticNet(count: 2), PathOptions(grid: .values(lambda)))
      let test = moments(mean) { $0 == k }
      errors.append(
        path.points.indices.map { step in
          let (intercept, columns, beta) = path.original(step)
          return Gaussian.meanSquaredError(
            test, support: columns, beta: beta, intercept: intercept)
        })
    }
    let weights = (0..<5).map { k in Double(fold.count { $0 == k }) }
    var collected = CrossValidation.Errors(weights: weights)
    for step in errors[0].indices {
      try collected.append(
        errors.map { [$0[step]] }, votes: [], gap: 0, lambda: fit.path.points[step].lambda)
    }
    let expected = collected.crossValidation!
    for (a, b) in zip(fit.crossValidation!.mean, expected.mean) { #expect(abs(a - b) <= 1e-9 * b) }
  }

  @Test func outputCellsNeverChange() throws {
    for missing in Options.Missing.allCases where missing != .error {
      let text = csv(rows(), " NA ")
      #expect(try reduceText(text, options { $0.missing = missing }) == text)
    }
  }

  @Test func droppedRowsAreWrittenAndNotFitted() throws {
    let complete = csv(rows().filter { $0.b != nil }, "")
    let a = try withFile(csv(rows(), "")) { try fitFile($0, options { $0.missing = .dropRow }) }
    let b = try withFile(complete) { try fitFile($0, options()) }
    #expect(a.crossValidation == b.crossValidation)
    #expect(a.counts.incomplete == rows().count { $0.b == nil })
  }

  @Test func rowsWithoutATargetAreWrittenAndNotFitted() throws {
    let lines = csv(rows().filter { $0.b != nil }, "").split(separator: "\n").map(String.init)
    let text = (lines[..<20] + ["1,2,NA", "3,4,"] + lines[20...]).joined(separator: "\n") + "\n"
    let a = try withFile(text) { try fitFile($0, options()) }
    let b = try withFile(lines.joined(separator: "\n")) { try fitFile($0, options()) }
    #expect(a.crossValidation == b.crossValidation)
    #expect(a.counts.withoutTarget == 2)
    #expect(try reduceText(text, options()) == text)
  }

  @Test func theIndicatorGoesWithItsColumn() throws {
    // Whether b is missing says more than b.
    let rows = rows().map { (a: $0.a, b: $0.b, y: $0.a + ($0.b == nil ? 40 : 0)) }
    let mean = try withFile(csv(rows, "")) { try fitFile($0, options()) }
    let both = try withFile(csv(rows, "")) { try fitFile($0, options { $0.missing = .indicator }) }
    #expect(both.path.rank(1) == 2 && mean.path.rank(1) == 1)
    #expect(both.keptLabels == ["a", "b"])
    #expect(both.path.points.last!.devianceRatio > 0.99)
    #expect(mean.path.points.last!.devianceRatio < 0.5)
  }

  @Test func aMissingCellIsRefusedWhereItIsAnError() {
    for text in [csv(rows(), ""), csv(rows(), "NA"), "a,f,y\n1,u,2\n2,,3\n3,v,5\n"] {
      #expect(throws: Failure.self) {
        try withFile(text) {
          try fitFile(
            $0,
            options {
              $0.missing = .error
              $0.folds = .permuted(2)
            })
        }
      }
    }
  }

  @Test func aMissingCellOfACategoricalIsALevel() throws {
    var text = "f,y\n"
    for i in 0..<60 { text += "\(["u", "v", "NA", ""][i % 4]),\([1, 5, 20, 20][i % 4] + i % 3)\n" }
    let fit = try withFile(text) { try fitFile($0, options()) }
    #expect(fit.types == [.categorical(levels: ["u", "v", nil])])
    #expect(fit.missing == [30])
    #expect(fit.keptLabels == ["f"])
  }

  @Test func ownTextsForMissingCellsReplaceTheUsualOnes() throws {
    let text = csv(rows(), "-99x")
    let own = try withFile(text) { try fitFile($0, options { $0.missingTexts = ["-99x"] }) }
    #expect(own.types == [.numeric, .numeric])
    let usual = try withFile(text) { try fitFile($0, options()) }
    #expect(usual.types[1] != .numeric)
  }
}

@Suite struct CheckTests {
  private func check(_ text: String, _ sizes: BatchReader.Sizes = .init()) throws -> Check {
    try withFile(text) { path in
      var options = Options(target: "")
      options.sizes = sizes
      return try Check(
        ByteSource(path: path, readings: .once), options, progress: .silent)
    }
  }

  private let text = """
    id,x,same,flat,f,,x,none
    1,2.5,2.5,7,"a",q,1,
    2,-1,-1,7,b,q,2,NA
    5,3e1,3e1,7,a,r,1,
    9,,,7,"b",r,4,

    """

  @Test func everyTrapIsNamed() throws {
    let check = try check(text)
    #expect(
      check.columns.indices.map { check.problems($0) } == [
        ["looks like an id"], ["name stands more than once"], ["the same as x[1]"], ["constant"],
        [], ["no name"], ["name stands more than once"], ["empty"],
      ])
    #expect(
      check.table()[2] == [
        "2", "x", "numeric", "3", "1", "-1", "30", "name stands more than once",
      ])
  }

  @Test func batchesNeverMatter() throws {
    let whole = try check(text).table()
    for sizes in [
      BatchReader.Sizes(batch: 40, piece: 7), .init(batch: 64, piece: 20, alwaysTable: true),
    ] {
      #expect(try check(text, sizes).table() == whole)
    }
  }

  @Test func manyDistinctCellsAreEstimated() throws {
    let text = "a\n" + (0..<20_000).map { "\($0 * 7919 % 20_011)\n" }.joined()
    let profile = try check(text).columns[0]
    #expect(!profile.isExact)
    #expect(abs(profile.distinctCount - 20_000) < 1200)
  }
}

@Suite struct RegressionTests {
  /// A number can stand for a missing cell too.
  @Test func aNumberThatMeansMissingIsMissing() throws {
    var (coded, empty) = ("a,b,y\n", "a,b,y\n")
    for i in 0..<60 {
      let line = "\(i * 37 % 61),"
      coded += line + (i % 6 == 2 ? "999" : "\(i * 17 % 53)") + ",\(i * 37 % 61 + i * 17 % 53)\n"
      empty += line + (i % 6 == 2 ? "" : "\(i * 17 % 53)") + ",\(i * 37 % 61 + i * 17 % 53)\n"
    }
    for sizes in [BatchReader.Sizes(), .init(alwaysTable: true)] {
      let a = try withFile(coded) {
        try fitFile(
          $0,
          options {
            $0.missingTexts = ["999"]
            $0.sizes = sizes
          })
      }
      let b = try withFile(empty) { try fitFile($0, options()) }
      #expect(a.missing == b.missing)
      #expect(a.crossValidation == b.crossValidation)
    }
  }

  /// Rows are left out for cells of candidates alone.
  @Test func aTextThatIsNoCandidateLeavesNoRowOut() throws {
    var text = "a,name,y\n"
    for i in 0..<120 {
      text += "\(i * 37 % 89),\(i % 3 == 1 ? "" : "n\(i)"),\(i * 37 % 89 * 2 + i % 3)\n"
    }
    let fit = try withFile(text) { try fitFile($0, options { $0.missing = .dropRow }) }
    #expect(fit.counts.incomplete == 0 && fit.path.rows == 120)
    #expect(fit.types[1] == .text(levels: 81))
  }

  /// What the model file says of a missing cell is what the fit does with it.
  @Test func theIndicatorsCoefficientGoesWithTheCentre() throws {
    var (text, rows) = ("a,b,y\n", [(a: Double, b: Double?)]())
    for i in 0..<60 {
      let (a, b) = (Double(i * 37 % 61), i % 5 == 3 ? nil : Double(i * 17 % 53) + 100)
      rows.append((a, b))
      text += "\(a),\(b.map { "\($0)" } ?? ""),\(a + (b ?? 170) / 3)\n"
    }
    let fit = try withFile(text) { try fitFile($0, options { $0.missing = .indicator }) }
    struct Saved: Decodable {
      struct Path: Decodable {
        let intercept: [Double]
        let coefficients: [String: [Double]]
      }
      let path: Path
    }
    let model = try JSONDecoder().decode(
      Saved.self, from: Data(Model.json(fit, tool: "test"))
    ).path
    let step = fit.path.points.count - 1
    let residual = rows.reduce(0.0) { sum, row in
      let b = row.b ?? fit.path.design.center[1]
      let value =
        model.intercept[step] + model.coefficients["a"]![step] * row.a
        + model.coefficients["b"]![step] * b
        + (row.b == nil ? model.coefficients["b is missing"]![step] : 0)
      let y = row.a + (row.b ?? 170) / 3
      return sum + (y - value) * (y - value)
    }
    #expect(abs(residual / 60 - fit.path.meanDeviance(step)) < 1e-9)
  }
}

@Suite struct UnfittedRowTests {
  /// Levels and missing cells of rows that are not fitted leave no trace.
  @Test(arguments: ["d,7,1,0", "e,,1,0", "d,7,,1"])
  func rowsThatAreNotFittedBringNoLevel(row: String) throws {
    var text = "f,x,y,w\n"
    for i in 0..<60 {
      text += "\(["a", "b", "c"][i % 3]),\(i * 17 % 53),\([3, 9, 1][i % 3] + i * 17 % 53),1\n"
    }
    let base = options { $0.weights = "w" }
    let a = try withFile(text) { try fitFile($0, base) }
    let b = try withFile(text + row + "\n") { try fitFile($0, base) }
    #expect(a.types == b.types)
    #expect(a.crossValidation == b.crossValidation)
  }

  /// EBIC is BIC and a price more, so it never keeps more.
  @Test func ebicIsNeverLessStrictThanBICWithGroups() throws {
    for seed in UInt64(1)...10 {
      var random = SplitMix64(seed: seed, stream: 1)
      var text = "f,y\n"
      for i in 0..<60 {
        text +=
          "\("abcdefgh".map(String.init)[i % 8]),\(Double.random(in: 0..<1, using: &random))\n"
      }
      func step(_ criterion: InformationCriterion) throws -> Int {
        try withFile(text) {
          try fitFile($0, options { $0.criterion = .information(criterion) }).selection.step
        }
      }
      #expect(try step(.ebic) <= step(.bic))
    }
  }

  @Test func textThatDiffersInEveryRowIsNoCandidate() throws {
    var text = "model,x,y\n"
    for i in 0..<40 { text += "m\(i),\(i * 17 % 37),\(i * 17 % 37 + i % 3)\n" }
    let fit = try withFile(text) { try fitFile($0, options()) }
    #expect(fit.types[0] == .text(levels: 40))
    #expect(fit.columnReports()[0].reason == "text that differs in every row")
    let declared = try withFile(text) {
      try fitFile($0, options { $0.categorical = [.init("model", option: "--categorical")] })
    }
    #expect(declared.types[0].label == "categorical")
  }
}
