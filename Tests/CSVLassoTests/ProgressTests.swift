import Foundation
import Synchronization
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Every phase of the work tells how far it has come.
@Suite struct ProgressTests {
  private final class Told: Sendable {
    private let all = Mutex<[(Progress.Phase, Progress.Amount)]>([])
    var progress: Progress {
      Progress { phase, amount in self.all.withLock { $0.append((phase, amount)) } }
    }

    /// Each phase once, in the order that they were first told of.
    var phases: [Progress.Phase] {
      all.withLock { told in
        told.reduce(into: []) { if !$0.contains($1.0) { $0.append($1.0) } }
      }
    }

    func amounts(_ phase: Progress.Phase) -> [Progress.Amount] {
      all.withLock { $0.filter { $0.0 == phase }.map(\.1) }
    }
  }

  private func told(_ text: String, _ change: (inout Options) -> Void) throws -> Told {
    let told = Told()
    try withFile(text) { path in
      let source = try ByteSource(path: path, readings: .twice(memory: 1 << 20))
      let fit = try Reduction.fit(source, options("y", change), progress: told.progress)
      let output = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      defer { try? FileManager.default.removeItem(atPath: output) }
      try Reduction.write(fit, from: source, to: OutputFile(path: output), progress: told.progress)
    }
    return told
  }

  /// Whether so many parts were told, each once.
  private func expectAll(_ told: Told, _ phase: Progress.Phase, _ count: Int) {
    let parts = told.amounts(phase).compactMap { amount -> Int? in
      if case .parts(let done, let all) = amount { all == count ? done : nil } else { nil }
    }
    #expect(parts.sorted() == Array(1...count), "\(phase)")
  }

  @Test(arguments: [Options.Engine.moments, .columns])
  func leastSquaresTellsAllItDoes(engine: Options.Engine) throws {
    let text = madeCSV(n: 60, p: 5, seed: 1)
    let told = try told(text) { options in
      (options.isNested, options.isProbed, options.folds) = (true, true, .permuted(4))
      (options.engine, options.threads) = (engine, 2)
    }
    #expect(
      told.phases == [.reading, .preparing, .fitting, .nested, .probe, .understudies, .writing])
    expectAll(told, .nested, 4)
    expectAll(told, .probe, NullProbe.usualDraws)
    // λ as they are done, and within each the fits.
    let fitting = told.amounts(.fitting)
    #expect(fitting.contains(.within(5, of: 5)))
    #expect(fitting.contains(.parts(1, of: 100)) && fitting.contains(.parts(2, of: 100)))
    #expect(told.amounts(.reading).contains(.bytes(text.utf8.count, rows: 60, of: text.utf8.count)))
    #expect(told.amounts(.writing).contains(.bytes(text.utf8.count, of: text.utf8.count)))
  }

  @Test func otherFamiliesTellToo() throws {
    let text =
      "x,z,y\n"
      + (0..<60).map { "\($0 * 7 % 31),\($0 % 4),\($0 * 5 % 7 < 3 ? "a" : "b")\n" }.joined()
    let told = try told(text) { $0.folds = .permuted(4) }
    #expect(told.phases == [.reading, .preparing, .fitting, .understudies, .writing])
    #expect(
      told.amounts(.fitting).contains { if case .within(_, of: 5) = $0 { true } else { false } })
  }

  @Test func drawsAreTold() throws {
    let text = madeCSV(n: 60, p: 5, seed: 2)
    let knockoffs = try told(text) { $0.criterion = .falseDiscoveryRate(0.5) }
    expectAll(knockoffs, .knockoffs, KnockoffFilter.usualDraws)
    var request = StabilitySelection.Request()
    request.pairs = 30
    let halves = try told(text) { $0.criterion = .stability(request) }
    #expect(
      halves.amounts(.stability)
        == [.nothing, .parts(10, of: 30), .parts(20, of: 30), .parts(30, of: 30)])
  }
}
