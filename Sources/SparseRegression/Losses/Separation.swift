/// Two classes that the columns tell apart without a single error.
///
/// Along a direction Xβ that separates the classes the likelihood of a logistic regression rises without
/// end (Albert & Anderson, 1984): without a penalty there is no fit, and what there is at a small λ is the
/// penalty's. One term that does it alone is most often a leak, found from the range of its values in
/// either class; what several do together shows in the fit.
public struct Separation: Sendable, Equatable {
  /// Terms that separate the classes by themselves, increasing.
  public let terms: [Int]
  /// The first step from which on every linear predictor separates the classes; nil if the last does not.
  public let step: Int?

  init(terms: [Int], step: Int?) { (self.terms, self.step) = (terms, step) }

  /// - Parameters:
  ///   - terms: those to be looked at.
  ///   - rows: all that are fitted.
  /// - Complexity: O(n p), and O(n · support) for the last step and each that separates
  init(_ problem: ColumnsProblem, _ rows: RowStatistics, terms: [Int], path: RegularizationPath) {
    self.terms = terms.filter { Self.separates($0, problem, rows) }
    var first: Int?
    for step in path.points.indices.reversed() {
      let original = path.original(step)
      var eta = [Double](repeating: 0, count: problem.matrix.rows)
      for (column, value) in zip(original.columns, original.values) where value != 0 {
        problem.matrix.add(column, times: value, to: &eta)
      }
      guard Self.areApart(eta, problem.matrix.target) else { break }
      first = step
    }
    step = first
  }

  /// Whether one term separates the classes. Of a declared group only what a member does alone is seen.
  static func separates(_ term: Int, _ problem: ColumnsProblem, _ rows: RowStatistics) -> Bool {
    let matrix = problem.matrix
    return problem.terms[term].members.contains { member, _ in
      switch member {
      case .number(let column): return areApart(matrix.values(ofNumber: column), matrix.target)
      case .levels(let columns):
        return columns.allSatisfy { isPure(matrix.list($0), matrix.target) }
      case .imputed(let value, let missing, _):
        // The mean of the others takes the empty places, so that they lie where it does.
        let made = Coordinates(
          member, rows, standardize: false, intercept: problem.options.intercept)
        var x = matrix.values(ofNumber: value)
        for row in matrix.list(missing) { x[Int(row)] += made.basis[0][1] }
        return areApart(x, matrix.target)
      case .indicated(let value, let missing, _):
        let empty = matrix.list(missing)
        guard isPure(empty, matrix.target) else { return false }
        var isEmpty = [Bool](repeating: false, count: matrix.rows)
        for row in empty { isEmpty[Int(row)] = true }
        let there = isEmpty.indices.filter { !isEmpty[$0] }
        let (x, y) = (matrix.values(ofNumber: value), there.map { matrix.target[$0] })
        return Set(y).count < 2 || areApart(there.map { x[$0] }, y)
      case .group: preconditionFailure("a group has no group for a member")
      }
    }
  }

  /// Whether some rows are of one class.
  private static func isPure(_ rows: ArraySlice<Int32>, _ target: [Double]) -> Bool {
    guard let first = rows.first else { return true }
    return rows.allSatisfy { target[Int($0)] == target[Int(first)] }
  }

  /// Whether all values of one class lie above all of the other.
  static func areApart(_ x: [Double], _ target: [Double]) -> Bool {
    var (low, high) = (SIMD2(repeating: Double.infinity), SIMD2(repeating: -Double.infinity))
    for (value, label) in zip(x, target) {
      let place = label == 1 ? 1 : 0
      low[place] = min(low[place], value)
      high[place] = max(high[place], value)
      // Most columns tell so in their first rows.
      if high[0] >= low[1] && high[1] >= low[0] { return false }
    }
    return high[0] < low[1] || high[1] < low[0]
  }
}
