import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

@Suite struct ReductionTests {
  /// Keeping every column is the identity on bytes, whatever the spelling.
  @Test(arguments: [
    "a,b,y\n1,2,3\n2,1,5\n4,3,1\n",
    "\u{FEFF}a,b,y\r\n1,2,3\r\n2,1,5\r\n4,3,1",
    "\n\na,\"b\",y\n\n 1 ,\"2\",3\n2,1,+5.\n\n4,3,1e0\n\n",
    "a,b,y\r1,2,3\r2,1,5\r4,3,1\r",
    "\"a\"\"q\",\"b\nb\",y\n\"1\",2,\"3\"\n2,1,5\n4,3,1\n",
  ])
  func keepingAllColumnsIsTheIdentityOnBytes(text: String) throws {
    #expect(
      try reduceText(
        text,
        options("y") {
          $0.keep = [ColumnSelector("1-2", option: "--keep")]
          $0.criterion = .lambda(1)
        }) == text)
  }

  @Test(arguments: ["diabetes", "wide"])
  func threadsBatchesAndLanesNeverMatter(name: String) throws {
    let path = sample(name)
    let base = options { if name == "wide" { $0.ids = [.init("id", option: "--id")] } }
    let expected = try Model.json(fitFile(path, base), tool: "test")
    let variants: [(Int, BatchReader.Sizes)] = [
      (2, .init()), (7, .init(batch: 50_000, piece: 1000)), (3, .init(batch: 9_999, piece: 77)),
      (2, .init(alwaysTable: true)), (1, .init(batch: 20_000, piece: 3000, alwaysTable: true)),
      (2, .init(isStreaming: true)),
    ]
    for (threads, sizes) in variants {
      var other = base
      (other.threads, other.sizes) = (threads, sizes)
      #expect(try Model.json(fitFile(path, other), tool: "test") == expected)
      #expect(try reduceFile(path, other) == reduceFile(path, base))
    }
  }

  @Test func permutedColumnsPermuteTheSelection() throws {
    let order = [5, 2, 0, 7, 1, 3, 6, 4]
    let a = try withFile(madeCSV(n: 120, p: 8, seed: 1)) { try fitFile($0, options()) }
    let b = try withFile(madeCSV(n: 120, p: 8, seed: 1, order: order)) {
      try fitFile($0, options())
    }
    #expect(Set(a.keptLabels) == Set(b.keptLabels))
    #expect(a.selection.step == b.selection.step)
  }

  /// The whole way from the CSV to the chosen λ, against cv.glmnet with the same folds and grid.
  @Test(arguments: ["diabetes", "weights", "collinear", "offset-scales"])
  func choiceEqualsGlmnet(name: String) throws {
    let folder = projectRoot.appending(path: "Tests/References/glmnet/\(name)")
    let text = try String(contentsOf: folder.appending(path: "cv.csv"), encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    let fit = try fitFile(
      folder.appending(path: "data.csv").path,
      options {
        $0.folds = .column("fold")
        $0.weights = name == "weights" ? "w" : nil
        $0.path.grid = .values(rows.map { Double($0[0])! })
      })
    let cv = try #require(fit.crossValidation)
    for (step, row) in rows.enumerated() {
      #expect(abs(cv.mean[step] - Double(row[1])!) <= 1e-7 * cv.mean[step])
      #expect(abs(cv.standardError[step] - Double(row[2])!) <= 1e-7 * cv.standardError[step])
    }
  }

  @Test func weightsOfTwoEqualDoubledRows() throws {
    let lines = madeCSV(n: 60, p: 4, seed: 2).split(separator: "\n")
    var (weighted, doubled) = (lines[0] + ",w,f\n", lines[0] + ",w,f\n")
    for (i, line) in lines.dropFirst().enumerated() {
      weighted += "\(line),\(i % 3 == 0 ? 2 : 1),\(i % 5)\n"
      doubled += "\(line),1,\(i % 5)\n"
      if i % 3 == 0 { doubled += "\(line),1,\(i % 5)\n" }
    }
    let base = options {
      $0.weights = "w"
      $0.folds = .column("f")
    }
    let a = try withFile(String(weighted)) { try fitFile($0, base) }
    let b = try withFile(String(doubled)) { try fitFile($0, base) }
    #expect(a.selection == b.selection)
    for (x, y) in zip(a.crossValidation!.mean, b.crossValidation!.mean) {
      #expect(abs(x - y) <= 1e-11 * x)
    }
  }

  /// Rows of weight zero are written but not fitted, and take no place in a fold.
  @Test func weightOfZeroIsWrittenAndNotFitted() throws {
    let lines = madeCSV(n: 50, p: 3, seed: 3).split(separator: "\n")
    var text = lines[0] + ",w\n"
    var without = lines[0] + ",w\n"
    for (i, line) in lines.dropFirst().enumerated() {
      text += "\(line),1\n"
      without += "\(line),1\n"
      if i % 4 == 1 { text += "1e6,1e6,1e6,-1e6,0\n" }
    }
    let base = options { $0.weights = "w" }
    let a = try withFile(String(text)) { try fitFile($0, base) }
    let b = try withFile(String(without)) { try fitFile($0, base) }
    #expect(a.crossValidation == b.crossValidation)
    let written = try reduceText(String(text), base)
    #expect(written.split(separator: "\n").count == text.split(separator: "\n").count)
  }

  /// scikit-learn's TimeSeriesSplit: K test blocks of n / (K + 1) rows at the end, each fitted to what
  /// comes before.
  @Test func forwardFoldsAreThoseOfTimeSeriesSplit() throws {
    let lines = madeCSV(n: 47, p: 3, seed: 4).split(separator: "\n")
    let fit = try withFile(lines.joined(separator: "\n")) {
      try fitFile($0, options { $0.folds = .forward(4) })
    }
    let rows = lines.dropFirst().map { $0.split(separator: ",").map { Double($0)! } }
    let starts = [0, 47 - 4 * 9, 47 - 3 * 9, 47 - 2 * 9, 47 - 9, 47]
    let blocks = (0..<5).map { k in
      var accumulator = MomentAccumulator(width: 4)
      for row in rows[starts[k]..<starts[k + 1]] { accumulator.add(row) }
      return accumulator.finish()
    }
    let expected = try CrossValidation(
      blocks, plan: .forward, lambda: fit.path.points.map(\.lambda), ElasticNet(count: 3),
      PathOptions(), threads: 1)
    #expect(fit.crossValidation == expected)
  }

  @Test func rowsThatShareAValueAreNeverSplit() throws {
    let lines = madeCSV(n: 60, p: 3, seed: 5).split(separator: "\n")
    var text = lines[0] + ",patient\n"
    for (i, line) in lines.dropFirst().enumerated() { text += "\(line),p\(i / 3)\n" }
    let fit = try withFile(String(text)) {
      try fitFile($0, options { $0.folds = .by("patient", 5) })
    }
    #expect(fit.crossValidation!.folds <= 5 && fit.crossValidation!.folds >= 2)
    #expect(fit.schema.roles.last == .fold)
    #expect(try reduceText(String(text), options { $0.folds = .by("patient", 5) }).hasPrefix("x"))
  }

  @Test func momentsThatDoNotFitAreRefusedWithTheNumberNeeded() throws {
    do throws(any Error) {
      _ = try fitFile(
        sample("wide"),
        options {
          $0.ids = [.init("id", option: "--id")]
          $0.engine = .moments
          $0.memory = 1 << 20
        })
      Issue.record("not refused")
    } catch let failure as Failure {
      #expect(failure.kind == .data)
      #expect(failure.message.contains("500 columns need 23M"))
    }
  }

  /// What moments cannot hold goes to columns, in mapped files beyond `--memory`; the choice is the same.
  @Test func tablesBeyondMemoryAreFittedAllTheSame() throws {
    let text = madeCSV(n: 60, p: 12, seed: 4)
    func fit(_ memory: Int) throws -> Fit {
      try withFile(text) { try fitFile($0, options { $0.memory = memory }) }
    }
    let (held, mapped) = (try fit(1 << 30), try fit(60 * 12 * 8 / 4))
    #expect(held.keptLabels == mapped.keptLabels)
    try #require(held.path.points.count == mapped.path.points.count)
    for (x, y) in zip(held.crossValidation!.mean, mapped.crossValidation!.mean) {
      #expect(abs(x - y) <= 1e-9 * x)
    }
  }

  /// A level in the last rows makes more raw columns than moments can hold: the rows are read again.
  @Test func levelsThatOutgrowMomentsTurnToColumns() throws {
    var text = "a,b,y\n"
    for i in 0..<400 {
      text += "\(i * 7919 % 101),\(i < 380 ? "u\(i % 2)" : "v\(i % 20)"),\(i * 104729 % 97)\n"
    }
    let few = try withFile(text) { try fitFile($0, options { $0.memory = 8 * 13 * 13 * 12 }) }
    let many = try withFile(text) { try fitFile($0, options { $0.memory = 1 << 30 }) }
    #expect(few.keptLabels == many.keptLabels)
    for (x, y) in zip(few.crossValidation!.mean, many.crossValidation!.mean) {
      #expect(abs(x - y) <= 1e-9 * x)
    }
  }

  @Test func aModelWritesTheSameColumnsFromOtherData() throws {
    let text = madeCSV(n: 80, p: 5, seed: 6)
    let base = options()
    let fit = try withFile(text) { try fitFile($0, base) }
    let saved = try SavedModel(Model.json(fit, tool: "test"), name: "model")
    let reduced = try reduceText(text, base)
    func apply(_ data: String) throws -> String {
      try withFile(data) { path in
        let target = path + ".out"
        defer { try? FileManager.default.removeItem(atPath: target) }
        let output = try OutputFile(path: target)
        try Reduction.apply(
          saved, to: ByteSource(path: path, readings: .once), output: output, base)
        try output.commit()
        return try String(contentsOfFile: target, encoding: .utf8)
      }
    }
    #expect(try apply(text) == reduced)
    // Other columns, other order, no target: found by name, cells not looked at.
    #expect(fit.keptLabels == ["x1", "x3", "x5"])
    #expect(try apply("x5,new,x3,x1\nA,B,\"C\nc\",\nE,F,G,H\n") == "x5,x3,x1\nA,\"C\nc\",\nE,G,H\n")
    #expect(
      throws: Failure(.data, "F: columns 'x1', 'x5' of the model are missing")
    ) {
      do { _ = try apply("x3,y\n1,2\n") } catch let failure as Failure {
        // The file's name is a random one.
        throw Failure(
          failure.kind, "F" + failure.message.drop { $0 != ":" })
      }
    }
  }

  @Test func aForeignOrNewerModelIsRefused() {
    #expect(throws: Failure(.data, "m: this is no csvlasso model (csvlasso fit makes one)")) {
      try SavedModel(Array("{\"a\": 1}".utf8), name: "m")
    }
    #expect(throws: Failure.self) {
      try SavedModel(
        Array("{\"format\": \"csvlasso-model\", \"version\": 99}".utf8), name: "m")
    }
  }

  @Test func everyColumnHasAReason() throws {
    let text =
      "k,id,c,a,b,twin,z,w,y\n"
      + (1...40).map { i in
        "\(i % 7),r\(i),5,\(i),\(i * i % 11),\(2 * i),\(i % 3),1,\(3 * i + i % 5)\n"
      }.joined()
    let fit = try withFile(text) {
      try fitFile(
        $0,
        options {
          $0.keep = [.init("k", option: "--keep")]
          $0.ids = [.init("id", option: "--id")]
          $0.drop = [.init("z", option: "--drop")]
          $0.weights = "w"
        })
    }
    let reasons = fit.columnReports().map(\.reason)
    #expect(
      reasons == [
        "kept by request", "copied, never fitted", "holds a single value",
        "nonzero at the chosen lambda", "zero on the whole path", "says what its twin says",
        "dropped by request", "weighs the rows", "the target",
      ])
    #expect(fit.written == [true, true, false, true, false, false, false, false, true])
  }
}
