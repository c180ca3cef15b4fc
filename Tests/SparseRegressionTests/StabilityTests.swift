import Foundation
import Testing

@testable import SparseRegression

@Suite struct StabilityTests {
  private func blocks(_ data: MadeData, _ count: Int = 20) -> FittedRows {
    .moments((0..<count).map { k in data.moments { $0 % count == k } })
  }

  private func terms(_ p: Int) -> [Term] { (0..<p).map { .number($0) } }

  /// The bounds are those of a reference in R, which says how they stand to the package stabs.
  @Test func boundsAreThoseOfTheReference() throws {
    let file = ReferenceCase.root.appending(path: "stability/bounds.csv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
    try #require(lines.count == 84)
    for line in lines {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(Double.init)
      let (p, q, pi, pairs) = (Int(fields[0]!), Int(fields[1]!), fields[2]!, Int(fields[3]!))
      for (bound, expected) in zip(StabilityBound.allCases, fields[4...]) {
        let rate = bound.errorRate(picked: q, of: p, threshold: pi, pairs: pairs)
        switch (bound, expected) {
        case (_, let expected?): #expect(isClose(rate / expected, 1, 1e-4), "\(bound) \(line)")
        case (.unimodal, nil): #expect(rate == .infinity, "\(line)")
        case (_, nil): #expect(rate == Double(p), "\(line)")
        }
      }
    }
  }

  /// What follows from two of three numbers is the best that keeps to the bound.
  @Test(arguments: StabilityBound.allCases)
  func thirdFollows(bound: StabilityBound) throws {
    let (p, pairs) = (120, 50)
    func rate(_ q: Int, _ threshold: Double) -> Double {
      bound.errorRate(picked: q, of: p, threshold: threshold, pairs: pairs)
    }
    let q = try #require(bound.mostPicked(of: p, threshold: 0.8, pairs: pairs, errorRate: 1))
    #expect(rate(q, 0.8) <= 1 && rate(q + 1, 0.8) > 1)
    let pi = try #require(bound.leastThreshold(picked: 9, of: p, pairs: pairs, errorRate: 1))
    #expect(rate(9, pi) <= 1 && rate(9, pi - 0.01) > 1)
    #expect(bound.mostPicked(of: p, threshold: 0.6, pairs: pairs, errorRate: 1e-6) == nil)
    #expect(bound.leastThreshold(picked: p, of: p, pairs: pairs, errorRate: 0.1) == nil)
  }

  /// A half picks what first enters its path: the same as the rule that takes columns by order of entry, on the
  /// grid that all halves share. Pairs complement each other.
  @Test func halvesPickTheFirstToEnter() throws {
    let data = MadeData(n: 80, p: 12, seed: 3, weighted: true)
    let blocks = blocks(data)
    var request = StabilitySelection.Request()
    (request.pairs, request.picked, request.threshold) = (13, 4, 0.9)
    let selection = try StabilitySelection(
      blocks, terms: terms(12), ElasticNet(count: 12), PathOptions(), request, seed: 6)
    let whole = try blocks.fit(nil, terms(12), ElasticNet(count: 12), PathOptions(), threads: 1)
    let grid = LambdaGrid.automatic().resolved(
      lambdaMax: 2 * whole.path.points[0].lambda, isTall: true)
    var expected = [Double](repeating: 0, count: 12)
    for some in [0..<10, 10..<13] {
      let halves = StabilitySelection.plan(some, seed: 6).partitions(of: blocks.usedRows).folds
      #expect(halves.count == 2 * some.count)
      for (number, half) in halves.enumerated() {
        #expect((half.training + half.test).sorted() == Array(0..<20) && half.test.count == 10)
        #expect(half.test == halves[number ^ 1].training)
        let path = try blocks.keeping(half.training).fit(
          nil, terms(12), ElasticNet(count: 12), PathOptions(grid: .values(grid)), threads: 1
        ).path
        for term in Selection(path, by: .columns(4)).kept { expected[term] += 1 / 26 }
      }
    }
    for (a, b) in zip(selection.frequencies, expected) { #expect(isClose(a, b, 1e-12)) }
    #expect(selection.kept == (0..<12).filter { expected[$0] >= 0.9 })
  }

  /// Threads do not matter; unpenalized columns are not picked, and what is picked adds up to q.
  @Test(arguments: [1.0, 0.3])
  func picksAddUp(weakness: Double) throws {
    let data = MadeData(n: 120, p: 10, seed: 5)
    var factors = [Double](repeating: 1, count: 10)
    factors[4] = 0
    let penalty = ElasticNet(factors: factors, bounds: Array(repeating: .free, count: 10))
    var request = StabilitySelection.Request()
    (request.picked, request.weakness, request.bound) = (3, weakness, .unimodal)
    func select(threads: Int) throws -> StabilitySelection {
      try StabilitySelection(
        blocks(data), terms: terms(10), penalty, PathOptions(), request, seed: 1,
        threads: threads)
    }
    let selection = try select(threads: 1)
    #expect(selection == (try select(threads: 3)))
    #expect(selection.candidates == 9 && selection.frequencies[4] == 0)
    #expect(isClose(selection.frequencies.reduce(0, +), 3, 1e-12))
    #expect(selection.errorRate <= 1)
    #expect(!selection.kept.isEmpty)
  }

  /// With a target of noise no more columns are kept on average than the bound says, and with one that
  /// two columns make these are.
  @Test(.tags(.slow)) func boundHolds() throws {
    let (tables, p) = (madeTables(30), 20)
    var kept: [Double] = []
    var request = StabilitySelection.Request()
    (request.pairs, request.threshold) = (20, 0.75)
    for table in 0..<tables {
      var data = MadeData(n: 60, p: p, seed: UInt64(table))
      var random = SplitMix64(seed: UInt64(table), stream: 5)
      data.target = data.rows.map { _ in random.normal() }
      let noise = try StabilitySelection(
        blocks(data), terms: terms(p), ElasticNet(count: p), PathOptions(), request, seed: 1)
      kept.append(Double(noise.kept.count))
      data.target = zip(data.rows, data.target).map { 2 * $0[3] - 2 * $0[11] + $1 }
      let signal = try StabilitySelection(
        blocks(data), terms: terms(p), ElasticNet(count: p), PathOptions(), request, seed: 1)
      #expect(Set(signal.kept).isSuperset(of: [3, 11]))
      #expect(noise.errorRate <= 1 && noise.errorRate > 0.3)
    }
    let mean = kept.reduce(0, +) / Double(tables)
    let variance = kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(tables - 1)
    #expect(mean <= 1 + 2 * (variance / Double(tables)).squareRoot())
  }

  @Test func whatCannotBeIsRefused() throws {
    let data = MadeData(n: 40, p: 6, seed: 5)
    func select(_ blocks: FittedRows, _ change: (inout StabilitySelection.Request) -> Void) throws {
      var request = StabilitySelection.Request()
      change(&request)
      _ = try StabilitySelection(
        blocks, terms: terms(6), ElasticNet(count: 6), PathOptions(), request, seed: 1)
    }
    #expect(throws: StabilityError.tooFewRows) { try select(blocks(data, 3)) { _ in } }
    #expect(throws: StabilityError.tooManyPicked(of: 6)) {
      try select(blocks(data)) { $0.picked = 7 }
    }
    #expect(throws: StabilityError.unreachable) {
      try select(blocks(data)) { $0.errorRate = 0.001 }
    }
  }
}
