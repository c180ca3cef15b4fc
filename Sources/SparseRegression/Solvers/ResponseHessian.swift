/// The Hessian of several responses that only a penalty ties together, by its inverse.
///
/// H = ⊕ₖ Aₖ − V V', with a column of V for each term whose norm bends. By the identity of Sherman, Morrison and
/// Woodbury, H⁻¹ = A⁻¹ + A⁻¹ V (I − V'A⁻¹V)⁻¹ V'A⁻¹.
struct ResponseHessian: Sendable {
  private let rows: Int
  /// Aₖ⁻¹, both halves.
  private let inverses: [[Double]]
  private let bends: [Bend]
  private let bent: Cholesky

  /// A column of V: values for each response in some rows.
  struct Bend: Sendable {
    let rows: Range<Int>
    let values: [[Double]]
  }

  /// - Parameters:
  ///   - grams: Gₖ, `rows × rows`, row-major, the lower triangle; one for all responses, or one each.
  ///   - diagonal: what A has beside G.
  /// - Returns: nil where H is not positive definite, even with a little more on its diagonal.
  /// - Complexity: O(rows³) for each of `grams`, O(responses · rows²)
  init?(grams: [[Double]], diagonal: [Double], bends: [Bend], responses: Int) {
    (rows, self.bends) = (diagonal.count, bends)
    let n = diagonal.count
    // Terms may span the same space; then a little of the identity makes the system solvable, and Newton's method
    // still converges.
    for share in [0, 1e-11, 1e-9, 1e-7] {
      let inverses = grams.compactMap { gram -> [Double]? in
        var whole = gram
        for row in 0..<n {
          for column in 0..<row { whole[column * n + row] = whole[row * n + column] }
          whole[row * n + row] += diagonal[row]
          whole[row * n + row] += share * max(1, whole[row * n + row])
        }
        return LinearAlgebra.inverse(of: whole, count: n)
      }
      guard inverses.count == grams.count else { continue }
      var bent = Cholesky()
      let lower = Self.rest(bends, inverses, n, responses)
      guard bent.reset(lower: lower, count: bends.count) else { continue }
      (self.inverses, self.bent) = (inverses, bent)
      return
    }
    return nil
  }

  /// I − V'A⁻¹V, the lower triangle.
  private static func rest(_ bends: [Bend], _ inverses: [[Double]], _ n: Int, _ responses: Int)
    -> [Double]
  {
    let count = bends.count
    var lower = [Double](repeating: 0, count: count * count)
    for (a, one) in bends.enumerated() {
      for (c, other) in bends[...a].enumerated() {
        var sum = a == c ? 1.0 : 0
        for k in 0..<responses {
          let inverse = inverses[inverses.count == 1 ? 0 : k]
          for (i, row) in one.rows.enumerated() {
            for (j, column) in other.rows.enumerated() {
              sum -= one.values[k][i] * inverse[row &* n &+ column] * other.values[k][j]
            }
          }
        }
        lower[a * count + c] = sum
      }
    }
    return lower
  }

  /// H⁻¹ x, response by response.
  func solve(_ x: [[Double]]) -> [[Double]] {
    var solution = x.enumerated().map { k, x in LinearAlgebra.product(lower: inverse(k), x) }
    let along = bent.solve(
      bends.map { bend in
        bend.values.enumerated().reduce(0) { sum, part in
          zip(bend.rows, part.element).reduce(sum) { $0 + $1.1 * solution[part.offset][$1.0] }
        }
      })
    for k in solution.indices {
      var bending = [Double](repeating: 0, count: rows)
      for (bend, a) in zip(bends, along) {
        for (row, value) in zip(bend.rows, bend.values[k]) { bending[row] += a * value }
      }
      LinearAlgebra.add(
        LinearAlgebra.product(lower: inverse(k), bending), times: 1, to: &solution[k])
    }
    return solution
  }

  private func inverse(_ response: Int) -> [Double] { inverses[inverses.count == 1 ? 0 : response] }
}
