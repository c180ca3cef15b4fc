/// The engine for wide data: the columns are kept, and few of them are looked at.
///
/// Each fit solves for the terms that it watches, by the same solvers as the moments engine. The others
/// are screened against its residual; what pulls harder than its price is watched from then on, and the
/// fit is solved again, until none does. So the optimality conditions hold over all terms, and with them
/// the duality gap. All fits are at the same λ, so that one reading of a column serves them all.
struct ColumnsEngine: PathEngine {
  let family = Family.gaussian
  /// With the penalty of the fit to all rows.
  private var problem: ColumnsProblem
  /// The fit to all rows, then one a fold.
  private var fits: [ColumnsFit]
  private var screens: Screens
  private let design: Design
  private var exclusions: [RegularizationPath.Exclusion?]
  private let targetCorrelations: [Double]
  private let threads: Int
  let partitions: Partitions
  let foldWeights: [Double]
  private(set) var lambdaMax: Double

  /// Each costs a residual for each fit, and a product with it at each look.
  private static let mostEpochs = 24

  /// - Throws: ``PathError``
  init(
    _ matrix: ColumnMatrix, _ plan: CrossValidation.Plan?, _ terms: [Term],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    precondition(penalty.factors.count == terms.count, "one penalty factor a term")
    let problem = ColumnsProblem(matrix, terms, penalty, options)
    let filled = matrix.used
    partitions = plan?.partitions(of: filled.map { matrix.blocks[$0].count }) ?? .empty
    var parts: [(blocks: [Int], test: [Int])] = [(filled, [])]
    parts += partitions.folds.map { fold in
      (fold.training.map { filled[$0] }, fold.test.map { filled[$0] })
    }
    let made = concurrentMap(parts.count, threads: threads) { [parts] index in
      Result { () throws(PathError) in
        try ColumnsFit(problem, blocks: parts[index].blocks, test: parts[index].test)
      }
    }
    var fits: [ColumnsFit] = []
    for fit in made { fits.append(try fit.get()) }
    foldWeights = parts.dropFirst().map { part in
      part.test.reduce(0) { sum, block in
        matrix.blocks[block].reduce(sum) { $0 + matrix.weights[$1] }
      }
    }

    let statistics = fits.map(\.rows)
    var everyRow = statistics[0]
    screens = Screens(problem, statistics, everyRow: &everyRow, threads: threads)
    for (column, number) in everyRow.numbers.enumerated()
    where !number.mean.isFinite || !number.comoment.isFinite { throw .overflow(column: column) }
    let design = Design(
      everyRow, columns: matrix.width, target: matrix.numbers, terms,
      standardize: options.standardize, intercept: options.intercept)
    let found = screens.excludeTwins(
      problem, fits[0].rows, design, target: fits[0].residual)
    targetCorrelations = found.targetCorrelations
    var exclusions = found.exclusions
    let unpenalized = terms.indices.filter { penalty.factors[$0] == 0 && exclusions[$0] == nil }
    concurrently(&fits, threads: threads) { _, fit in fit.fitNull(unpenalized) }
    for (index, fit) in fits.enumerated() {
      for term in unpenalized { screens.exclude(term, from: index) }
      for term in fit.dependent where index == 0 { exclusions[term] = .dependent }
    }
    (self.problem, self.fits, self.design, lambdaMax) = (problem, fits, design, 0)
    (self.exclusions, self.threads) = (exclusions, threads)
    if options.adaptive != nil || options.weakness != nil { try weigh(options) }

    // The first look, at the null model, tells where the path begins.
    for index in self.fits.indices { self.fits[index].mark(0, forgets: true) }
    _ = Self.look(
      self.problem, self.fits, &screens, lambda: .infinity, epoch: 0, all: true, threads: threads)
    lambdaMax =
      max(screens.largestPull / max(penalty.alpha, 1e-3), PathOptions.leastPull)
      * self.fits[0].targetScale
  }

  /// Gives each fit the factors that its own rows tell.
  private mutating func weigh(_ options: PathOptions) throws(PathError) {
    let (fits, problem) = (fits, problem)
    let live = exclusions.indices.filter { exclusions[$0] == nil }
    let made = concurrentMap(fits.count, threads: threads) { index in
      Result { () throws(PathError) -> [Double?] in
        guard let adaptive = options.adaptive else { return problem.terms.map { _ in 1 } }
        return try problem.weights(
          adaptive, fits[index].rows, targets: [fits[index].target], unit: fits[index].targetScale,
          live.filter { !fits[index].dependent.contains($0) })
      }
    }
    var weights: [[Double?]] = []
    for one in made { weights.append(try one.get()) }
    let penalties = problem.penalty.weighed(by: weights, options.weakness)
    let penalized = live.filter { problem.penalty.factors[$0] > 0 }
    self.problem = problem.screening(penalties[0])
    screens.take(penalties, self.problem, penalized)
    for term in penalized where !penalties[0].factors[term].isFinite {
      exclusions[term] = .shutOut
    }
    for (index, penalty) in penalties.enumerated() { self.fits[index].take(penalty) }
  }

  var isTall: Bool { fits[0].rows.rows >= design.count }
  var holdsSigns: Bool { problem.penalty.holdsSigns }

  /// - Complexity: O(terms · fits), O(n · fits) for each term that is looked at, and what the fits need.
  mutating func advance(to lambda: Double) -> PathStep {
    var waiting = [Bool](repeating: true, count: fits.count)
    while waiting.contains(true) {
      let isWaiting = waiting
      concurrently(&fits, threads: threads, problem.options.progress) { index, fit in
        if isWaiting[index] { fit.solve(lambda) }
      }
      waiting = letIn(at: lambda)
    }
    return PathStep(fits)
  }

  /// Looks at what the bounds do not clear, and lets in what asks.
  ///
  /// - Returns: for each fit, whether it is to be solved again.
  private mutating func letIn(at lambda: Double) -> [Bool] {
    let (epoch, all) = screens.nextEpoch(fits[0].epochCount, most: Self.mostEpochs)
    for index in fits.indices { fits[index].mark(Int(epoch), forgets: all) }
    let found = Self.look(
      problem, fits, &screens, lambda: lambda, epoch: epoch, all: all, threads: threads)
    let terms = found.map { $0.map(\.term) }
    for (fit, new) in terms.enumerated() {
      for term in new { screens.exclude(term, from: fit) }
    }
    concurrently(&fits, threads: threads) { index, fit in
      if !terms[index].isEmpty { fit.watch(terms[index]) }
    }
    return found.map { $0.contains { $0.isViolator } }
  }

  private static func look(
    _ problem: ColumnsProblem, _ fits: [ColumnsFit], _ screens: inout Screens, lambda: Double,
    epoch: UInt16, all: Bool, threads: Int
  ) -> [[Screen.Found]] {
    screens.look(
      problem, fits.map(\.rows), InterleavedVectors(fits.map(\.weightedResidual)), epoch: epoch,
      at: concurrentMap(fits.count, threads: threads) { fits[$0].screened(lambda) }, all: all)
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    var exclusions = exclusions
    for term in fits[0].dependentTerms { exclusions[term] = .dependent }
    let scale = design.targetScale
    return RegularizationPath(
      points: points, design: design, penalty: problem.penalty, exclusions: exclusions,
      targetCorrelations: targetCorrelations, rows: fits[0].rows.rows,
      nullDeviance: scale * scale, family: .gaussian)
  }
}
