/// Penalties that are concave beyond their price, by straight ones that touch them where the fit stands: the
/// local linear approximation (Zou & Li, 2008).
///
/// The touching penalty lies above the concave one, so that the objective falls with each of its optima. They
/// end where the penalty that touches there has the same optimum: a stationary point. A step minimizes the
/// quadratic that way, where no row is looked at; a gap certifies that the objective itself is stationary, as
/// `ConcaveDescent` has it for least squares. Where the penalty bends is a matter of how the loss does: t in its
/// formulas is v‖b‖, with v the mean curvature of the rows in the null model, as the adaptive rescaling of
/// Breheny & Huang (2011) has it at every step.
extension LossFit {
  /// Whether the penalty of this fit bends.
  var isConcave: Bool { problem.base.options.kind != .lasso && !isRefit }

  private var kind: PenaltyKind { problem.base.options.kind }

  /// Takes the penalty that touches the concave one at some coefficients.
  ///
  /// - Returns: by how much of its price the slope of a coordinate changes at most.
  @discardableResult
  mutating func touch(_ b: [Double]) -> Double {
    let slopes = kind.slopes(b, groups, penalty, lambda, unit: nullCurvature)
    let change = zip(slopes, penalty.slopes).reduce(0) { max($0, abs($1.0 - $1.1)) }
    penalty.slopes = slopes
    solver.take(slopes: slopes)
    return change
  }

  /// Goes on from where the solver ended: to what the quadratic and the penalty as it bends make smallest
  /// around there.
  mutating func followBend(_ tolerance: Double) {
    var largest = 0.0
    for _ in 0..<Self.mostTouches {
      let change = touch(solver.b)
      largest = max(largest, change)
      guard change > max(1e-12, 1e-4 * largest) else { break }
      _ = solver.solve(lambda: lambda, tolerance: tolerance)
    }
  }

  private static var mostTouches: Int { 100 }

  /// Notes the mean curvature of the loss by a linear predictor, where the fit stands.
  mutating func noteCurvature(_ pass: LossPass) {
    guard isConcave else { return }
    let curvature = pass.curvature(request(at: b), threads: 1)
    let own = curvature.pairing.pairs(of: problem.responses).enumerated().filter {
      $0.element.k == $0.element.m
    }
    let sum = own.reduce(0) { sum, pair in
      let weights = curvature.weights[pair.offset]
      return sum + rows.blocks.reduce(0) { $0 + weights[problem.matrix.blocks[$1]].reduce(0, +) }
    }
    nullCurvature = sum / (rows.weight * Double(own.count))
  }

  /// Notes whether the objective is convex on the coordinates that are in, or were at the last λ, however the
  /// penalty bends there.
  ///
  /// - Complexity: O(n · coordinates²)
  mutating func noteConvexity(_ pass: LossPass) {
    guard isConcave && test.isEmpty && isConvex else { return }
    let support = b.indices.filter { b[$0] != 0 }
    let some = Set(support).union(before).sorted()
    before = support
    let places = Set(some.flatMap { gram.coordinates[$0].places }).sorted()
    let working = WorkingGram(
      pass, at: request(at: b), isShared: false, covering: places, exactness: 1, threads: 1)
    let hessian = LossGram(
      working: working, coordinates: gram.coordinates, blocks: rows.blocks, weight: rows.weight)
    let n = some.count
    var lower = hessian.products(some, with: some).flatMap(\.self)
    for (row, j) in some.enumerated() {
      if working.isRedundant {
        // A constant in all classes changes nothing, nor is it bent: what is asked is asked of the others.
        for (column, k) in some[...row].enumerated()
        where gram.coordinates[j].isOfTheSame(gram.coordinates[k]) { lower[row * n + column] += 1 }
      }
      guard penalty.price(j, lambda) > 0 else { continue }
      lower[row * n + row] +=
        penalty.curvature(j, lambda) - nullCurvature * kind.concavity
    }
    isConvex = LinearAlgebra.factorize(&lower, stride: n, count: n)
  }
}
