/// What the factors of an adaptive penalty are multiplied by, in the rows of one fit.
extension ColumnsFit {
  /// For each term that takes part, its weight.
  ///
  /// - Parameter live: the terms that take part, unpenalized ones included, which are fitted already.
  /// - Throws: ``PathError``
  /// - Complexity: O(n p min(n, p))
  func weights(_ adaptive: AdaptiveWeights, _ live: [Int]) throws(PathError) -> [Double?] {
    var (coordinates, ranges) = ([LocalCoordinate](), [(term: Int, places: Range<Int>)]())
    for term in live where !dependent.contains(term) {
      let made = problem.coordinates(term, rows)
      guard !made.isConstant else { continue }
      let first = coordinates.count
      coordinates += made.basis.indices.map { LocalCoordinate(term, made, $0, problem, rows) }
      ranges.append((term, first..<coordinates.count))
    }
    let isPenalized = ranges.flatMap { range in
      range.places.map { _ in problem.factors[range.term] > 0 }
    }
    let b = try initial(adaptive.initial, coordinates, isPenalized)
    var weights = [Double?](repeating: nil, count: problem.terms.count)
    for (term, places) in ranges {
      let square = places.reduce(0) { $0 + b[$1] * b[$1] }
      weights[term] = adaptive.weight(square.squareRoot())
    }
    return weights
  }

  /// The coefficients of the initial fit; those of unpenalized coordinates may be anything.
  private func initial(
    _ initial: AdaptiveWeights.Initial, _ coordinates: [LocalCoordinate], _ isPenalized: [Bool]
  ) throws(PathError) -> [Double] {
    let (p, spent) = (coordinates.count, problem.options.intercept ? 1 : 0)
    guard min(p, rows.rows) <= InitialFit.most else { throw .tooLargeToWeigh }
    if initial == .leastSquares && p + spent >= rows.rows { throw .noLeastSquares }
    guard p <= rows.rows else { return byRows(coordinates, isPenalized) }
    let gram = ColumnsGram(rows: rows, coordinates: coordinates)
    let products = gram.products(Array(0..<p), with: Array(0..<p)).flatMap(\.self)
    let weighted = rows.weighted(target)
    let sum = weighted.reduce(0, +)
    let correlation = coordinates.map { gram.product($0, weighted, sum: sum) }
    switch initial {
    case .leastSquares:
      guard let b = InitialFit.leastSquares(gram: products, correlation: correlation) else {
        throw .noLeastSquares
      }
      return b
    case .ridge:
      return InitialFit.ridge(
        gram: products, correlation: correlation, norm: rows.inner(target, target),
        isPenalized: isPenalized, rows: rows.rows, spent: spent)
    }
  }

  /// Ridge where there are fewer rows than coordinates. Unpenalized coordinates are taken off the others
  /// and off the target first (Frisch & Waugh, 1933).
  private func byRows(_ coordinates: [LocalCoordinate], _ isPenalized: [Bool]) -> [Double] {
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
      let rest = taken(off: vector(coordinate.values(problem.matrix)))
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
        let x = vector(coordinates[index].values(problem.matrix))
        trace += LinearAlgebra.dot(x, x)
        chunk += taken(off: x)
      }
      LinearAlgebra.addGram(of: chunk, count: some.count, width: n, to: &kernel)
    }
    LinearAlgebra.mirror(&kernel, count: n)
    let a = InitialFit.ridge(
      kernel: kernel, target: taken(off: vector(target)), coordinates: penalized.count,
      trace: trace, spent: unpenalized.count + (problem.options.intercept ? 1 : 0))
    var b = [Double](repeating: 1, count: coordinates.count)
    for index in penalized {
      b[index] = LinearAlgebra.dot(vector(coordinates[index].values(problem.matrix)), a)
    }
    return b
  }
}
