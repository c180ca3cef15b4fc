/// What residuals pull at terms, the products that a screen looks at.
extension Screen {
  /// For each of some terms and each vector v, X'v / W, or its length for a group; one row of
  /// `vectors.stride` a term, four numbers at a time.
  ///
  /// - Parameter fit: whose scales are meant; nil where each vector has a fit of its own, that of its lane.
  func signedPulls(
    _ run: ArraySlice<Int>, _ problem: ColumnsProblem, _ statistics: [RowStatistics],
    _ vectors: InterleavedVectors, ofFit fit: Int?
  ) -> [SIMD4<Double>] {
    let term = run.first!
    let matrix = problem.matrix
    let quads = vectors.stride / 4
    guard case .number = problem.terms[term] else {
      let pulls = oddPulls(term, problem, statistics, vectors) {
        fit ?? $0 % (4 * self.quads)
      }
      return (0..<quads).map { quad in
        var four = SIMD4<Double>.zero
        for v in 4 * quad..<min(4 * quad + 4, pulls.count) { four[v % 4] = pulls[v] }
        return four
      }
    }
    var pulls = matrix.productQuads(run.lazy.map { problem.terms[$0].number }, vectors)
    for (index, term) in run.enumerated() {
      let start = (term &- terms.lowerBound) &* self.quads
      for quad in 0..<quads {
        pulls[index &* quads &+ quad] *=
          fit.map { SIMD4(repeating: self[term, $0]) } ?? scale[start &+ quad % self.quads]
      }
    }
    return pulls
  }

  /// The length over responses of what ``signedPulls(_:_:_:_:ofFit:)`` gives where each fit has a vector a response;
  /// of a single response as it is, with its sign.
  func lengths(_ pulls: [SIMD4<Double>], terms count: Int) -> [SIMD4<Double>] {
    let stride = count > 0 ? pulls.count / count : 0
    guard stride > quads else { return pulls }
    var lengths: [SIMD4<Double>] = []
    lengths.reserveCapacity(count * quads)
    for start in Swift.stride(from: 0, to: pulls.count, by: stride) {
      for quad in 0..<quads {
        var square = SIMD4<Double>.zero
        for place in Swift.stride(from: start + quad, to: start + stride, by: quads) {
          square += pulls[place] * pulls[place]
        }
        lengths.append(square.squareRoot())
      }
    }
    return lengths
  }

  /// The same for one term that is not just a number; one entry a vector.
  ///
  /// - Parameter fitOf: the fit of a vector.
  private func oddPulls(
    _ term: Int, _ problem: ColumnsProblem, _ statistics: [RowStatistics],
    _ vectors: InterleavedVectors, _ fitOf: (Int) -> Int
  ) -> [Double] {
    let matrix = problem.matrix
    switch problem.terms[term] {
    case .number: preconditionFailure("a number has one product")
    case .imputed(let value, let missing, _):
      let products = matrix.products([value], vectors)
      let rows = matrix.list(missing)
      return (0..<vectors.count).map { v in
        let fit = fitOf(v)
        guard fit < statistics.count else { return 0 }
        return (products[v] + fill[place(term, fit)] * vectors.sum(rows, of: v)) * self[term, fit]
      }
    case .levels(let columns):
      return (0..<vectors.count).map { v in
        let fit = fitOf(v)
        guard fit < statistics.count, self[term, fit] != 0 else { return 0 }
        return self[term, fit] * levelPull(columns, matrix, statistics[fit], vectors, v)
      }
    case .indicated, .group:
      let columns = problem.terms[term].columns
      let products = columns.map { rawProducts($0, matrix, vectors) }
      return (0..<vectors.count).map { v in
        let fit = fitOf(v)
        guard fit < statistics.count, self[term, fit] != 0 else { return 0 }
        let basis = bases[term]?[fit] ?? problem.coordinates(term, statistics[fit]).basis
        let square = basis.reduce(0.0) { sum, weights in
          let product = columns.indices.reduce(0) { $0 + weights[$1] * products[$1][v] }
          return sum + product * product
        }
        return self[term, fit] * square.squareRoot()
      }
    }
  }

  /// X'v of a raw column, number or indicator, for each vector.
  private func rawProducts(_ column: Int, _ matrix: ColumnMatrix, _ vectors: InterleavedVectors)
    -> [Double]
  {
    if column < matrix.numbers { return matrix.products([column], vectors) }
    let rows = matrix.list(column)
    return (0..<vectors.count).map { vectors.sum(rows, of: $0) }
  }

  /// The projection on disjoint indicators: Σ over levels of (Σ wᵢ rᵢ)² / (W Σ wᵢ). The intercept, which
  /// they span as well, takes nothing, since residuals are centred.
  private func levelPull(
    _ columns: [Int], _ matrix: ColumnMatrix, _ rows: RowStatistics,
    _ vectors: InterleavedVectors, _ v: Int
  ) -> Double {
    columns.reduce(0.0) { sum, column in
      let list = matrix.list(column)
      let product = vectors.sum(list, of: v)
      let share = list.reduce(0) { $0 + rows.shares[Int($1)] }
      return share > 0 ? sum + product * product / share : sum
    }.squareRoot()
  }
}

extension Term {
  /// The column of a number.
  fileprivate var number: Int {
    guard case .number(let column) = self else { preconditionFailure("not a number") }
    return column
  }
}
