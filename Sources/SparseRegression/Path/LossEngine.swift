/// The engine for losses whose curvature changes with the fit.
///
/// All fits, of the whole and of the folds, take their steps together: one pass over the rows tells each of
/// them its loss and its pulls, and one curvature serves them all while it brings them on.
struct LossEngine: PathEngine {
  /// With the penalty of the fit to all rows.
  var problem: LossProblem
  var pass: LossPass
  private var working: WorkingGram
  /// The fit to all rows, then one a fold.
  var fits: [LossFit]
  /// The fits as they were with the intercepts alone, and on a relaxed path those of the terms that are in,
  /// without a penalty.
  var bare: [LossFit] = []
  var refits: [LossFit] = []
  private let design: Design
  var exclusions: [RegularizationPath.Exclusion?]
  private let targetCorrelations: [Double]
  let threads: Int
  var screens: Screens
  private var epoch: UInt16 = 0
  /// How many λ the curvature has served.
  private var age = 0
  /// Products that passes over the rows and curvatures were.
  private var rowWork = 0.0
  /// Whether all terms are watched from the start.
  let watchesAll: Bool
  let partitions: Partitions
  let foldWeights: [Double]
  var lambdaMax: Double

  /// Up to so many coefficients all columns are watched: looking which to watch would cost more. Of several responses
  /// also where the rows are many more than these: one curvature then serves all fits.
  private static let alwaysWatched = 400
  /// After so many epochs all terms are looked at, so that the bounds are fresh and the past is let go.
  private var mostEpochs: UInt16 { UInt16(max(4, 24 / problem.responses)) }

  /// - Throws: ``PathError``
  init(
    _ matrix: ColumnMatrix, _ response: Response, _ plan: CrossValidation.Plan?, _ terms: [Term],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    precondition(penalty.factors.count == terms.count, "one penalty factor a term")
    let problem = LossProblem(ColumnsProblem(matrix, terms, penalty, options), response)
    let filled = matrix.used
    partitions = plan?.partitions(of: filled.map { matrix.blocks[$0].count }) ?? .empty
    var parts: [(blocks: [Int], test: [Int])] = [(filled, [])]
    parts += partitions.folds.map { fold in
      (fold.training.map { filled[$0] }, fold.test.map { filled[$0] })
    }
    foldWeights = parts.dropFirst().map { problem.testWeight($0.test) }

    let coefficients = problem.responses * matrix.width
    let watchesAll =
      matrix.width <= Self.alwaysWatched
      && (coefficients <= Self.alwaysWatched || matrix.rows > 4 * coefficients)
    let table = LossTable(matrix, watchesAll: watchesAll, threads: threads)
    let pass = LossPass(
      table: table, objective: problem.objective, offset: problem.offset, threads: threads)
    let nowhere = LossPass.Request(
      blocks: filled, weight: 1,
      beta: Array(repeating: 0, count: table.count * problem.responses))
    let working = WorkingGram(pass, at: nowhere, isShared: true, threads: threads)
    let isSimple = problem.base.isSingle && problem.responses == 1
    let made = concurrentMap(parts.count, threads: threads) { [parts] index in
      Result { () throws(PathError) in
        try LossFit(
          problem, blocks: parts[index].blocks, test: parts[index].test, working, pass,
          isSimple: isSimple)
      }
    }
    var fits: [LossFit] = []
    for fit in made { fits.append(try fit.get()) }

    var everyRow = fits[0].rows
    let statistics = watchesAll ? [everyRow] : fits.map(\.rows)
    screens = Screens(problem.base, statistics, everyRow: &everyRow, threads: threads)
    for (column, number) in everyRow.numbers.enumerated()
    where !number.mean.isFinite || !number.comoment.isFinite { throw .overflow(column: column) }
    let design = Design(
      everyRow, columns: matrix.width, target: matrix.numbers, terms,
      standardize: options.standardize, intercept: options.intercept, standardizesTarget: false)
    let found = screens.excludeTwins(
      problem.base, everyRow, design, target: problem.unitTarget(everyRow))
    (exclusions, targetCorrelations) = (found.exclusions, found.targetCorrelations)
    (self.problem, self.pass, self.working, self.fits) = (problem, pass, working, fits)
    (self.design, self.threads) = (design, threads)
    (self.watchesAll, lambdaMax) = (watchesAll, 0)
    try fitNull(terms.indices.filter { exclusions[$0] == nil })
  }

  var family: Family { problem.family }
  var isTall: Bool { fits[0].rows.rows >= design.count }
  var holdsSigns: Bool { problem.base.penalty.holdsSigns }

  var work: Double { rowWork + (fits + refits).reduce(0) { $0 + $1.solver.work } }
  var cells: Int { problem.matrix.rows * problem.matrix.width * fits.count }

  mutating func advance(to lambda: Double) -> PathStep {
    repeat { settle(lambda, looksAhead: lambda > 0) } while !watchesAll && letIn(at: lambda)
    let hasRefit = refit()
    let (pass, refits) = (pass, refits)
    concurrently(&fits, threads: threads) { index, fit in
      fit.finish(pass, refit: hasRefit[index] ? refits[index] : nil)
    }
    // The fit to all rows comes first, and has none to be tested on.
    let folds = fits.indices.dropFirst()
    let errors = problem.errors(
      of: folds.map { fits[$0].tested(refit: hasRefit[$0] ? refits[$0] : nil) },
      problem.base.options.gammas, pass)
    for (fold, errors) in zip(folds, errors) { fits[fold].testErrors = errors }
    return PathStep(fits)
  }

  /// Fits the terms that are in without a penalty, on a relaxed path; where they are those of before, so
  /// is the fit.
  ///
  /// - Returns: for each fit, whether it was done.
  private mutating func refit() -> [Bool] {
    guard problem.base.options.isRelaxed else { return fits.map { _ in false } }
    let hasRefit = fits.map(\.hasRowsForRefit)
    let changed = fits.indices.filter { hasRefit[$0] && fits[$0].terms != refits[$0].watched }
    guard !changed.isEmpty else { return hasRefit }
    let penalized = (fits, working)
    for index in changed {
      let patience = refits[index].solver.patience
      refits[index] = fits[index].unpenalized(
        bare[index], after: refits[index],
        watchesAll ? working : fits[index].working)
      refits[index].solver.patience = patience
    }
    // The fit to all rows comes first, whose curvature serves all.
    let some = [0] + changed.filter { $0 > 0 }
    fits = some.map { refits[$0] }
    learn()
    settle(0, looksAhead: true)
    for (place, index) in some.enumerated() { refits[index] = fits[place] }
    (fits, working) = penalized
    return hasRefit
  }

  /// Brings all fits to their optimum over the terms that they watch.
  ///
  /// - Parameter looksAhead: whether the last step may go without a pass where it is certain to end near
  ///   enough. Where not all terms are watched, a pass must tell what the others do there.
  mutating func settle(_ lambda: Double, looksAhead: Bool = false) {
    let isConcave = fits[0].isConcave
    let looksAhead = looksAhead && watchesAll && problem.isSelfConcordant && !isConcave
    concurrently(&fits, threads: threads) { _, fit in fit.begin(lambda) }
    // A curvature costs less than a pass for all fits, so all get one half way to where the first looks; of
    // several responses, whose pairs have one each, it costs more, and serves two λ.
    if watchesAll && !fits[0].isDone {
      working.prepare(fits[0].columnsNearby().sorted(), threads: threads)
      fits[0].propose(looksAhead: looksAhead)
      age += 1
      if !fits[0].isDone && (problem.responses == 1 || age > 1) {
        renew(at: fits[0].midway)
      }
    }
    let anticipates = watchesAll && lambda > 0 && !problem.hasKinks && !isConcave
    concurrently(&fits, threads: threads) { _, fit in
      if !fit.isDone { fit.propose(anticipates: anticipates, looksAhead: looksAhead) }
    }
    while true {
      let waiting = fits.indices.filter { !fits[$0].isDone }
      guard !waiting.isEmpty else { return }
      // Beyond what a path may cost there is no λ to finish.
      if isSpent(1.5 * problem.base.options.workShare) {
        for index in waiting { fits[index].stay() }
        return
      }
      problem.base.options.progress?(
        .fitting, .within(fits.count - waiting.count, of: fits.count))
      let answers = pass.run(waiting.map { fits[$0].request() })
      // An exponential and what goes with it is some ten products.
      let eachRow = waiting.count * problem.responses * (2 * pass.table.count + 20)
      rowWork += Double(eachRow) * Double(problem.matrix.rows)
      var answerOf = [Int](repeating: -1, count: fits.count)
      for (place, index) in waiting.enumerated() { answerOf[index] = place }
      let places = answerOf
      concurrently(&fits, threads: threads) { index, fit in
        guard places[index] >= 0 else { return }
        fit.judge(answers[places[index]])
        if !fit.isDone && !fit.isHalving { fit.propose(looksAhead: looksAhead) }
      }
      renewWhereWanted(waiting)
      concurrently(&fits, threads: threads) { index, fit in
        if fit.isStale && !fit.isDone && !fit.isHalving { fit.propose(looksAhead: looksAhead) }
      }
    }
  }

  /// Tells every fit how things are where it stands.
  mutating func learn() {
    let answers = pass.run(fits.map { $0.request(at: $0.b) })
    for (index, answer) in answers.enumerated() { fits[index].learn(answer) }
  }

  // MARK: Which terms are watched

  /// Has each fit watch more terms.
  mutating func watch(_ terms: [[Int]]) {
    var added = pass.table
    for term in terms.joined() {
      for column in problem.base.terms[term].columns { added.add(column) }
    }
    let (table, matrix, columns) = (added, added.matrix, added.columns)
    pass = LossPass(
      table: table, objective: pass.objective, offset: pass.offset, threads: pass.threads)
    let (watchesAll, isScreened) = (watchesAll, !watchesAll && lambdaMax > 0)
    if !watchesAll {
      concurrently(&refits, threads: threads) { _, refit in refit.makeRoom(table, for: []) }
    }
    concurrently(&fits, threads: threads) { index, fit in
      let residual = isScreened ? fit.weightedResidual : []
      if !watchesAll { fit.makeRoom(table, for: terms[index]) }
      fit.watch(
        terms[index], fit.working,
        isScreened
          ? { place, response in
            place == 0
              ? residual[response].reduce(0, +)
              : matrix.dot(columns[place - 1], residual[response])
          } : nil)
    }
  }

  mutating func markEpoch(forgets: Bool) {
    let pulls = pass.pulls(fits.map { $0.request(at: $0.b) })
    for index in fits.indices { fits[index].mark(pulls[index], forgets: forgets) }
  }

  /// Looks at what the bounds do not clear, and lets in what asks.
  ///
  /// - Returns: whether any fit is to be settled again.
  private mutating func letIn(at lambda: Double) -> Bool {
    let refreshes = epoch + 1 == mostEpochs
    epoch = refreshes ? 0 : epoch + 1
    markEpoch(forgets: refreshes)
    let found = look(at: lambda, all: refreshes)
    let terms = found.map { $0.map(\.term) }
    for (fit, new) in terms.enumerated() {
      for term in new { screens.exclude(term, from: fit) }
    }
    if terms.contains(where: { !$0.isEmpty }) { watch(terms) }
    return found.contains { $0.contains { $0.isViolator } }
  }

  mutating func look(at lambda: Double, all: Bool) -> [[Screen.Found]] {
    let fits = fits
    return screens.look(
      problem.base, fits.map(\.rows), InterleavedVectors(fits: fits.map(\.weightedResidual)),
      epoch: epoch, at: concurrentMap(fits.count, threads: threads) { fits[$0].screened(lambda) },
      all: all)
  }

  /// Has the curvature worked out anew where steps bring little: first at the fit to all rows, for all; for
  /// a fit that this does not help, from then on at its own coefficients.
  private mutating func renewWhereWanted(_ waiting: [Int]) {
    let wanting = waiting.filter { fits[$0].wantsCurvature && !fits[$0].isDone }
    guard !wanting.isEmpty else { return }
    if wanting.contains(where: { !fits[$0].hasOwnCurvature && !fits[$0].isFresh }) { renew() }
    renewOwn(wanting.filter { fits[$0].wantsCurvature })
  }

  /// Gives fits the curvature of their own rows and coefficients.
  private mutating func renewOwn(_ some: [Int]) {
    guard !some.isEmpty else { return }
    let (pass, watchesAll) = (pass, watchesAll)
    let pairs = working.pairing.pairs(of: problem.responses).count
    for index in some {
      let products =
        watchesAll && !fits[index].isRefit
        ? fits[index].columnsNearby().count * pass.table.count
        : fits[index].working.covered.count * fits[index].working.covered.count / 2
      rowWork += Patience.dense * Double(products * pairs) * Double(problem.matrix.rows)
    }
    concurrently(&fits, threads: threads) { index, fit in
      guard some.contains(index) else { return }
      let working = WorkingGram(
        pass, at: fit.request(at: fit.b), isShared: false,
        covering: fit.isRefit ? fit.places : watchesAll ? nil : fit.working.covered,
        exactness: fit.exactness, threads: 1)
      if watchesAll && !fit.isRefit { working.prepare(fit.columnsNearby().sorted(), threads: 1) }
      fit.take(working, isOwn: index > 0 || !watchesAll)
    }
  }

  /// Takes the curvature of the fit to all rows, where it stands or elsewhere, for all fits; in a wide table,
  /// where few columns are watched, each takes its own.
  mutating func renew(at coefficients: [Double]? = nil) {
    guard watchesAll else { return renewOwn(Array(fits.indices)) }
    age = 0
    let whole = fits[0]
    working = WorkingGram(
      pass, at: whole.request(at: coefficients ?? whole.b), isShared: true,
      exactness: whole.exactness, threads: threads)
    let nearby = fits.reduce(into: Set<Int>()) { $0.formUnion($1.columnsNearby()) }
    let pairs = working.pairing.pairs(of: problem.responses).count
    rowWork +=
      Patience.dense * Double(nearby.count * pass.table.count * pairs) * Double(problem.matrix.rows)
    working.prepare(nearby.sorted(), threads: threads)
    let working = working
    concurrently(&fits, threads: threads) { _, fit in
      if !fit.hasOwnCurvature { fit.take(working, isOwn: false) }
    }
  }

  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath {
    var exclusions = exclusions
    for term in fits[0].dependentTerms { exclusions[term] = .dependent }
    var path = RegularizationPath(
      points: points, design: design, penalty: problem.base.penalty, exclusions: exclusions,
      targetCorrelations: targetCorrelations, rows: fits[0].rows.rows,
      nullDeviance: fits[0].nullDeviance, family: problem.family)
    guard problem.family == .binomial else { return path }
    let separation = Separation(
      problem.base, fits[0].rows, terms: exclusions.indices.filter { exclusions[$0] == nil },
      path: path)
    if !separation.terms.isEmpty || separation.step != nil { path.separation = separation }
    return path
  }
}
