import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Tables as people have them: few rows, categoricals with rare levels, classes, counts and times.
@Suite struct OrdinaryTableTests {
  /// Numbers, categoricals of two to six levels, the later ones rare, and missing cells.
  private func table(rows: Int, seed: UInt64, target: (Double, inout SplitMix64) -> String)
    -> String
  {
    var random = SplitMix64(seed: seed, stream: 99)
    var text = "x1,x2,c1,c2,c3,y\n"
    for _ in 0..<rows {
      let x = (0..<2).map { _ in random.normal() }
      let levels = [2, 4, 6].map { count in
        Int(
          Double(count) * Double.random(in: 0..<1, using: &random)
            * Double.random(in: 0..<1, using: &random) * Double.random(in: 0..<1, using: &random))
      }
      let cells = levels.map {
        $0 == 1 && Double.random(in: 0..<1, using: &random) < 0.2 ? "" : "l\($0)"
      }
      let signal = x[0] + Double(levels[0]) - 0.5 * Double(levels[2])
      text += "\(x[0]),\(x[1]),\(cells.joined(separator: ",")),\(target(signal, &random))\n"
    }
    return text
  }

  /// A refit asks for coordinates that are zero where it begins, as those of a level are that a training set
  /// lacks; no fit may miss them, and each is certain.
  @Test(arguments: [2, 3, 5], [24, 36, 90])
  func classesWithRareLevelsAreFitted(classes: Int, rows: Int) throws {
    for seed in UInt64(1)...3 {
      let text = table(rows: rows, seed: seed) { signal, random in
        // Every class has rows enough, whatever the signal.
        let drawn =
          Double.random(in: 0..<1, using: &random) < 0.5
          ? abs(signal) : 7 * Double.random(in: 0..<1, using: &random)
        return "k\(min(classes - 1, Int(drawn)))"
      }
      for criterion in [Criterion.sparsest, .relaxedMinimum] {
        do {
          let fit = try withFile(text) { try fitFile($0, options { $0.criterion = criterion }) }
          #expect(fit.path.worstGap?.gap ?? 1 <= 1e-7)
          #expect(fit.crossValidation?.worstGap.gap ?? 1 <= 1e-7)
        } catch let failure as Failure {
          #expect(failure.message.contains("stands in a single row"))
        }
      }
    }
  }

  /// Folds of survival times have events as equal numbers of them as there can be; where there are fewer events
  /// than folds, those without one are silent.
  @Test(arguments: [4, 25]) func eventsAreDealtLikeClasses(events: Int) throws {
    var random = SplitMix64(seed: 4, stream: 1)
    var text = "a,b,t,e\n"
    for row in 0..<60 {
      let a = random.normal()
      text += "\(a),\(random.normal()),\(1 + row % 17),\(row * events % 60 < events ? 1 : 0)\n"
    }
    let asked = options("t") {
      ($0.family, $0.event) = (.cox, "e")
      ($0.criterion, $0.repeats) = (.sparsest, 1)
    }
    let fit = try withFile(text) { try fitFile($0, asked) }
    #expect(fit.crossValidation?.silentFolds == max(0, 10 - events))
    #expect(fit.crossValidation?.mean.allSatisfy(\.isFinite) == true)
  }
}

/// What the procedure keeps on all rows is what the fit keeps, whatever counts as a column.
@Suite struct OneProcedureTests {
  @Test(arguments: [
    Criterion.columns(3), .oneStandardError, .minimum, .sparsest, .relaxedMinimum,
    .information(.bic), .falseDiscoveryRate(0.5), .stability(.init()),
  ])
  func theFitIsTheProcedure(criterion: Criterion) throws {
    let families: [(Options.Family, (Double) -> Double)] = [
      (.gaussian, { $0 }), (.binomial, { $0 > 0 ? 1 : 0 }), (.poisson, { max(0, $0.rounded()) }),
    ]
    for (family, target) in families {
      for isGrouped in [false, true] {
        for cap in [nil, 2] where cap == nil || !criterion.choosesColumns {
          let asked = options {
            ($0.family, $0.criterion, $0.maxFeatures) = (family, criterion, cap)
            $0.folds = .permuted(5)
            $0.repeats = 1
            guard isGrouped else { return }
            $0.groups = [
              .init(name: "g", columns: ColumnSelector("x3-x6", option: "--group"))
            ]
          }
          try agrees(madeTable(target), asked)
        }
      }
    }
  }

  private func agrees(_ text: String, _ asked: Options) throws {
    try withFile(text) { path in
      let fit = try fitFile(path, asked)
      let source = try ByteSource(path: path, readings: .once)
      let reader = try Reduction.records(of: source, asked)
      let schema = try Schema(Header(reader.first, hasHeader: true), asked, source: "F")
      let blocks = try RowBlocks(source, reader, schema, asked, rowCount: nil) { _, _ in }
      let penalty = try schema.penalty(asked, blocks.columns, blocks.terms)
      let procedure = Fit.procedure(blocks, penalty, asked) { _, _ in }
      let outcome = try procedure.apply(to: blocks.fitted)
      #expect(outcome.kept == fit.selection.kept)
      if let cap = asked.maxFeatures { #expect(procedure.columns(of: outcome.kept) <= cap) }
      if case .columns(let count) = asked.criterion {
        #expect(procedure.columns(of: outcome.kept) <= count)
      }
    }
  }

  private func madeTable(_ target: (Double) -> Double) -> String {
    var random = SplitMix64(seed: 12, stream: 3)
    var text = (1...8).map { "x\($0)" }.joined(separator: ",") + ",y\n"
    for _ in 0..<80 {
      let x = (0..<8).map { _ in (random.normal() * 1000).rounded() / 1000 }
      let signal = x[0] + x[2] - x[3] + random.normal()
      text += x.map { "\($0)" }.joined(separator: ",") + ",\(target(signal))\n"
    }
    return text
  }
}
