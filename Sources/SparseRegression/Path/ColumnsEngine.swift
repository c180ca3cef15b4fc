/// The engine for wide data: the columns are kept, and few of them are looked at.
///
/// Each fit solves for the terms that it watches, by the same solvers as the moments engine. The others
/// are screened against its residual; what pulls harder than its price is watched from then on, and the
/// fit is solved again, until none does. So the optimality conditions hold over all terms, and with them
/// the duality gap. All fits are at the same λ, so that one reading of a column serves them all.
struct ColumnsEngine: PathEngine {
  let family = Family.gaussian
  private let problem: ColumnsProblem
  /// The fit to all rows, then one a fold.
  private var fits: [ColumnsFit]
  private var screens: [Screen]
  private let design: Design
  private var exclusions: [RegularizationPath.Exclusion?]
  private let targetCorrelations: [Double]
  private let threads: Int
  private var epoch: UInt16 = 0
  let foldWeights: [Double]
  let lambdaMax: Double

  /// Terms a screen.
  private static let stretch = 512
  /// After so many epochs all terms are looked at, so that the bounds are fresh and the past is let go.
  private static let mostEpochs: UInt16 = 24

  /// - Throws: ``PathError``
  init(
    _ matrix: ColumnMatrix, _ plan: CrossValidation.Plan?, _ terms: [Term],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    precondition(penalty.factors.count == terms.count, "one penalty factor a term")
    let problem = ColumnsProblem(matrix, terms, penalty, options)
    let filled = matrix.blocks.indices.filter { !matrix.blocks[$0].isEmpty }
    let folds = plan?.folds(of: filled.count) ?? []
    var parts: [(blocks: [Int], test: Int?)] = [(filled, nil)]
    parts += folds.map { fold in (fold.training.map { filled[$0] }, filled[fold.test]) }
    let made = concurrentMap(parts.count, threads: threads) { [parts] index in
      Result { () throws(PathError) in
        try ColumnsFit(problem, blocks: parts[index].blocks, test: parts[index].test)
      }
    }
    var fits: [ColumnsFit] = []
    for fit in made { fits.append(try fit.get()) }
    foldWeights = folds.map { fold in
      matrix.blocks[filled[fold.test]].reduce(0) { $0 + matrix.weights[$1] }
    }

    let statistics = fits.map(\.rows)
    let starts = Array(stride(from: 0, to: terms.count, by: Self.stretch))
    var measured = concurrentMap(starts.count, threads: threads) { index in
      let start = starts[index]
      var firstFit: [BlockSummary] = []
      let screen = Screen(
        start..<min(start + Self.stretch, terms.count), of: problem, statistics: statistics,
        firstFit: &firstFit)
      return (screen: screen, firstFit: firstFit)
    }
    screens = measured.map(\.screen)
    var everyRow = statistics[0]
    everyRow.take(measured.flatMap(\.firstFit), of: terms)
    measured = []
    for (column, number) in everyRow.numbers.enumerated()
    where !number.mean.isFinite || !number.comoment.isFinite { throw .overflow(column: column) }
    let design = Design(
      everyRow, columns: matrix.width, target: matrix.numbers, terms,
      standardize: options.standardize, intercept: options.intercept)
    var exclusions: [RegularizationPath.Exclusion?] = design.exclusions(penalty)
    let candidates = terms.indices.filter { exclusions[$0] == nil }
    let likeness = Likeness(
      problem, fits[0].rows, target: fits[0].residual, screens, threads: threads)
    targetCorrelations = terms.indices.map { min(1, likeness.projections[$0, 0]) }
    let standIns = Twins.find(
      design, penalty, among: candidates, projections: likeness.projections,
      overlap: likeness.overlap)
    for (term, standIn) in standIns.enumerated() {
      if let standIn { exclusions[term] = .twin(of: standIn) }
    }
    for term in terms.indices where exclusions[term] != nil {
      screens[term / Self.stretch].exclude(term)
    }
    let unpenalized = candidates.filter { penalty.factors[$0] == 0 && exclusions[$0] == nil }
    concurrently(&fits, threads: threads) { _, fit in fit.fitNull(unpenalized) }
    for (index, fit) in fits.enumerated() {
      for term in unpenalized { screens[term / Self.stretch].exclude(term, from: index) }
      for term in fit.dependent where index == 0 { exclusions[term] = .dependent }
    }
    (self.problem, self.fits, self.design) = (problem, fits, design)
    (self.exclusions, self.threads) = (exclusions, threads)

    // The first look, at the null model, tells where the path begins.
    for index in self.fits.indices { self.fits[index].mark(forgets: true) }
    _ = Self.look(
      problem, self.fits, &screens, lambda: .infinity, epoch: 0, all: true, threads: threads)
    let largest = screens.reduce(0) { max($0, $1.largestPull) }
    lambdaMax =
      max(largest / max(penalty.alpha, 1e-3), .ulpOfOne) * self.fits[0].targetScale
  }

  var isTall: Bool { fits[0].rows.rows >= design.count }
  var isBounded: Bool { problem.penalty.isBounded }

  /// - Complexity: O(terms · fits), O(n · fits) for each term that is looked at, and what the fits need.
  mutating func advance(to lambda: Double) -> PathStep {
    var waiting = [Bool](repeating: true, count: fits.count)
    while waiting.contains(true) {
      let isWaiting = waiting
      concurrently(&fits, threads: threads) { index, fit in
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
    let refreshes = epoch + 1 == Self.mostEpochs
    epoch = refreshes ? 0 : epoch + 1
    for index in fits.indices { fits[index].mark(forgets: refreshes) }
    let found = Self.look(
      problem, fits, &screens, lambda: lambda, epoch: epoch, all: refreshes, threads: threads)
    var terms = [[Int]](repeating: [], count: fits.count)
    var isViolated = [Bool](repeating: false, count: fits.count)
    for stretch in found {
      for (fit, some) in stretch.enumerated() {
        terms[fit] += some.map(\.term)
        isViolated[fit] = isViolated[fit] || some.contains { $0.isViolator }
      }
    }
    for (fit, new) in terms.enumerated() {
      for term in new { screens[term / Self.stretch].exclude(term, from: fit) }
    }
    let new = terms
    concurrently(&fits, threads: threads) { index, fit in
      if !new[index].isEmpty { fit.watch(new[index]) }
    }
    return isViolated
  }

  private static func look(
    _ problem: ColumnsProblem, _ fits: [ColumnsFit], _ screens: inout [Screen], lambda: Double,
    epoch: UInt16, all: Bool, threads: Int
  ) -> [[[Screen.Found]]] {
    let vectors = InterleavedVectors(fits.map(\.weightedResidual))
    let now = concurrentMap(fits.count, threads: threads) { fits[$0].screened(lambda) }
    let (bounds, statistics) = (Screen.Bounds(now), fits.map(\.rows))
    var work = screens.map { (screen: $0, found: [[Screen.Found]]()) }
    screens = []
    concurrently(&work, threads: threads) { _, one in
      one.found = one.screen.look(
        problem, statistics, vectors, now: epoch, at: now, bounds, all: all)
    }
    screens = work.map(\.screen)
    return work.map(\.found)
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
