import Testing

@testable import SparseRegression

@Suite struct UnderstudyTests {
  /// Columns 1 to 5 are copies of column 0 with more and more noise, the third with another sign.
  private func copies(intercept: Bool = true, groups: Int? = nil) -> BothWays {
    var data = BothWays(
      n: 120, numbers: 8, imputed: 1, indicated: 1, factors: 2, weighted: true, seed: 5)
    for i in data.rows.indices {
      for copy in 1...5 {
        let noise = data.rows[i][copy]
        data.rows[i][copy] = (copy == 3 ? -1 : 1) * data.rows[i][0] + 0.1 * Double(copy) * noise
      }
      data.rows[i][6] += 1e6
    }
    return groups.map { data.grouped(by: $0) } ?? data
  }

  /// Of two numbers, about their means.
  private func correlation(_ j: Int, _ k: Int, _ data: BothWays) -> Double {
    let total = data.weights.reduce(0, +)
    func mean(_ value: (Int) -> Double) -> Double {
      data.rows.indices.reduce(0) { $0 + data.weights[$1] * value($1) } / total
    }
    let (a, b) = (mean { data.rows[$0][j] }, mean { data.rows[$0][k] })
    func product(_ j: Int, _ a: Double, _ k: Int, _ b: Double) -> Double {
      mean { (data.rows[$0][j] - a) * (data.rows[$0][k] - b) }
    }
    return product(j, a, k, b) / (product(j, a, j, a) * product(k, b, k, b)).squareRoot()
  }

  private func both(_ data: BothWays, of leads: [Int], isOut: [Bool], intercept: Bool = true)
    throws -> (moments: Understudies, columns: Understudies)
  {
    (
      Understudies(
        data.blocksOfMoments(), terms: data.termsOfMoments, of: leads, isOut: isOut, threads: 2),
      Understudies(
        try data.matrix(intercept: intercept), terms: data.terms, of: leads, isOut: isOut,
        threads: 2)
    )
  }

  @Test(arguments: [true, false])
  func theMostAlikeComeFirst(intercept: Bool) throws {
    let data = copies()
    var isOut = data.terms.map { _ in true }
    (isOut[0], isOut[2], isOut[7]) = (false, false, false)
    let found = try both(data, of: [0, 7], isOut: isOut, intercept: intercept)
    for understudies in [found.moments, found.columns] {
      // The second is kept itself, and the fifth is one too many.
      #expect(understudies[0].map(\.term) == [1, 3, 4])
      for one in understudies[0] {
        #expect(isClose(one.correlation, abs(correlation(0, one.term, data)), 1e-10))
      }
      #expect(understudies[7].isEmpty)
      #expect(understudies[1].isEmpty)
    }
  }

  /// Groups, categoricals and numbers with missing cells: what explains most of all that a term spans.
  @Test(arguments: [2, 3, 5])
  func bothEnginesFindTheSame(groups: Int) throws {
    let data = copies(groups: groups)
    var count = 0
    for lead in data.terms.indices {
      let isOut = data.terms.indices.map { $0 != lead }
      let found = try both(data, of: [lead], isOut: isOut)
      #expect(found.moments[lead].map(\.term) == found.columns[lead].map(\.term))
      count += found.moments[lead].count
      for (one, other) in zip(found.moments[lead], found.columns[lead]) {
        #expect(isClose(one.correlation, other.correlation, 1e-9))
      }
    }
    #expect(count > 0)
  }

  @Test func aGroupStandsInForItsMember() throws {
    var data = copies()
    data.terms = [data.terms[0], .group([data.terms[4], data.terms[7]]), data.terms[6]]
    let found = try both(data, of: [0, 1], isOut: [false, true, true])
    let other = try both(data, of: [1], isOut: [true, false, true])
    for (understudies, others) in [(found.moments, other.moments), (found.columns, other.columns)] {
      #expect(
        understudies[0].contains { $0.term == 1 && $0.correlation >= abs(correlation(0, 4, data)) })
      // One number says nothing of the other half of the group.
      #expect(others[1].isEmpty)
    }
  }

  @Test func nothingIsOut() throws {
    let data = copies()
    let found = try both(data, of: [0, 1], isOut: data.terms.map { _ in false })
    #expect(found.moments[0].isEmpty && found.columns[0].isEmpty)
  }
}
