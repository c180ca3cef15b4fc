import Testing

@testable import SparseRegression

/// Indicators are summed over the rows where they are 1; that is what centred products of all rows give.
@Suite struct IndicatorMomentsTests {
  /// Rows of two numbers and indicators: three levels, one that is always 1, one that is never, one met late,
  /// and one that another repeats.
  private struct Rows {
    var numbers: [[Double]] = []
    var ones: [[Int32]] = []
    var weights: [Double] = []
    static let width = 10

    init(_ n: Int) {
      let data = MadeData(n: n, p: 2, seed: 4, weighted: true)
      for i in 0..<n {
        numbers.append([1e9 + data.rows[i][0], data.rows[i][1], data.target[i]])
        var ones: [Int32] = [Int32(3 + i * i % 3), 6]
        if i > n / 2 { ones.append(8) }
        if i % 5 == 0 { ones += [9, 7] }
        self.ones.append(ones)
        weights.append(data.weights[i])
      }
    }

    func row(_ i: Int) -> [Double] {
      (0..<Self.width).map { column in
        column < 3 ? numbers[i][column] : ones[i].contains(Int32(column)) ? 1 : 0
      }
    }

    func moments(chunkRows: Int = 256, files: NumberFiles? = nil, widensAt: Int? = nil) throws
      -> Moments
    {
      var accumulator = try MomentAccumulator(
        width: widensAt == nil ? Self.width : 4, numbers: 3, in: files, chunkRows: chunkRows)
      for i in numbers.indices {
        if i == widensAt { try accumulator.widen(to: Self.width) }
        accumulator.add(numbers[i], ones: ones[i], weight: weights[i])
      }
      return accumulator.finish()
    }
  }

  @Test(arguments: [1, 7, 64, 256])
  func sumsOfOnesAreCentredProducts(chunkRows: Int) throws {
    let rows = Rows(300)
    var dense = MomentAccumulator(width: Rows.width)
    for i in rows.numbers.indices { dense.add(rows.row(i), weight: rows.weights[i]) }
    let (expected, moments) = (dense.finish(), try rows.moments(chunkRows: chunkRows))
    #expect(moments.rows == 300)
    for j in 0..<Rows.width {
      #expect(isClose(moments.mean[j], expected.mean[j], 1e-12))
      for k in 0..<Rows.width {
        // Beside what sums round off, what the means lose of values that sit at 10⁹.
        let (s, t) = (expected.comoment(j, j).squareRoot(), expected.comoment(k, k).squareRoot())
        let lost =
          .ulpOfOne * expected.weight.squareRoot()
          * (abs(expected.mean[j]) * t + abs(expected.mean[k]) * s)
        #expect(
          abs(moments.comoment(j, k) - expected.comoment(j, k)) <= 1e-12 * s * t + lost, "\(j) \(k)"
        )
        #expect(moments.comoment(j, k) == moments.comoment(k, j))
      }
    }
  }

  @Test func whatIsConstantOrTheSameIsSoExactly() throws {
    let moments = try Rows(300).moments()
    #expect(moments.mean[6] == 1)
    for j in 3..<Rows.width { #expect(moments.comoment(6, j) == 0) }
    #expect(moments.comoment(7, 7) == moments.comoment(7, 9))
    #expect(moments.comoment(9, 9) == moments.comoment(7, 9))
  }

  @Test func aFileHoldsTheSame() throws {
    let rows = Rows(300)
    let held = try rows.moments()
    let filed = try rows.moments(files: scratchFiles)
    #expect(filed.isInFile && !held.isInFile)
    #expect(filed == held)
    #expect(try rows.moments(files: scratchFiles, widensAt: 0) == held)
    let order = [9, 0, 5, 2]
    #expect(try filed.selecting(order, in: scratchFiles) == held.selecting(order))
    #expect(
      TrainingMoments([filed, filed]).comoment(0, 5)
        == TrainingMoments([held, held]).comoment(0, 5))
    // A copy that is changed leaves the file as it is.
    var other = filed
    other.complement(7)
    #expect(filed == held && other != held)
    #expect(throws: RowStore.Failure.self) { try rows.moments(files: noFiles) }
  }

  /// A text that turns out to have too many levels leaves no trace.
  @Test(arguments: [1, 200, 299])
  func whatIsClearedWasNeverThere(last: Int) throws {
    let rows = Rows(300)
    var accumulator = MomentAccumulator(width: Rows.width, numbers: 3, chunkRows: 64)
    var without = MomentAccumulator(width: Rows.width, numbers: 3, chunkRows: 64)
    let gone: Set<Int> = [5, 9]
    for i in rows.numbers.indices {
      let kept = rows.ones[i].filter { !gone.contains(Int($0)) }
      accumulator.add(
        rows.numbers[i], ones: i <= last ? rows.ones[i] : kept, weight: rows.weights[i])
      if i == last { accumulator.clear(gone) }
      without.add(rows.numbers[i], ones: kept, weight: rows.weights[i])
    }
    #expect(accumulator.finish() == without.finish())
  }

  @Test func keptRowsLoseWhatIsCleared() throws {
    let rows = Rows(50)
    var store = RowStore(numbers: 3, limit: .max, noFiles)
    for i in rows.numbers.indices {
      try store.append(blocks: [0], weights: [1], ones: [rows.ones[i]])
    }
    store.clear([6, 9])
    for i in rows.numbers.indices {
      #expect(Array(store.ones(i)) == rows.ones[i].filter { $0 != 6 && $0 != 9 })
    }
  }
}
