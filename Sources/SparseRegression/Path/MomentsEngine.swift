/// The engine for tall data: all fits from the moments of the same blocks of rows.
///
/// Rows are gone, and n with them: what a λ costs depends on p and on the support alone.
struct MomentsEngine: PathEngine {
  let family = Family.gaussian
  /// The fit to all rows, then one a fold.
  private var fits: [MomentsFit]
  private let targets: [Moments?]
  private let penalty: ElasticNet
  private let options: PathOptions
  private let threads: Int

  /// - Throws: ``PathError``
  init(
    _ blocks: [Moments], _ plan: CrossValidation.Plan?, _ terms: [Term], _ penalty: ElasticNet,
    _ options: PathOptions, threads: Int
  ) throws(PathError) {
    let blocks = blocks.contains { $0.weight > 0 } ? blocks.filter { $0.weight > 0 } : blocks
    let all = try MomentsFit(TrainingMoments(blocks), terms, penalty, options, twins: nil)
    let folds = plan?.folds(of: blocks.count) ?? []
    let threads = (folds.count + 1) * all.design.count < Self.aloneBelow ? 1 : threads
    precondition(plan == nil || folds.count >= 2, "cross-validation needs two folds")
    let made = concurrentMap(folds.count, threads: threads) { index in
      Result { () throws(PathError) in
        try MomentsFit(
          TrainingMoments(folds[index].training.map { blocks[$0] }), terms, penalty, options,
          twins: all.problem.twins, unit: all.problem.unit)
      }
    }
    fits = [all]
    for fit in made { fits.append(try fit.get()) }
    targets = [nil] + folds.map { blocks[$0.test] }
    (self.penalty, self.options, self.threads) = (penalty, options, threads)
  }

  /// Fits times coordinates below which a λ is solved sooner than a thread wakes up.
  private static let aloneBelow = 256

  var lambdaMax: Double { fits[0].problem.lambdaMax * fits[0].design.targetScale }
  var isTall: Bool { fits[0].problem.rows >= fits[0].design.count }
  var isBounded: Bool { penalty.isBounded }
  var foldWeights: [Double] { targets.compactMap { $0?.weight } }

  /// - Complexity: O(p · support) a fit and change of its support.
  mutating func advance(to lambda: Double) -> PathStep {
    let (targets, tolerance) = (targets, options.tolerance)
    concurrently(&fits, threads: threads) { index, fit in
      fit.solve(lambda, tolerance, test: targets[index])
    }
    return PathStep(fits)
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    fits[0].path(points)
  }
}

/// A fit to the rows of some blocks.
private struct MomentsFit: SolvedFit {
  let problem: MomentsProblem
  private var solver: any SupportSolver
  private(set) var point: RegularizationPath.Point?
  private(set) var testError = 0.0

  var design: Design { problem.design }

  /// - Parameters:
  ///   - twins: those found among all rows; nil to look for them.
  ///   - unit: of the weighed factors of the fit to all rows.
  init(
    _ moments: TrainingMoments, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    twins: [Int?]?, unit: Double? = nil
  ) throws(PathError) {
    let problem = try MomentsProblem(moments, terms, penalty, options, twins: twins, unit: unit)
    let groups = problem.live.map { problem.design.coordinates[$0] }
    solver =
      if options.kind != .lasso {
        ConcaveDescent(problem.loss, problem.penalty, options.kind, groups: groups)
      } else if problem.design.isSingle {
        ActiveSet(problem.loss, problem.penalty, columns: groups.map(\.lowerBound))
      } else {
        GroupActiveSet(problem.loss, problem.penalty, groups: groups)
      }
    self.problem = problem
  }

  /// - Parameters:
  ///   - lambda: on the scale of the target.
  ///   - test: rows to be predicted.
  mutating func solve(_ lambda: Double, _ tolerance: Double, test: Moments?) {
    let outcome = solver.solve(
      lambda: lambda / design.targetScale, tolerance: tolerance * problem.nullObjective)
    let point = problem.point(lambda, solver.b, solver.g, outcome)
    self.point = point
    guard let test else { return }
    let raw = design.raw(support: point.support, values: point.values)
    testError = Gaussian.meanSquaredError(
      test, support: raw.columns, beta: raw.values, intercept: raw.intercept)
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    problem.path(points, dependent: solver.dependent)
  }
}
