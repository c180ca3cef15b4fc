import Testing

@testable import SparseRegression

/// A Gram matrix is the same whether its rows are kept whole or its triangle once.
@Suite struct GramRowsTests {
  @Test func aTriangleHoldsWhatRowsHold() {
    var random = SplitMix64(seed: 3, stream: 1)
    for _ in 0..<20 {
      var size = Int.random(in: 1...9, using: &random)
      let whole = Self.symmetric(40, &random)
      var (rows, triangle) = (
        GramRows(count: size, isTriangle: false), GramRows(count: size, isTriangle: true)
      )
      for _ in 0..<12 {
        if Bool.random(using: &random) && size < 36 {
          let new = Int.random(in: 1...4, using: &random)
          let there = (0..<size).filter { rows.isThere[$0] }
          let products = there.map { j in (size..<size + new).map { whole[j][$0] } }
          rows.extend(by: new, products)
          triangle.extend(by: new, products)
          size += new
        }
        let j = Int.random(in: 0..<size, using: &random)
        guard !rows.isThere[j] else { continue }
        let others = (0..<size).filter { !rows.isThere[$0] }
        triangle.insert(j, others.map { whole[j][$0] }, of: others)
        rows.insert(j, (0..<size).map { whole[j][$0] }, of: Array(0..<size))
      }
      #expect(rows.count == size && triangle.count == size && rows.isThere == triangle.isThere)
      let there = (0..<size).filter { rows.isThere[$0] }
      for j in there {
        for k in 0..<size { #expect(rows[j, k] == whole[j][k] && triangle[j, k] == whole[j][k]) }
      }
      // Both the product as a whole and row by row.
      for count in [1, there.count] {
        var b = [Double](repeating: 0, count: size)
        for j in there.prefix(count) { b[j] = Double.random(in: -1...1, using: &random) }
        let start = (0..<size).map { Double($0) }
        let expected = (0..<size).map { k in
          start[k] - there.reduce(0) { $0 + whole[$1][k] * b[$1] }
        }
        var (one, other) = (start, start)
        #expect(rows.subtractProduct(b, from: &one) == [])
        #expect(triangle.subtractProduct(b, from: &other) == [])
        for k in 0..<size {
          #expect(abs(one[k] - expected[k]) < 1e-12 && abs(other[k] - expected[k]) < 1e-12)
        }
      }
    }
  }

  /// A product takes all of a vector, whether rows were asked for or not, below and above the size from which on
  /// rows are added by another kernel.
  @Test(arguments: [5, 24, 25, 60])
  func aRowThatWasNotPreparedIsMissedByNoProduct(size: Int) {
    var random = SplitMix64(seed: 5, stream: UInt64(size))
    let whole = Self.symmetric(size, &random)
    let b = (0..<size).map { _ in Double.random(in: -1...1, using: &random) }
    let expected = (0..<size).map { k in 1 - (0..<size).reduce(0) { $0 + whole[$1][k] * b[$1] } }
    for isDear in [false, true] {
      var loss = Quadratic(
        Source(matrix: whole, isDear: isDear), diagonal: (0..<size).map { whole[$0][$0] },
        correlation: Array(repeating: 1, count: size))
      for prepared in [[], [2], [2, 0, 4], Array(0..<size)] {
        for j in prepared { loss.prepare(j) }
        for (one, other) in zip(loss.residualCorrelation(b), expected) {
          #expect(abs(one - other) < 1e-12)
        }
        var row = [Double](repeating: 0, count: size)
        loss.addRow(1, times: 2, to: &row)
        for k in 0..<size { #expect(row[k] == 2 * whole[1][k] && loss.gram(1, k) == whole[1][k]) }
        let lower = loss.lowerTriangle(of: [3, 1])
        #expect(lower == [whole[3][3], 0, whole[1][3], whole[1][1]])
      }
    }
  }

  private struct Source: GramSource {
    let matrix: [[Double]]
    let isDear: Bool
    func products(_ some: [Int], with others: [Int]) -> [[Double]] {
      some.map { j in others.map { matrix[j][$0] } }
    }
    func product(_ j: Int, _ k: Int) -> Double { matrix[j][k] }
  }

  private static func symmetric(_ count: Int, _ random: inout SplitMix64) -> [[Double]] {
    var matrix = Array(repeating: [Double](repeating: 0, count: count), count: count)
    for j in 0..<count {
      for k in 0...j {
        matrix[j][k] = .random(in: -1...1, using: &random)
        matrix[k][j] = matrix[j][k]
      }
    }
    return matrix
  }
}
