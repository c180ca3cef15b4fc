import Foundation
import Testing

@testable import SparseRegression

/// Cox's partial likelihood by its definition, risk set after risk set.
struct SurvivalDefinition {
  let time: [Double]
  let event: [Double]
  let weights: [Double]

  /// The loss of the rows that are fitted, and the pull of each.
  func evaluate(_ eta: [Double], _ isFitted: [Bool]) -> (value: Double, pull: [Double]) {
    var (value, pull) = (0.0, [Double](repeating: 0, count: eta.count))
    for i in eta.indices where isFitted[i] && event[i] == 1 {
      let atRisk = eta.indices.filter { isFitted[$0] && time[$0] >= time[i] }
      let most = atRisk.map { eta[$0] }.max()!
      let risks = atRisk.map { weights[$0] * exp(eta[$0] - most) }
      let sum = risks.reduce(0, +)
      value -= weights[i] * (eta[i] - most - log(sum))
      pull[i] += weights[i]
      for (j, risk) in zip(atRisk, risks) { pull[j] -= weights[i] * risk / sum }
    }
    return (value, pull)
  }
}

@Suite("Survival times")
struct SurvivalTests {
  /// Rows with tied times, weights and three blocks.
  private func made(_ rows: Int, seed: UInt64) -> (
    SurvivalDefinition, offset: [Double], blocks: [Range<Int>]
  ) {
    var random = SplitMix64(seed: seed, stream: 0)
    func uniform() -> Double { Double.random(in: 0..<1, using: &random) }
    let time = (0..<rows).map { _ in
      (10 * uniform()).rounded(.up) + (uniform() < 0.5 ? uniform() : 0)
    }
    let event = (0..<rows).map { _ in uniform() < 0.6 ? 1.0 : 0 }
    let weights = (0..<rows).map { _ in 0.5 + uniform() }
    let offset = (0..<rows).map { _ in uniform() - 0.5 }
    let cuts = [0, rows / 4, rows / 2, rows]
    return (
      SurvivalDefinition(time: time, event: event, weights: weights), offset,
      zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    )
  }

  @Test("Four fits at once are what the definition says", arguments: [4, 7, 60, 301])
  func isTheDefinition(rows: Int) {
    for (seed, spread) in [(1, 1.0), (2, 30), (3, 300)] as [(UInt64, Double)] {
      let (definition, offset, blocks) = made(rows, seed: seed)
      let cox = Cox(
        time: definition.time, event: definition.event, weights: definition.weights,
        offset: offset, blocks: blocks)
      var random = SplitMix64(seed: seed, stream: 1)
      let stride = 8
      let eta = (0..<rows * stride).map { _ in Double.random(in: -spread...spread, using: &random) }
      let fitted = [[0, 1, 2], [1, 2], [0, 2]]
      let found = cox.evaluate(eta, stride: stride, first: 4, blocks: fitted, wantsPulls: true)
      let valueAlone = cox.evaluate(
        eta, stride: stride, first: 4, blocks: fitted, wantsPulls: false)
      #expect(found.value == valueAlone.value)
      for (lane, fitted) in fitted.enumerated() {
        let own = (0..<rows).map { eta[$0 * stride + 4 + lane] }
        let isFitted = (0..<rows).map { row in fitted.contains { blocks[$0].contains(row) } }
        let (value, pull) = definition.evaluate(own, isFitted)
        #expect(abs(found.value[lane] - value) <= 1e-12 * max(1, abs(value)))
        var cross = 0.0
        for row in 0..<rows {
          #expect(abs(found.pull[row * 4 + lane] - pull[row]) < 1e-12)
          cross += pull[row] * (own[row] - offset[row])
        }
        #expect(abs(found.cross[lane] - cross) <= 1e-11 * max(1, abs(cross)))
      }
      #expect(found.value[3] == 0 && found.cross[3] == 0)
    }
  }
}
