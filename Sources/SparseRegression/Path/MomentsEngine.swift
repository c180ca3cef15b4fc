/// The engine for tall data: all fits from the moments of the same blocks of rows.
///
/// Rows are gone, and n with them: what a λ costs depends on p and on the support alone.
struct MomentsEngine: PathEngine {
  let family = Family.gaussian
  /// The fit to all rows, then one a fold.
  private var fits: [MomentsFit]
  let partitions: Partitions
  let foldWeights: [Double]
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
    partitions = plan?.partitions(of: blocks.map(\.rows)) ?? .empty
    precondition(
      plan == nil || partitions.foldsEach >= 2, "cross-validation needs two folds")
    let folds = partitions.folds
    let threads = (folds.count + 1) * all.design.count < Self.aloneBelow ? 1 : threads
    let sets = Self.sets(partitions, blocks, threads: threads)
    let made = concurrentMap(folds.count, threads: threads, options.progress, .preparing) { index in
      Result { () throws(PathError) in
        try MomentsFit(
          TrainingMoments(sets[index].training), terms,
          penalty.randomized(options.weakness, fold: index), options,
          twins: all.problem.twins, unit: all.problem.unit, test: TestMoments(sets[index].test))
      }
    }
    fits = [all]
    for fit in made { fits.append(try fit.get()) }
    foldWeights = fits.compactMap { $0.test?.weight }
    (self.penalty, self.options, self.threads) = (penalty, options, threads)
  }

  /// Fits times coordinates below which a λ is solved sooner than a thread wakes up.
  private static let aloneBelow = 256

  /// Folds of several partitions have moments of their own up to so many numbers in all: sums of nine sets
  /// are worked out sooner than sums of the blocks that these are made of.
  private static let mostMerged = 1 << 25

  /// For each fold, the moments that add up to its training rows and to its test rows.
  private static func sets(_ partitions: Partitions, _ blocks: [Moments], threads: Int)
    -> [(training: [Moments], test: [Moments])]
  {
    let (folds, each) = (partitions.folds, partitions.foldsEach)
    let numbers = folds.count * blocks[0].width * blocks[0].width
    guard partitions.count > 1, numbers <= mostMerged, !blocks[0].isInFile else {
      return folds.map { ($0.training.map { blocks[$0] }, $0.test.map { blocks[$0] }) }
    }
    let merged = concurrentMap(folds.count, threads: threads) { index in
      Moments.merged(folds[index].test.map { blocks[$0] })
    }
    return folds.indices.map { index in
      let first = index / each * each
      return ((first..<first + each).filter { $0 != index }.map { merged[$0] }, [merged[index]])
    }
  }

  var lambdaMax: Double { fits[0].problem.lambdaMax * fits[0].design.targetScale }
  var isTall: Bool { fits[0].problem.rows >= fits[0].design.count }
  var holdsSigns: Bool { penalty.holdsSigns }
  var work: Double { fits.reduce(0) { $0 + $1.work } }
  var cells: Int { fits[0].design.count * fits.count }

  /// - Complexity: O(p · support) a fit and change of its support.
  mutating func advance(to lambda: Double) -> PathStep {
    let options = options
    concurrently(&fits, threads: threads, options.progress) { _, fit in
      fit.solve(lambda, options)
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
  private(set) var testErrors: [Double] = []
  private(set) var test: TestMoments?
  private var refit = Refit()

  var design: Design { problem.design }
  var work: Double { solver.work }

  /// - Parameters:
  ///   - twins: those found among all rows; nil to look for them.
  ///   - unit: of the weighed factors of the fit to all rows.
  ///   - test: rows to be predicted.
  init(
    _ moments: TrainingMoments, _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    twins: [Int?]?, unit: Double? = nil, test: TestMoments? = nil
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
    (self.problem, self.test) = (problem, test)
  }

  /// - Parameter lambda: on the scale of the target.
  mutating func solve(_ lambda: Double, _ options: PathOptions) {
    let outcome = solver.solve(
      lambda: lambda / design.targetScale,
      tolerance: options.tolerance * problem.nullObjective)
    var point = problem.point(lambda, solver.b, solver.g, outcome)
    let refitted = options.isRelaxed ? refitted(point, options) : nil
    if test == nil, let refitted {
      point.refit = problem.refit(point, refitted, solver.loss, options.gammas)
    }
    self.point = point
    guard test != nil else { return }
    let raw = design.raw(support: point.support, values: point.values)
    let squares = test!.errors(
      raw, refit: refitted.map { design.raw(support: point.support, values: $0) } ?? raw)
    testErrors = options.gammas.map { squares($0) }
  }

  /// The coefficients of a point's coordinates without a penalty; nil where there are too few rows for
  /// so many.
  private mutating func refitted(_ point: RegularizationPath.Point, _ options: PathOptions)
    -> [Double]?
  {
    let coordinates = point.support.flatMap { Array(design.coordinates[$0]) }
    guard coordinates.count + (options.intercept ? 1 : 0) < problem.rows else { return nil }
    _ = refit.solve(coordinates, solver.loss, problem.penalty)
    return refit.values
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    problem.path(points, dependent: solver.dependent)
  }
}
