/// The lasso path at its knots: the λ where a column enters or leaves. Between two of them every
/// coefficient is linear in λ, so that these solutions are the whole path.
public struct ExactPath: Sendable {
  /// What changes at a knot; terms, increasing.
  public struct Change: Sendable, Equatable {
    /// Zero at the knot, and not below it.
    public var entered: [Int] = []
    /// Zero from the knot on down.
    public var left: [Int] = []
  }

  /// Where the path ends.
  public enum End: Sendable, Equatable {
    /// At λ = 0: least squares or, where columns outnumber rows, the limit of the path.
    case zero
    /// Where one more term than allowed would enter.
    case terms
    /// At the most knots that are followed.
    case knots
  }

  /// Its points are the knots and, unless it ends before, λ = 0.
  public let path: RegularizationPath
  /// One entry a point.
  public let changes: [Change]
  public let end: End

  /// Fits the exact path, from moments.
  ///
  /// - Parameters:
  ///   - blocks: moments of disjoint sets of rows, of the predictors and, last, the target.
  ///   - terms: as for ``PathFit``, each of a single coefficient.
  ///   - penalty: with α = 1.
  ///   - options: its grid is not looked at.
  ///   - mostTerms: the path ends where more of them would be in.
  ///   - mostKnots: a path of p columns may have (3^p + 1) / 2 lines (Mairal & Yu, 2012), though those of
  ///     data have a few p; 100 (p + 10) if nil.
  /// - Throws: ``PathError``; ``PathError/group(term:)`` for a term of several coefficients.
  /// - Complexity: O(p · support) a knot.
  public init(
    _ blocks: [Moments], terms: [Term]? = nil, _ penalty: ElasticNet, _ options: PathOptions,
    mostTerms: Int? = nil, mostKnots: Int? = nil
  ) throws(PathError) {
    let terms = terms ?? (0..<blocks[0].width - 1).map { .number($0) }
    let problem = try MomentsProblem(
      TrainingMoments(blocks), terms, penalty, options, twins: nil)
    let (design, live) = (problem.design, problem.live)
    for term in live where design.coordinates[term].count > 1 { throw .group(term: term) }
    let columns = live.map { design.coordinates[$0].lowerBound }
    let termOf = Dictionary(uniqueKeysWithValues: zip(columns, live))
    let gap = DualityGap(
      loss: problem.loss, penalty: problem.penalty, groups: columns.map { $0..<$0 + 1 })
    var homotopy = Homotopy(
      problem.loss, problem.penalty, columns: columns, start: problem.nullCoefficients)
    var (points, changes) = ([RegularizationPath.Point](), [Change]())
    func note(_ lambda: Double, _ b: [Double]) {
      let g = homotopy.residualCorrelation(b)
      points.append(
        problem.point(
          lambda * design.targetScale, b, g,
          Outcome(gap: gap(b, g, lambda: lambda), isDirect: true)))
    }
    var end = End.zero
    let most = (terms: mostTerms ?? .max, knots: mostKnots ?? 100 * (live.count + 10))
    while let knot = homotopy.next() {
      note(knot.lambda, knot.b)
      options.progress?(.fitting, .parts(points.count, of: most.knots))
      changes.append(
        Change(entered: knot.entered.map { termOf[$0]! }, left: knot.left.map { termOf[$0]! }))
      if homotopy.active.count > most.terms { end = .terms }
      if points.count >= most.knots { end = .knots }
      if end != .zero { break }
    }
    if end == .zero {
      note(0, homotopy.end())
      changes.append(Change())
    }
    path = problem.path(points, dependent: [])
    (self.changes, self.end) = (changes, end)
  }
}
