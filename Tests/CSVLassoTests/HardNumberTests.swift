import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Numbers that leave arithmetic few digits: far from zero, hundreds of powers of ten apart, wild targets.
@Suite struct HardNumberTests {
  /// Whole numbers from 10¹⁵ on are exact, and so is what is left of them without the 10¹⁵: by both engines, in a
  /// predictor, in one with missing cells, and in the target.
  @Test(arguments: [Options.Engine.moments, .columns])
  func farFromZeroIsAsNear(engine: Options.Engine) throws {
    func fit(_ shift: (x: Int, y: Int)) throws -> Fit {
      var random = SplitMix64(seed: 8, stream: 2)
      var text = "big,gaps,z,y\n"
      for row in 0..<120 {
        let (a, b) = (Int.random(in: 0...1, using: &random), Int.random(in: 0...9, using: &random))
        let z = Int.random(in: -50...50, using: &random)
        let y = 4 * a + b + Int.random(in: -3...3, using: &random)
        let gaps = row % 7 == 0 ? "" : "\(shift.x + b)"
        text += "\(shift.x + a),\(gaps),\(Double(z) / 10),\(shift.y + y)\n"
      }
      return try withFile(text) { path in
        try fitFile(path, options { ($0.engine, $0.isNested) = (engine, true) })
      }
    }
    let far = 1_000_000_000_000_000
    let near = try fit((0, 0))
    for shift in [(far, 0), (far, far), (-far, 0)] {
      let fit = try fit(shift)
      #expect(
        fit.selection.kept == near.selection.kept && fit.selection.step == near.selection.step)
      let (errors, others) = (near.crossValidation?.mean ?? [], fit.crossValidation?.mean ?? [])
      #expect(errors.count == others.count)
      for (a, b) in zip(errors, others) { #expect(abs(a - b) <= 1e-9 * a) }
      for (a, b) in zip(near.path.points, fit.path.points) {
        #expect(abs(a.devianceRatio - b.devianceRatio) <= 1e-9)
      }
      guard engine == .moments else { continue }
      #expect(
        abs((fit.nested?.mean ?? 0) - (near.nested?.mean ?? 1)) <= 1e-9 * (near.nested?.mean ?? 1))
      // Coefficients are those of the columns as they stand in the file.
      let (own, other) = (fit.path.original(5), near.path.original(5))
      #expect(own.columns == other.columns)
      for (a, b) in zip(own.values, other.values) { #expect(abs(a - b) <= 1e-9) }
    }
  }

  /// Half of the targets are wild, so that the loss is flat nearly everywhere: each λ is certain all the same.
  @Test(arguments: [nil, 1e-3, 0.5] as [Double?], [1, 0.5])
  func huberIsCertainWhereTargetsAreWild(delta: Double?, alpha: Double) throws {
    for seed in UInt64(1)...4 {
      var random = SplitMix64(seed: seed, stream: 5)
      var text = "a,b,c,d,e,y\n"
      for _ in 0..<28 {
        let x = (0..<5).map { _ in random.normal() }
        let wild = Double.random(in: 0..<1, using: &random) < 0.5
        let y = x[0] - x[1] + random.normal() * (wild ? 1e4 : 1)
        text += x.map { "\($0)" }.joined(separator: ",") + ",\(y)\n"
      }
      let asked = options {
        ($0.family, $0.huberDelta, $0.criterion) = (.huber, delta, .sparsest)
        $0.alpha = alpha
      }
      let fit = try withFile(text) { try fitFile($0, asked) }
      #expect(fit.path.worstGap?.gap ?? 1 <= 1e-7)
      #expect(fit.crossValidation?.worstGap.gap ?? 1 <= 1e-7)
    }
  }

  /// Cells hundreds of powers of ten apart have an answer or a refusal; nothing in it is no number.
  @Test(arguments: [Options.Family.gaussian, .binomial, .poisson, .huber])
  func sizesFarApartComeToAnEnd(family: Options.Family) throws {
    let sizes = ["1e300", "-1e-300", "1e18", "1e-320", "0", "1", "1e150", "-1e24"]
    for seed in UInt64(1)...6 {
      var random = SplitMix64(seed: seed, stream: 6)
      var text = "a,b,c,d,y\n"
      for row in 0..<24 {
        let cells = (0..<4).map { _ in
          Double.random(in: 0..<1, using: &random) < 0.15
            ? sizes.randomElement(using: &random) ?? "" : "\(random.normal())"
        }
        text += cells.joined(separator: ",") + ",\(row % 3 == 0 ? 1 : 0)\n"
      }
      let asked = options { ($0.family, $0.criterion) = (family, .sparsest) }
      do {
        let fit = try withFile(text) { try fitFile($0, asked) }
        #expect(fit.crossValidation?.mean.allSatisfy(\.isFinite) == true)
        #expect(fit.path.points.allSatisfy { $0.values.allSatisfy(\.isFinite) && $0.gap.isFinite })
      } catch let failure as Failure {
        #expect(
          failure.message.contains("overflow") || failure.message.contains("no finite number"))
      }
    }
  }
}
