import Testing

@testable import SparseRegression

@Suite struct MomentsTests {
  /// Two passes in the plainest way: means first, then products of deviations.
  private func direct(_ data: MadeData, where included: (Int) -> Bool = { _ in true })
    -> (weight: Double, mean: [Double], comoment: [[Double]])
  {
    let chosen = (0..<data.n).filter(included)
    let rows = chosen.map { data.rows[$0] + [data.target[$0]] }
    let weights = chosen.map { data.weights[$0] }
    let weight = weights.reduce(0, +)
    let mean = (0...data.p).map { j in
      zip(rows, weights).reduce(0) { $0 + $1.1 * $1.0[j] } / weight
    }
    let comoment = (0...data.p).map { j in
      (0...data.p).map { k in
        zip(rows, weights).reduce(0) {
          $0 + $1.1 * ($1.0[j] - mean[j]) * ($1.0[k] - mean[k])
        }
      }
    }
    return (weight, mean, comoment)
  }

  private func expectEqual(
    _ moments: Moments, _ expected: (weight: Double, mean: [Double], comoment: [[Double]]),
    tolerance: Double = 1e-12
  ) {
    #expect(isClose(moments.weight, expected.weight, tolerance))
    for j in expected.mean.indices {
      #expect(isClose(moments.mean[j], expected.mean[j], tolerance))
      for k in expected.mean.indices {
        #expect(isClose(moments.comoment(j, k), expected.comoment[j][k], tolerance))
      }
    }
  }

  @Test(arguments: [1, 2, 7, 256])
  func accumulationEqualsTheDirectComputation(chunkRows: Int) {
    let data = MadeData(n: 300, p: 5, seed: 1, weighted: true)
    expectEqual(data.moments(chunkRows: chunkRows), direct(data))
  }

  @Test func mergeThenSubtractGivesBothBack() {
    let data = MadeData(n: 200, p: 6, seed: 2, weighted: true)
    let (front, back) = (data.moments { $0 < 70 }, data.moments { $0 >= 70 })
    var whole = front
    whole.merge(back)
    expectEqual(whole, direct(data))
    #expect(whole.rows == 200)
    whole.subtract(back)
    expectEqual(whole, direct(data) { $0 < 70 }, tolerance: 1e-11)
    whole.subtract(front)
    #expect(whole == Moments(width: 7))
  }

  @Test func mergingAllButOneBlockLeavesItsRowsOut() {
    let data = MadeData(n: 90, p: 3, seed: 3)
    let blocks = (0..<5).map { k in data.moments { $0 % 5 == k } }
    expectEqual(.merged(blocks, except: 2), direct(data) { $0 % 5 != 2 })
  }

  @Test func weightOfTwoEqualsARowTwice() {
    var heavy = MadeData(n: 60, p: 4, seed: 4)
    var doubled = heavy
    for i in stride(from: 0, to: 60, by: 3) {
      heavy.weights[i] = 2
      doubled.rows.append(heavy.rows[i])
      doubled.target.append(heavy.target[i])
      doubled.weights.append(1)
    }
    expectEqual(heavy.moments(), direct(doubled))
  }

  @Test func weightOfZeroLeavesNoTrace() {
    var data = MadeData(n: 20, p: 2, seed: 5)
    data.weights[7] = 0
    #expect(data.moments() == data.moments { $0 != 7 })
  }

  /// A column at 10⁹ with deviations of ±1 keeps ten digits of its variance.
  @Test func aColumnFarFromZeroKeepsItsDigits() {
    var accumulator = MomentAccumulator(width: 2)
    for i in 0..<10_001 {
      let deviation = i % 2 == 0 ? 1.0 : -1.0
      accumulator.add([1e9 + deviation, deviation])
    }
    let moments = accumulator.finish()
    let exact = 10_001 - 1.0 / 10_001
    #expect(abs(moments.comoment(0, 0) - exact) <= 1e-10 * exact)
    #expect(abs(moments.comoment(0, 1) - exact) <= 1e-10 * exact)
  }

  @Test func aConstantColumnIsConstantExactlyInEveryMerge() {
    var blocks = (0..<4).map { _ in MomentAccumulator(width: 2, chunkRows: 8) }
    for i in 0..<100 { blocks[i % 4].add([0.1, Double(i)], weight: 1.0 + Double(i % 3) / 3) }
    let moments = blocks.map { $0.finish() }
    for left in 0..<4 { #expect(Moments.merged(moments, except: left).comoment(0, 0) == 0) }
    #expect(Moments.merged(moments).comoment(0, 0) == 0)
  }

  @Test func bytesGiveTheSameMomentsBack() throws {
    let moments = MadeData(n: 30, p: 7, seed: 6, weighted: true).moments()
    let bytes = moments.serialized()
    #expect(try Moments(serialized: bytes) == moments)
    #expect(throws: Moments.DecodingError.unknownFormat) { try Moments(serialized: [1, 2, 3]) }
    #expect(throws: Moments.DecodingError.wrongLength(expected: bytes.count, found: 40)) {
      try Moments(serialized: Array(bytes.prefix(40)))
    }
    var other = bytes
    other[7] = UInt8(ascii: "2")
    #expect(throws: Moments.DecodingError.unknownFormat) { try Moments(serialized: other) }
    var damaged = bytes
    for i in 32..<40 { damaged[i] = 0xFF }  // a mean that is not a number
    #expect(throws: Moments.DecodingError.invalidValue) { try Moments(serialized: damaged) }
  }
}
