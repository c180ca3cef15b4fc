import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// The rows of a CSV as they go to the engine.
private func blocks(_ text: String, _ options: Options) throws -> RowBlocks {
  try withFile(text) { path in
    let source = try ByteSource(path: path, readings: .once)
    let reader = try Reduction.records(of: source, options)
    let schema = try Schema(
      Header(reader.first, hasHeader: true), options, source: "F")
    return try RowBlocks(source, reader, schema, options, rowCount: nil, .silent)
  }
}

/// A CSV of a number and a target, whose cells come round and round.
private func table(_ cells: [String], rows: Int = 60) -> String {
  "i,y\n" + (0..<rows).map { "\($0),\(cells[$0 % cells.count])\n" }.joined()
}

private func matrix(_ blocks: RowBlocks) throws -> (ColumnMatrix, Response) {
  guard case .columns(let matrix, let response) = blocks.fitted else {
    throw Failure(.usage, "the rows are in moments")
  }
  return (matrix, response)
}

/// The message of the failure of a fit, the file called F.
private func refusal(_ text: String, _ options: Options) throws -> String? {
  try withFile(text) { path in
    do {
      _ = try fitFile(path, options)
      return nil
    } catch let failure as Failure {
      return failure.message.replacingOccurrences(of: path, with: "F")
    }
  }
}

private let unshifted: @Sendable (inout Options) -> Void = { $0.path.intercept = false }

@Suite struct TargetTests {
  @Test(arguments: [
    (["no", "yes"], Family.binomial, ["no", "yes"]),
    (["yes", "no"], .binomial, ["no", "yes"]),
    (["0", "1"], .binomial, ["0", "1"]),
    (["1.0", "0", "1", "NA"], .binomial, ["0", "1"]),
    (["b", "c", "a"], .multinomial(classes: 3), ["a", "b", "c"]),
    (
      ["\"x,1\"", "\"say \"\"so\"\"\"", "zoë", "Ω", "é"], .multinomial(classes: 5),
      ["say \"so\"", "x,1", "zoë", "é", "Ω"]
    ),
    (["1", "2"], .gaussian, []), (["0", "1", "2"], .gaussian, []), (["3.5", "7"], .gaussian, []),
  ])
  func theFamilyIsToldFromTheCells(cells: [String], family: Family, labels: [String]) throws {
    for sizes in [BatchReader.Sizes(), .init(batch: 64, piece: 16)] {
      let target = try blocks(table(cells), options { $0.sizes = sizes }).target
      #expect(target.family == family && target.labels == labels && target.isTold)
    }
  }

  @Test(arguments: [
    (Options.Family.binomial, ["5", "-2"], ["-2", "5"]),
    (.binomial, ["b", "a"], ["a", "b"]),
    (.multinomial, ["10", "9", "9.5"], ["9", "9.5", "10"]),
    (.multinomial, ["x", "9", "10"], ["10", "9", "x"]),
  ])
  func classesAreInOrderWhateverCameFirst(
    family: Options.Family, cells: [String], labels: [String]
  ) throws {
    let rows = try blocks(
      table(cells),
      options {
        $0.family = family
        $0.path.intercept = false
      })
    #expect(rows.target.labels == labels && !rows.target.isTold)
    let (matrix, _) = try matrix(rows)
    let numbers = matrix.withColumn(0) { unsafe Array($0) }
    for (number, target) in zip(numbers, matrix.target) {
      #expect(labels[Int(target)] == cells[Int(number) % cells.count])
    }
  }

  /// A class is what a fitted row holds: labels of other rows leave no trace.
  @Test func labelsOfRowsThatAreNotFittedAreNoClasses() throws {
    var text = "i,w,y\n5,0,zebra\n"
    for i in 0..<40 { text += "\(i),\(i == 7 ? 0 : 1),\(i == 7 ? "ant" : ["cow", "bee"][i % 2])\n" }
    let rows = try blocks(text, options { $0.weights = "w" })
    #expect(rows.target.family == .binomial && rows.target.labels == ["bee", "cow"])
    #expect(try matrix(rows).0.target.allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test func severalNumbersAreATargetTogether() throws {
    var text = "a,u,i,v,w\n"
    for i in 0..<30 { text += "\(i % 7),\(i),\(i % 3),\(i == 4 ? "" : "\(2 * i)"),\(3 * i)\n" }
    let rows = try blocks(text, options("w,u,v", unshifted))
    let (matrix, response) = try matrix(rows)
    #expect(response.family == .multigaussian(targets: 3))
    #expect(rows.counts.withoutTarget == 1 && matrix.rows == 29)
    // u, the first in the file, is the target; v and w stand behind the predictors a and i.
    #expect(response.others == [2, 3] && matrix.numbers == 4)
    let (v, w) = (
      matrix.withColumn(2) { unsafe Array($0) }, matrix.withColumn(3) { unsafe Array($0) }
    )
    for (row, u) in matrix.target.enumerated() { #expect(v[row] == 2 * u && w[row] == 3 * u) }
    #expect(rows.terms == [.number(0), .number(1)])
  }

  @Test func eventAndOffsetGoBesideThePredictors() throws {
    var text = "event,f,time,x,log\n"
    for i in 0..<24 {
      text += "\(i == 3 ? "NA" : "\(i % 2)"),\(["p", "q"][i % 3 % 2]),\(i),"
      text += "\(i == 5 ? "" : "\(i % 5)"),\(i == 8 ? "?" : "\(i).5")\n"
    }
    let rows = try blocks(
      text,
      options("time") {
        $0.family = .cox
        ($0.event, $0.offset) = ("event", "log")
        $0.path.intercept = false
      })
    let (matrix, response) = try matrix(rows)
    #expect(response.event == 1 && response.offset == 2 && matrix.numbers == 3)
    #expect(rows.counts.withoutTarget == 2 && matrix.rows == 22)
    #expect(rows.counts.events == 11)
    let (event, log) = (
      matrix.withColumn(1) { unsafe Array($0) }, matrix.withColumn(2) { unsafe Array($0) }
    )
    for (row, time) in matrix.target.enumerated() {
      #expect(event[row] == Double(Int(time) % 2) && log[row] == time + 0.5)
    }
    #expect(rows.fitted.columnCount == 4)  // x, its indicator, two levels
    #expect(rows.terms.count == 2)
  }

  /// Rows that were kept because the target could have been classes end where they would have gone.
  @Test(arguments: Options.Engine.allCases)
  func aLateNumberChangesNothing(engine: Options.Engine) throws {
    var text = "a,b,y\n"
    for i in 0..<400 {
      text += "\(i * 37 % 101),\(i * 53 % 97),\(i < 390 ? i * 7 % 3 % 2 : i % 5)\n"
    }
    let told = options {
      $0.engine = engine
      $0.folds = .permuted(3)
      $0.sizes = .init(batch: 256, piece: 64)
    }
    var asked = told
    asked.family = .gaussian
    let a = try withFile(text) { try Model.json(fitFile($0, told), tool: "test") }
    let b = try withFile(text) { try Model.json(fitFile($0, asked), tool: "test") }
    #expect(a == b)
  }

  @Test func whatNoFamilyTakesIsRefused() throws {
    func of(
      _ cells: [String], _ family: Options.Family, _ change: (inout Options) -> Void = { _ in }
    )
      throws -> String?
    {
      try refusal(
        table(cells),
        options {
          $0.family = family
          change(&$0)
        })
    }
    #expect(
      try of(["a", "b", "c"], .binomial)
        == "F: the target 'y' holds more than two values; --family binomial takes two (--family multinomial takes more)"
    )
    #expect(try of(["1", "2", "3"], .binomial)?.contains("more than two values") == true)
    #expect(
      try of(["1", "2", "-3"], .poisson)
        == "F:4: column 'y': '-3' is negative (a count is a number from 0 on in every row)")
    #expect(
      try of(["1", "x"], .huber)
        == "F:3: column 'y': 'x' is not a number (the target must be a number in every row)")
    for family in [Options.Family.auto, .binomial, .multinomial] {
      #expect(try of(["one"], family)?.contains("a single value in the rows to fit") == true)
    }
    #expect(try of(["0"], .poisson)?.contains("a single value in the rows to fit") == true)
    let numbers = (0..<20).map(String.init)
    for (row, sizes) in [
      (17, BatchReader.Sizes()), (17, .init(batch: 64, piece: 16)), (0, .init()),
      (0, .init(batch: 64, piece: 16)),
    ] {
      let text = table(numbers).replacing("\n\(row),\(row)\n", with: "\n\(row),n.a.\n")
      #expect(
        try refusal(text, options { $0.sizes = sizes })
          == "F:\(row + 2): column 'y': 'n.a.' is not a number, and other cells of the target are (--na 'n.a.' if it means a missing cell; --family multinomial if the cells are classes)"
      )
    }
    for (metric, family) in [
      (Metric.auc, Options.Family.multinomial), (.auc, .poisson), (.error, .huber),
      (.auc, .gaussian),
    ] {
      #expect(try of(["1", "2", "3"], family) { $0.metric = metric }?.contains("--metric") == true)
    }
    #expect(
      try of(["a", "b"], .auto) { $0.engine = .moments }?.contains("--engine moments") == true)
    #expect(
      try refusal(madeCSV(n: 20, p: 3, seed: 1), options { $0.offset = "x2" })
        == "--offset is not for gaussian, the family here (subtract it from the target)")
  }

  @Test func manyLabelsAreRefused() throws {
    let cells = (0..<101).map { "l\($0)" }
    #expect(
      try refusal(table(cells, rows: 202), options())
        == "F: the target 'y' holds more than 100 labels, too many for classes (is it the column to predict?)"
    )
  }

  @Test func aClassOfASingleRowIsRefused() throws {
    let text = table(["a", "b"]) + "60,c\n"
    #expect(
      try refusal(text, options())
        == "F: 'c' stands in a single row of the target 'y'; a class needs two (--na 'c' leaves the row out of the fit)"
    )
  }

  @Test func eventsAreZeroOrOneAndThereIsOne() throws {
    func of(_ events: [String]) throws -> String? {
      var text = "time,dead,x\n"
      for i in 0..<20 { text += "\(i),\(events[i % events.count]),\(i * 7 % 5)\n" }
      return try refusal(
        text,
        options("time") {
          $0.family = .cox
          $0.event = "dead"
        })
    }
    #expect(
      try of(["0", "1", "2"])
        == "F:4: column 'dead': '2' is neither 0 nor 1 (an event is 1, a row without one 0: code the column so)"
    )
    #expect(
      try of(["alive", "dead"])
        == "F:2: column 'dead': 'alive' is not a number (an event is 1, a row without one 0: code the column so)"
    )
    #expect(try of(["0"])?.contains("is 0 in all rows to fit") == true)
  }
}

@Suite struct StratifiedFoldTests {
  /// For each row of a CSV whose first column numbers them, its fold.
  private func folds(_ text: String, _ options: Options) throws -> [Int: Int] {
    let (matrix, _) = try matrix(blocks(text, options))
    let numbers = matrix.withColumn(0) { unsafe Array($0) }
    var folds: [Int: Int] = [:]
    for (fold, rows) in matrix.blocks.enumerated() {
      for row in rows { folds[Int(numbers[row])] = fold }
    }
    return folds
  }

  private func labelled(_ label: (Int) -> String, rows: Int) -> String {
    "i,y\n" + (0..<rows).map { "\($0),\(label($0))\n" }.joined()
  }

  /// Each fold has its share of every class, whatever the order of the file.
  @Test func eachFoldHasItsShareOfEveryClass() throws {
    for label: (Int) -> String in [
      { $0 < 100 ? "a" : $0 < 145 ? "b" : "c" }, { ["a", "a", "b", "a", "c"][$0 % 5] },
    ] {
      let folds = try folds(labelled(label, rows: 155), options("y", unshifted))
      for name in ["a", "b", "c"] {
        let rows = (0..<155).filter { label($0) == name }
        for fold in 0..<10 {
          let count = rows.count { folds[$0] == fold }
          #expect((rows.count / 10...rows.count / 10 + 1).contains(count))
        }
      }
    }
  }

  /// The fold of a row depends on nothing but the seed, its class and its number in the class.
  @Test func aFoldIsTheSeedTheClassAndTheNumberInIt() throws {
    let label: (Int) -> String = { $0 * $0 % 7 < 3 ? "b" : "a" }
    let base = options {
      $0.seed = 9
      $0.folds = .permuted(4)
      $0.path.intercept = false
    }
    let all = try folds(labelled(label, rows: 90), base)
    var dealer = StratifiedDealer(classes: 2, blocks: 4, seed: 9)
    for row in 0..<90 { #expect(all[row] == dealer.next(ofClass: label(row) == "b" ? 1 : 0)) }
    // Rows of the other class come and go.
    let few = try folds(
      labelled(label, rows: 90).replacing(/\d+,a\n/) { match in
        Int(match.output.prefix { $0 != "," })! % 3 == 0 ? "" : String(match.output)
      }, base)
    for row in 0..<90 where label(row) == "b" { #expect(few[row] == all[row]) }
    // Asked for as numbers, told or asked for, it is the same.
    let coded = labelled({ label($0) == "b" ? "1" : "0" }, rows: 90)
    #expect(try folds(coded, base) == all)
    for sizes in [BatchReader.Sizes(batch: 64, piece: 16), .init(alwaysTable: true)] {
      var other = base
      other.sizes = sizes
      #expect(try folds(coded, other) == all)
    }
  }

  /// Folds that are asked for by a column stand.
  @Test func foldsOfAColumnAreNotDealtAnew() throws {
    let text =
      "i,f,y\n" + (0..<40).map { "\($0),f\($0 % 4),\(["a", "b"][$0 / 3 % 2])\n" }.joined()
    let folds = try folds(
      text,
      options {
        $0.folds = .column("f")
        $0.path.intercept = false
      })
    for row in 0..<40 { #expect(folds[row] == row % 4) }
  }
}

/// Whole reductions of targets that are no plain numbers.
@Suite struct FamilyTests {
  /// A family, what is predicted, and what is asked for besides.
  struct Case: Sendable, CustomTestStringConvertible {
    let family: Options.Family
    let target: String
    var change: @Sendable (inout Options) -> Void = { _ in }
    var testDescription: String { "\(family) of \(target)" }

    var options: Options {
      CSVLassoTests.options(target) {
        $0.family = family
        $0.folds = .permuted(3)
        $0.path.grid = .automatic(count: 20, ratio: 0.05)
        change(&$0)
      }
    }
  }

  static let cases = [
    Case(family: .auto, target: "label"), Case(family: .auto, target: "class"),
    Case(family: .binomial, target: "label") { $0.metric = .auc },
    Case(family: .multinomial, target: "class") { $0.metric = .error },
    Case(family: .poisson, target: "count") { $0.offset = "log" },
    Case(family: .cox, target: "time") { $0.event = "event" },
    Case(family: .huber, target: "time"), Case(family: .auto, target: "count,time"),
  ]

  private static let targets = ["label", "class", "count", "time", "event", "log"]

  /// Three numbers, a factor and all targets, in the order of `columns`.
  private func table(_ columns: [Int] = Array(0..<10), rows: Int = 90) -> String {
    var random = SplitMix64(seed: 3, stream: 5)
    var text =
      columns.map { (["a", "b", "c", "f"] + Self.targets)[$0] }.joined(separator: ",") + "\n"
    for row in 0..<rows {
      let x = (0..<3).map { _ in Double(Int.random(in: -200...200, using: &random)) / 100 }
      let noise = Double(Int.random(in: -100...100, using: &random)) / 100
      let score = x[0] - x[1] + noise
      let cells = [
        row % 11 == 5 ? "" : "\(x[0])", "\(x[1])", "\(x[2])", ["p", "q", "r"][row % 3],
        score > 0 ? "\"yes, \"\"really\"\"\"" : "nö",
        score > 0.7 ? "hi" : score > -0.7 ? "\"m,d\"" : "lo",
        "\(max(0, Int(score + 2)))", "\(Int((score + 6) * 100))", "\(row % 4 == 1 ? 0 : 1)",
        "\(Double(row % 5) / 4)",
      ]
      text += columns.map { cells[$0] }.joined(separator: ",") + "\n"
    }
    return text
  }

  private func candidates(_ options: Options) -> Options {
    var options = options
    options.features = [ColumnSelector("a,b,c,f", option: "--features")]
    return options
  }

  @Test(arguments: cases) func threadsBatchesAndLanesNeverMatter(of one: Case) throws {
    try withFile(table()) { path in
      let base = candidates(one.options)
      let expected = try Model.json(fitFile(path, base), tool: "test")
      for (threads, sizes) in [
        (3, BatchReader.Sizes(batch: 300, piece: 50)), (2, .init(alwaysTable: true)),
        (1, .init(batch: 700, piece: 90, alwaysTable: true)),
      ] {
        var other = base
        (other.threads, other.sizes) = (threads, sizes)
        #expect(try Model.json(fitFile(path, other), tool: "test") == expected)
      }
      // Numbers beyond what memory may hold lie in a file.
      var small = base
      small.memory = 100
      #expect(try Model.json(fitFile(path, small), tool: "test") == expected)
    }
  }

  @Test(arguments: cases) func permutedColumnsPermuteTheSelection(of one: Case) throws {
    let (a, b) = (
      try withFile(table()) { try fitFile($0, candidates(one.options)) },
      try withFile(table([8, 3, 6, 0, 9, 2, 5, 7, 1, 4])) {
        try fitFile($0, candidates(one.options))
      }
    )
    #expect(Set(a.keptLabels) == Set(b.keptLabels) && !a.keptLabels.isEmpty)
    #expect(a.selection.step == b.selection.step)
    #expect(a.target.labels == b.target.labels)
    for (x, y) in zip(a.crossValidation!.mean, b.crossValidation!.mean) {
      #expect(abs(x - y) <= 1e-4 * x)
    }
  }

  @Test(arguments: cases) func whatIsPredictedIsWrittenUnlessItIsLeftOut(of one: Case) throws {
    var options = candidates(one.options)
    options.keep = [ColumnSelector("a,b,c,f", option: "--keep")]
    options.criterion = .lambda(0.1)
    let predicted = Self.targets.filter {
      one.target.split(separator: ",").map(String.init).contains($0)
        || (one.family == .cox && $0 == "event")
    }
    let written = try reduceText(table(), options).split(separator: "\n")
    #expect(written[0] == "a,b,c,f,\(predicted.joined(separator: ","))")
    #expect(written.count == 91)
    options.writesTarget = false
    #expect(try reduceText(table(), options).hasPrefix("a,b,c,f\n"))
  }

  /// What the ledger calls a standardized coefficient is the length of those of all linear predictors.
  @Test func aCoefficientOfSeveralClassesIsTheirLength() throws {
    let fit = try withFile(table()) {
      try fitFile($0, candidates(options("class") { $0.criterion = .lambda(0.05) }))
    }
    let report = fit.columnReports()[1]
    let values = (0..<3).map { response -> Double in
      let (_, columns, values) = fit.path.original(fit.selection.step, response: response)
      return columns.firstIndex(of: 1).map { values[$0] * report.scale! } ?? 0
    }
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(report.coefficient == nil && length > 0)
    #expect(abs(report.standardizedCoefficient! - length) < 1e-9 * length)
  }

  @Test func aModelOfAnyFamilyIsApplied() throws {
    for one in Self.cases {
      let json = try withFile(table()) {
        try Model.json(fitFile($0, candidates(one.options)), tool: "t")
      }
      let model = try SavedModel(json, name: "model")
      let kept = model.written.filter { !Self.targets.contains($0) }
      // New data without anything that is predicted.
      let columns = try model.columns(
        in: Header(names: ["f", "c", "b", "a"]), source: "new", writesTarget: true)
      #expect(columns.count { $0 } == kept.count)
    }
  }

  /// Counting a row twice, by its weight or by writing it out, is one fit. (The delta of `huber` is told
  /// from rows, and the folds of `cox` are measured at a mean weight of 1, as glmnet does.)
  @Test func weightsOfTwoEqualDoubledRows() throws {
    let lines = table().split(separator: "\n")
    var (weighted, doubled) = (lines[0] + ",w,d\n", lines[0] + ",w,d\n")
    for (i, line) in lines.dropFirst().enumerated() {
      weighted += "\(line),\(i % 3 == 0 ? 2 : 1),\(i % 5)\n"
      for _ in 0..<(i % 3 == 0 ? 2 : 1) { doubled += "\(line),1,\(i % 5)\n" }
    }
    for one in Self.cases where one.family != .huber && one.family != .cox {
      var base = candidates(one.options)
      (base.weights, base.folds) = ("w", .column("d"))
      base.path.grid = .values([0.1, 0.05])
      base.path.tolerance = 1e-10
      let a = try withFile(String(weighted)) { try fitFile($0, base) }
      let b = try withFile(String(doubled)) { try fitFile($0, base) }
      for (x, y) in zip(a.crossValidation!.mean, b.crossValidation!.mean) {
        #expect(abs(x - y) <= 1e-5 * abs(x), "\(one.testDescription)")
      }
    }
  }
}
