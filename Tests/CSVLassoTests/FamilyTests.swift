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
    return try RowBlocks(source, reader, schema, options, rowCount: nil) { _, _, _, _ in }
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
    var dealer = StratifiedDealer(classes: 2, folds: 4, seed: 9)
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
