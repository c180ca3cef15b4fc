/// The terms among which a rule chooses, once the terms without a penalty are fitted: their Gram matrix
/// and their products with the target, dense.
///
/// With Z the intercept and the unpenalized columns and M = I − Z(Z'Z)⁻¹Z', what remains of the
/// candidates X and of the target y is MX and My. A term has one coordinate or several; within a term
/// they are orthonormal. A term that those before it span (but for a share of 1e-8 of its variance) tells
/// nothing that they do not, and is left out, unless dependence is allowed, as it must be where columns
/// outnumber rows.
struct Candidates: Sendable {
  /// One entry a candidate: its place among all terms.
  let terms: [Int]
  /// For each candidate, its coordinates.
  let groups: [Range<Int>]
  /// G = X'MX / W, `p × p`, both halves; blocks of a term are the identity.
  let gram: [Double]
  /// c = X'My / W, of a target with variance 1.
  var correlation: [Double]
  /// y'My / W
  let targetNorm: Double
  /// One factor and one sign a coordinate.
  let penalty: ElasticNet
  /// Terms that others before them span.
  let dependent: [Int]
  /// The rows of positive weight.
  let rows: Int
  /// The directions of the target that remain: rows less the intercept and the unpenalized columns.
  let freedom: Int

  /// Coordinates.
  var count: Int { correlation.count }

  /// How much of a coordinate's variance must not be explained by those before it.
  static let leastShare = 1e-8

  /// - Parameters:
  ///   - penalty: on terms.
  ///   - allowsDependence: whether terms that others span take part; those that the unpenalized ones span
  ///     never do.
  /// - Complexity: O(p³)
  init(
    _ problem: MomentsProblem, _ penalty: ElasticNet, intercept: Bool,
    allowsDependence: Bool = false
  ) {
    var loss = problem.loss
    loss.prepareAll()
    let design = problem.design
    var (factor, known) = (Cholesky(tolerance: Self.leastShare), [Int]())
    func enters(_ j: Int) -> Bool {
      guard factor.append(known.map { loss.gram(j, $0) }, diagonal: loss.diagonal[j]) else {
        return false
      }
      known.append(j)
      return true
    }
    for term in problem.live where penalty.factors[term] == 0 {
      for j in design.coordinates[term] { _ = enters(j) }
    }
    let (unpenalized, null) = (known, factor)
    var (terms, dependent) = ([Int](), [Int]())
    for term in problem.live where penalty.factors[term] > 0 {
      let group = design.coordinates[term]
      let before = (factor, known)
      let isIn = group.allSatisfy { enters($0) }
      if isIn { terms.append(term) } else { dependent.append(term) }
      if allowsDependence || !isIn { (factor, known) = before }
    }
    (self.terms, self.dependent, rows) = (terms, dependent, problem.rows)
    freedom = problem.rows - (intercept ? 1 : 0) - unpenalized.count

    let coordinates = terms.flatMap { Array(design.coordinates[$0]) }
    var next = 0
    groups = terms.map { term in
      defer { next += design.coordinates[term].count }
      return next..<next + design.coordinates[term].count
    }
    // What the unpenalized columns explain is taken off.
    let fitted = null.solveLower(unpenalized.map { loss.correlation[$0] })
    let explained = coordinates.map { j in null.solveLower(unpenalized.map { loss.gram(j, $0) }) }
    var partial = Partial(
      gram: coordinates.indices.flatMap { a in
        coordinates.indices.map { b in
          loss.gram(coordinates[a], coordinates[b])
            - LinearAlgebra.dot(explained[a], explained[b])
        }
      },
      correlation: coordinates.indices.map { a in
        loss.correlation[coordinates[a]] - LinearAlgebra.dot(explained[a], fitted)
      })
    for group in groups { partial.orthonormalize(group) }
    (gram, correlation) = (partial.gram, partial.correlation)
    targetNorm = max(0, loss.targetNorm - LinearAlgebra.dot(fitted, fitted))
    self.penalty = problem.penalty.selecting(coordinates)
  }
}

/// A Gram matrix and products with a target, on the way.
private struct Partial {
  var gram: [Double]
  var correlation: [Double]

  /// Replaces the coordinates of a group by orthonormal ones, L⁻¹ x for G_gg = L L'.
  mutating func orthonormalize(_ group: Range<Int>) {
    let p = correlation.count
    var factor = Cholesky(tolerance: 0)
    for (place, j) in group.enumerated() {
      let isIn = factor.append(
        (0..<place).map { gram[j * p + group.lowerBound + $0] }, diagonal: gram[j * p + j])
      precondition(isIn, "a group's coordinates are independent")
    }
    for k in 0..<p {
      let column = factor.solveLower(group.map { gram[$0 * p + k] })
      for (place, j) in group.enumerated() { gram[j * p + k] = column[place] }
    }
    for k in 0..<p {
      let row = factor.solveLower(group.map { gram[k * p + $0] })
      for (place, j) in group.enumerated() { gram[k * p + j] = row[place] }
    }
    for (j, value) in zip(group, factor.solveLower(group.map { correlation[$0] })) {
      correlation[j] = value
    }
  }
}

extension ElasticNet {
  /// The penalty on some coordinates alone, factors as they are.
  fileprivate func selecting(_ coordinates: [Int]) -> ElasticNet {
    ElasticNet(
      alpha: alpha, exactly: coordinates.map { factors[$0] }, coordinates.map { bounds[$0] })
  }
}
