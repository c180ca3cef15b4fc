/// What the factors of an adaptive penalty are multiplied by, in the rows of one fit.
extension ColumnsProblem {
  /// For each term that takes part, its weight.
  ///
  /// - Parameters:
  ///   - rows: those of the fit.
  ///   - targets: what the initial fits are to; one value a row. Of several a term has all coefficients.
  ///   - unit: of the targets, if they were divided by one: a fold's own is not to change what a λ means.
  ///   - live: the terms that take part, unpenalized ones included, which are fitted already.
  /// - Throws: ``PathError``
  /// - Complexity: O(n p min(n, p))
  func weights(
    _ adaptive: AdaptiveWeights, _ rows: RowStatistics, targets: [[Double]], unit: Double = 1,
    _ live: [Int]
  ) throws(PathError) -> [Double?] {
    var (coordinates, ranges) = ([LocalCoordinate](), [(term: Int, places: Range<Int>)]())
    for term in live {
      let made = self.coordinates(term, rows)
      guard !made.isConstant else { continue }
      let first = coordinates.count
      coordinates += made.basis.indices.map { LocalCoordinate(term, made, $0, self, rows) }
      ranges.append((term, first..<coordinates.count))
    }
    let isPenalized = ranges.flatMap { range in
      range.places.map { _ in factors[range.term] > 0 }
    }
    let found = try initial(adaptive.initial, rows, targets, coordinates, isPenalized)
    var weights = [Double?](repeating: nil, count: terms.count)
    for (term, places) in ranges {
      let square = found.reduce(0) { sum, b in places.reduce(sum) { $0 + b[$1] * b[$1] } }
      weights[term] = adaptive.weight(unit * square.squareRoot())
    }
    return weights
  }

  /// The coefficients of the initial fit to each target; those of unpenalized coordinates may be anything.
  private func initial(
    _ initial: AdaptiveWeights.Initial, _ rows: RowStatistics, _ targets: [[Double]],
    _ coordinates: [LocalCoordinate], _ isPenalized: [Bool]
  ) throws(PathError) -> [[Double]] {
    let (p, spent) = (coordinates.count, options.intercept ? 1 : 0)
    guard min(p, rows.rows) <= InitialFit.most else { throw .tooLargeToWeigh }
    if initial == .leastSquares && p + spent >= rows.rows { throw .noLeastSquares }
    guard p <= rows.rows else { return byRows(rows, targets, coordinates, isPenalized) }
    let gram = ColumnsGram(rows: rows, coordinates: coordinates)
    let products = gram.products(Array(0..<p), with: Array(0..<p)).flatMap(\.self)
    let correlations = targets.map { target in
      let weighted = rows.weighted(target)
      let sum = weighted.reduce(0, +)
      return coordinates.map { gram.product($0, weighted, sum: sum) }
    }
    switch initial {
    case .leastSquares:
      guard let b = InitialFit.leastSquares(gram: products, correlations: correlations) else {
        throw .noLeastSquares
      }
      return b
    case .ridge:
      return InitialFit.ridge(
        gram: products, correlations: correlations,
        norm: targets.reduce(0) { $0 + rows.inner($1, $1) }, isPenalized: isPenalized,
        rows: rows.rows, spent: spent)
    }
  }

  /// Ridge where there are fewer rows than coordinates. Unpenalized coordinates are taken off the others
  /// and off the targets first (Frisch & Waugh, 1933).
  private func byRows(
    _ rows: RowStatistics, _ targets: [[Double]], _ coordinates: [LocalCoordinate],
    _ isPenalized: [Bool]
  ) -> [[Double]] {
    let fitted = rows.shares.indices.filter { rows.shares[$0] > 0 }
    let roots = fitted.map { rows.shares[$0].squareRoot() }
    func vector(_ values: [Double]) -> [Double] { zip(fitted, roots).map { values[$0] * $1 } }
    var unpenalized: [[Double]] = []
    func taken(off vector: [Double]) -> [Double] {
      var rest = vector
      for _ in 0..<2 {  // twice is enough (Giraud, Langou & Rozložník, 2005)
        for other in unpenalized {
          LinearAlgebra.add(other, times: -LinearAlgebra.dot(other, rest), to: &rest)
        }
      }
      return rest
    }
    for (coordinate, isPenalized) in zip(coordinates, isPenalized) where !isPenalized {
      let rest = taken(off: vector(coordinate.values(matrix)))
      let length = LinearAlgebra.dot(rest, rest).squareRoot()
      if length > 1e-10 { unpenalized.append(rest.map { $0 / length }) }
    }
    let n = fitted.count
    var (kernel, trace) = ([Double](repeating: 0, count: n * n), 0.0)
    let penalized = coordinates.indices.filter { isPenalized[$0] }
    for first in stride(from: 0, to: penalized.count, by: 128) {
      let some = penalized[first..<min(first + 128, penalized.count)]
      var chunk: [Double] = []
      chunk.reserveCapacity(some.count * n)
      for index in some {
        let x = vector(coordinates[index].values(matrix))
        trace += LinearAlgebra.dot(x, x)
        chunk += taken(off: x)
      }
      LinearAlgebra.addGram(of: chunk, count: some.count, width: n, to: &kernel)
    }
    LinearAlgebra.mirror(&kernel, count: n)
    let found = InitialFit.ridge(
      kernel: kernel, targets: targets.map { taken(off: vector($0)) }, coordinates: penalized.count,
      trace: trace, spent: unpenalized.count + (options.intercept ? 1 : 0))
    var b = targets.map { _ in [Double](repeating: 1, count: coordinates.count) }
    for index in penalized {
      let x = vector(coordinates[index].values(matrix))
      for (k, a) in found.enumerated() { b[k][index] = LinearAlgebra.dot(x, a) }
    }
    return b
  }
}

extension ElasticNet {
  /// The penalty of each of some fits, with the unit of the first.
  ///
  /// - Parameters:
  ///   - weights: of each fit; one a term, nil for one that takes no part.
  ///   - random: what those of all but the first, training sets, are multiplied by.
  func weighed(by weights: [[Double?]], _ random: RandomWeights?) -> [ElasticNet] {
    var unit: Double?
    return weights.enumerated().map { fit, own in
      let made = weighed(by: own, unit: unit)
      unit = made.unit
      return fit == 0 ? made.penalty : made.penalty.randomized(random, fold: fit - 1)
    }
  }
}

extension Screens {
  /// Takes penalties that differ from fit to fit.
  ///
  /// - Parameters:
  ///   - penalties: of each fit.
  ///   - common: with the factors that all pulls are held against.
  ///   - live: the terms that are penalized and take part.
  mutating func take(_ penalties: [ElasticNet], _ common: ColumnsProblem, _ live: [Int]) {
    for (index, penalty) in penalties.enumerated() {
      for term in live {
        guard penalty.factors[term].isFinite else {
          exclude(term, from: index)
          continue
        }
        let factor = common.factors[term] / Double(common.terms[term].size).squareRoot()
        reweigh(term, in: index, by: factor / penalty.factors[term])
      }
    }
  }
}

extension ColumnsProblem {
  /// The same with the penalty of the fit to all rows, for screens: where that shuts a term out that other
  /// fits let in, its factor is 1.
  func screening(_ penalty: ElasticNet) -> ColumnsProblem {
    with(penalty, factors: penalty.factors.map { $0.isFinite ? $0 : 1 })
  }
}
