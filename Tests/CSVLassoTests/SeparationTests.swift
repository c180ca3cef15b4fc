import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Two classes that columns tell apart without an error.
@Suite struct SeparationTests {
  /// `a` and `b` matter a little; what else there is comes with the test.
  private static func table(
    _ name: String = "leak", n: Int = 120, _ cell: (_ row: Int, _ isYes: Bool) -> String
  ) -> String {
    var random = SplitMix64(seed: 9, stream: 1)
    var text = "a,b,\(name),y\n"
    for i in 0..<n {
      let (a, b) = (
        Int.random(in: -99...99, using: &random), Int.random(in: 0...99, using: &random)
      )
      let isYes = a + Int.random(in: -150...150, using: &random) > 0
      text += "\(a),\(b),\(cell(i, isYes)),\(isYes ? "yes" : "no")\n"
    }
    return text
  }

  private static func fit(_ text: String, _ change: (inout Options) -> Void = { _ in }) throws
    -> Fit
  {
    try withFile(text) { try fitFile($0, options("y", change)) }
  }

  @Test func aColumnThatSeparatesIsNamed() throws {
    let kinds: [(String, (Int, Bool) -> String)] = [
      ("number", { "\(($1 ? 50 : 20) + $0 % 30)" }),
      ("falling", { "\(($1 ? -50 : 20) + $0 % 30)" }),
      ("gaps of the mean", { $0 % 9 == 4 && !$1 ? "" : "\($1 ? 900 + $0 % 30 : $0 % 30)" }),
      ("levels", { $1 ? ["p", "q"][$0 % 2] : ["r", "s", "t"][$0 % 3] }),
    ]
    for (what, cell) in kinds {
      let fit = try Self.fit(Self.table("leak", n: 120, cell))
      #expect(fit.path.separation?.terms == [2], "\(what)")
      let report = fit.columnReports()[2]
      #expect(report.warning == "separates the classes without an error: a likely leak")
      let model = String(decoding: Model.json(fit, tool: "test"), as: UTF8.self)
      #expect(model.contains("\"separation\": {\"columns\": [\"leak\"], \"lambda\": "))
      // What comes before it on the path is there, and certified.
      #expect(fit.path.worstGap!.gap <= 1e-7 && fit.path.points.count > 5)
    }
  }

  /// One row on the wrong side, or at the same value: no separation.
  @Test func oneErrorIsNoSeparation() throws {
    for odd in ["49", "50"] {
      let text = Self.table { row, isYes in isYes ? "\(50 + row % 30)" : row < 40 ? odd : "10" }
      let found = try Self.fit(text).path.separation?.terms ?? []
      #expect(found == (odd == "49" ? [2] : []))
    }
    let mixed = Self.table { row, isYes in row % 40 == 7 ? "m" : isYes ? "p" : "r" }
    #expect(try Self.fit(mixed).path.separation?.terms ?? [] == [])
  }

  /// A missing cell may tell what values do not.
  @Test func indicatorsOfMissingCellsSeparateToo() throws {
    let text = Self.table { row, isYes in
      isYes ? (row % 2 == 0 ? "" : "\(80 + row % 9)") : "\(row % 30)"
    }
    let fit = try Self.fit(text) { $0.missing = .indicator }
    #expect(fit.path.separation?.terms == [2])
    // The mean in the gaps lies among the values: by that the column does not separate.
    let filled = try Self.fit(
      Self.table { row, isYes in isYes ? (row % 2 == 0 ? "" : "40") : "\(row % 30)" }
    ) { $0.missing = .mean }
    #expect(filled.path.separation?.terms ?? [] == [])
  }

  /// Neither column separates; their sum does.
  @Test func severalColumnsTogetherAreTold() throws {
    var text = "u,v,y\n"
    for i in 0..<90 {
      let u = i * 53 % 97
      text += "\(u),\((i % 2 == 0 ? 120 : 100) - u),\(i % 2 == 0 ? 1 : 0)\n"
    }
    let fit = try Self.fit(text)
    let separation = try #require(fit.path.separation)
    #expect(separation.terms.isEmpty)
    let step = try #require(separation.step)
    // At that step the classes are apart, and not before.
    for at in [step - 1, step] where at >= 0 {
      let (_, columns, values) = fit.path.original(at)
      let eta = (0..<90).map { i -> Double in
        let u = Double(i * 53 % 97)
        let x = [u, (i % 2 == 0 ? 120 : 100) - u]
        return zip(columns, values).reduce(0) { $0 + $1.1 * x[$1.0] }
      }
      let ones = stride(from: 0, to: 90, by: 2).map { eta[$0] }
      let zeros = stride(from: 1, to: 90, by: 2).map { eta[$0] }
      #expect((zeros.max()! < ones.min()!) == (at == step))
    }
  }

  @Test func withoutAPenaltyItIsRefused() throws {
    let text = Self.table { row, isYes in "\((isYes ? 50 : 20) + row % 30)" }
    do {
      _ = try Self.fit(text) { $0.keep = [ColumnSelector("leak", option: "--keep")] }
      Issue.record("no failure")
    } catch let failure as Failure {
      #expect(failure.kind == .data && failure.message.contains("'leak' separates the classes"))
    }
  }

  /// Least squares has a fit whatever the column says.
  @Test func otherFamiliesKnowNoSeparation() throws {
    let text = Self.table { row, isYes in "\((isYes ? 50 : 20) + row % 30)" }
    #expect(try Self.fit(text) { $0.family = .gaussian }.path.separation == nil)
  }
}
