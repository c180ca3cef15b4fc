/// A fit of some family to the rows of some blocks, by proximal Newton steps.
///
/// Around coefficients b with pull g, the loss is nearly the quadratic −g'd + ½ d'G d in the step d, with G
/// = X'WX and W its curvature. The penalized minimum of that, found by the solvers of least squares, is
/// where the next pass over the rows looks; where the objective does not fall, half way there (Lee, Sun &
/// Saunders, 2014). G may be that of a moment ago or of another fit: it sets the pace, g the goal.
struct LossFit: SolvedFit {
  /// With the penalty of this fit.
  private(set) var problem: LossProblem
  let rows: RowStatistics
  /// The blocks to be predicted.
  let test: [Int]
  /// Σ wᵢ min ℓᵢ / W
  let least: Double
  /// What the error on the rows to be predicted is told from.
  let testLeast: Double
  var gram: LossGram
  var solver: any SupportSolver
  /// The terms watched, and the coordinates of each: those of a response one after the other.
  private(set) var members: [(term: Int, coordinates: Range<Int>)] = []
  /// Every group of coordinates: intercepts, then terms.
  private(set) var groups: [Range<Int>] = []
  var penalty: ElasticNet
  /// Where the penalty is concave, the coordinates that were in at the last λ, and whether the objective was
  /// locally convex at every λ so far.
  var before: [Int] = []
  var isConvex = true
  /// Of a row in the null model, where the penalty is concave; else 1.
  var nullCurvature = 1.0

  /// Where the last pass found the fit, and where it looks next.
  var b: [Double] = []
  private(set) var trial: [Double] = []
  private var halvings = 0
  /// Where the first step at this λ would have led, and how far beyond that the last λ ended.
  private(set) var foreseen: [Double] = []
  var surprise: [Double] = []
  /// The outcome at this λ: `b`, or a step ahead of it that needs no pass to be certain of.
  var solution: [Double] = []
  private(set) var solutionValue = 0.0
  /// Whether the curvature is another than that of the last proposal.
  private(set) var isStale = false
  /// The loss, Σ pull · η and the pull of each coordinate at `b`.
  private(set) var value = 0.0
  private(set) var cross = 0.0
  private(set) var gradient: [Double] = []
  private(set) var lambda = 0.0
  private(set) var cost = 0.0
  private(set) var gap = Double.infinity
  private var steps = 0

  /// Whether nothing is left to do at this λ.
  private(set) var isDone = true
  /// Whether a step brought little, so that the curvature should be that of now.
  private(set) var wantsCurvature = false
  /// Whether the curvature is that of this fit's own rows and coefficients.
  var hasOwnCurvature = false
  /// How often the curvature was made anew at this λ.
  private var renewals = 0
  /// Beyond so many the curvature is not what slows the steps, unless it has kinks, or there is no penalty
  /// to hold coefficients back where it is flat.
  private var mostRenewals: Int {
    problem.hasKinks || isRefit ? .max : 2
  }
  /// How much of the curvature is that of the loss where it has kinks, and has none beyond them; the rest is that
  /// of a parabola above the loss. With the first, steps end where the kinks are known; with the other, each step
  /// is sure to bring the loss down.
  private(set) var exactness = 0.0
  /// The loss of the intercepts alone; with the unpenalized terms.
  private(set) var interceptValue = 0.0
  var nullObjective = 1.0

  /// The pull of each row, response by response, where a screen looks.
  var residual: [[Double]] = []
  /// The pulls of each epoch that a term may refer to.
  var epochs: [[[Double]]] = []

  var point: RegularizationPath.Point?
  var testErrors: [Double] = []

  /// A fit ends at this share of the tolerance. For the lasso the gap falls as fast as the error of the
  /// pulls, so that coefficients are as good as it says; with a ridge part it falls as the square of that.
  /// Where few rows are within Huber's squares, the loss is flat, and coefficients are less good.
  private var share: Double {
    if problem.base.penalty.alpha < 1 { return 1e-6 }
    return problem.hasKinks ? 0.05 : 0.5
  }
  /// A step that leaves more than this of the gap asks for the curvature of now; the more pairs of classes that has,
  /// the more steps it is worth.
  private var slow: Double { problem.responses > 6 ? 0.5 : 0.1 }
  /// Steps a λ; what is not reached by then is told by the gap. Where they were taken in vain, the next λ gets half
  /// as many.
  private var mostSteps = 200
  private static let fewestSteps = 20
  /// Steps of a refit. Classes that its columns tell apart for certain have no optimum to step to.
  private static let mostRefitSteps = 30
  /// Whether the fit is one without a penalty, of the terms that another one found.
  var isRefit = false

  /// - Parameter isSimple: whether no group can have several coordinates.
  /// - Throws: ``PathError`` where the target does not vary.
  init(
    _ problem: LossProblem, blocks: [Int], test: [Int], _ working: WorkingGram, _ pass: LossPass,
    isSimple: Bool
  ) throws(PathError) {
    (self.problem, self.test) = (problem, test)
    rows = RowStatistics(problem.matrix, blocks: blocks)
    guard rows.weight > 0, !problem.isConstant(rows.shares) else { throw .constantTarget }
    least = problem.least(blocks, pass) / rows.weight
    testLeast = problem.leastTested(test, blocks, pass)
    gram = LossGram(working: working, coordinates: [], blocks: blocks, weight: rows.weight)
    penalty = ElasticNet(alpha: problem.base.penalty.alpha, count: 0)
    solver = problem.solver(gram, isSimple: isSimple)
    let start = problem.start(rows.shares)
    for response in start.indices {
      gram.coordinates.append(LossCoordinate(interceptOf: response))
    }
    extend(
      start.indices.map { $0..<$0 + 1 }, factors: start.map { _ in 0 },
      bounds: start.map { _ in .free })
    (b, solution) = (start, start)
    solver.restart(b, gram)
  }

  /// Takes another penalty; unpenalized terms stay so.
  mutating func take(_ penalty: ElasticNet) {
    problem = problem.with(problem.base.with(penalty))
  }

  /// Watches more terms.
  ///
  /// - Parameters:
  ///   - working: has a place for each of their columns.
  ///   - pull: X'(pull) / W of a raw column in a response; nil where a pass will tell.
  mutating func watch(_ terms: [Int], _ working: WorkingGram, _ pull: ((Int, Int) -> Double)?) {
    gram.working = working
    var (new, factors) = ([Range<Int>](), [Double]())
    var bounds: [ElasticNet.Bounds] = []
    for term in terms {
      let made = problem.base.coordinates(term, rows)
      guard !made.isConstant else { continue }
      let start = gram.coordinates.count
      let places = problem.base.terms[term].columns.map { working.table.place(of: $0) }
      for response in 0..<problem.responses {
        for index in made.basis.indices {
          let local = LocalCoordinate(term, made, index, problem.base, rows)
          gram.coordinates.append(LossCoordinate(local, places: places, response: response))
          factors.append(problem.base.factors[term])
          bounds.append(problem.base.penalty.bounds[term].inUnits(of: made.basis[index][0]))
        }
      }
      new.append(start..<gram.coordinates.count)
      members.append((term, start..<gram.coordinates.count))
    }
    extend(new, factors: factors, bounds: bounds)
    if let pull {
      for coordinate in gram.coordinates[gradient.count...] {
        gradient.append(
          zip(coordinate.places, coordinate.factors).reduce(0) {
            $0 + $1.1 * pull($1.0, coordinate.response)
          })
      }
    }
  }

  private mutating func extend(
    _ new: [Range<Int>], factors: [Double], bounds: [ElasticNet.Bounds]
  ) {
    let unknown = factors.map { _ in Double.nan }
    let coordinates = NewCoordinates(
      source: gram, diagonal: unknown, correlation: factors.map { _ in 0 }, factors: factors,
      bounds: bounds, groups: new)
    penalty.extend(coordinates)
    groups += new
    solver.extend(coordinates)
    b += factors.map { _ in 0 }
    solution += factors.map { _ in 0 }
  }

  /// The curvature that steps are taken with.
  var working: WorkingGram { gram.working }

  // MARK: Steps

  /// The fit at `b`, or where it looks next.
  func request(at coefficients: [Double]? = nil) -> LossPass.Request {
    let responses = problem.responses
    let values = coefficients ?? trial
    var beta = [Double](repeating: 0, count: gram.working.table.count * responses)
    for (coordinate, value) in zip(gram.coordinates, values) where value != 0 {
      for (place, factor) in zip(coordinate.places, coordinate.factors) {
        beta[place * responses + coordinate.response] += factor * value
      }
    }
    return LossPass.Request(blocks: rows.blocks, weight: rows.weight, beta: beta)
  }

  /// Learns how things are at `b`, without a step.
  mutating func learn(_ answer: LossPass.Answer) {
    (value, cross) = (answer.value, answer.cross)
    let responses = problem.responses
    gradient = gram.coordinates.map { coordinate in
      zip(coordinate.places, coordinate.factors).reduce(0) {
        $0 + $1.1 * answer.pull[$1.0 * responses + coordinate.response]
      }
    }
  }

  /// Goes to another λ; where the penalty is concave, or to the straight one that touches it here.
  mutating func begin(_ lambda: Double) {
    self.lambda = lambda
    if isConcave { touch(b) }
    (cost, steps, wantsCurvature, renewals) = (penaltyCost(b), 0, false, 0)
    gap = dualityGap()
    isDone = gap <= goal
    if isDone { settleHere() }
    foreseen = []
  }

  private mutating func settleHere() { (solution, solutionValue) = (b, value) }

  private var tolerated: Double { problem.base.options.tolerance * nullObjective }
  var goal: Double { max(tolerated * share, 1e-14 * nullObjective) }
  /// The gap of a step ahead falls as the square of the error of coefficients.
  private var goalAhead: Double { max(1e-4 * tolerated, 1e-14 * nullObjective) }

  /// Looks for the next place to look at.
  ///
  /// - Parameters:
  ///   - anticipates: whether the first step at a λ goes on by what the first one at the last λ fell short
  ///     of. Along a path that changes slowly: it is what a quadratic cannot see.
  ///   - looksAhead: whether a step that is certain to end near enough is the last.
  mutating func propose(anticipates: Bool = false, looksAhead: Bool = false) {
    // An upper bound of the length of the working residual; only the solver's own gap depends on it.
    solver.recenter(at: b, gradient: gradient, rest: 100 * (1 + 2 * abs(value - least)))
    let pull: [Double]
    if isRefit && !penalty.isBounded {
      // Without a penalty the quadratic is least squares on all coordinates.
      (trial, pull) = solver.solveFree()
    } else {
      // Far from the goal the quadratic is not worth more digits than it has, where these are dear.
      let spared = spared * min(gap, 1)
      let enough = max(0.1 * goal, spared, 1e-12)
      _ = solver.solve(lambda: lambda, tolerance: enough)
      if isConcave { followBend(enough) }
      (trial, pull) = (solver.b, solver.g)
    }
    (halvings, isStale) = (0, false)
    if !trial.allSatisfy(\.isFinite) {
      stay()
    } else if trial == b {
      isDone = true
      settleHere()
    } else if looksAhead, let certain = gapAhead(pull), certain <= goalAhead {
      (gap, isDone) = (certain, true)
      (solution, solutionValue) = (trial, valueAhead(pull))
    }
    guard anticipates, steps == 0 else { return }
    foreseen = trial
    for (j, more) in surprise.enumerated() where trial[j] * (trial[j] + more) > 0 {
      trial[j] = penalty.bounds[j].clamped(trial[j] + more)
    }
  }

  /// The share of the gap down to which a quadratic is worth solving; least squares is one.
  private var spared: Double {
    problem.responses == 1 || gram.working.pairing == .common ? 0 : 1e-4
  }

  /// Half way to where it looks next: the curvature there is nearly the mean of that on the way.
  var midway: [Double] { zip(b, trial).map { ($0 + $1) / 2 } }

  /// Takes the step, or halves it.
  mutating func judge(_ answer: LossPass.Answer) {
    let newCost = penaltyCost(trial)
    let (before, after) = (value + cost, answer.value + newCost)
    guard after <= before + 1e-13 * (abs(before) + nullObjective) else {
      trial = zip(b, trial).map { ($0 + $1) / 2 }
      halvings += 1
      if halvings >= Self.mostHalvings { stay() }
      return
    }
    steps += 1
    b = trial
    cost = newCost
    learn(answer)
    if isConcave { touch(b) }
    let reached = dualityGap()
    wantsCurvature =
      renewals < mostRenewals && (reached > slow * gap || halvings > 0)
    if problem.hasKinks {
      exactness = halvings == 0 ? 1 - max(1e-8, (1 - exactness) / 10) : max(0, 100 * exactness - 99)
    }
    if halvings > 0 || b != solver.b { solver.restart(b, nil) }
    // Where rounding lets nothing fall any more there is nothing to wait for; of kinks another curvature may
    // know more.
    let isStuck =
      reached <= tolerated && reached > 0.5 * gap && (!wantsCurvature || steps >= 20)
    gap = reached
    halvings = 0
    isDone = gap <= goal || isStuck || steps >= mostSteps
    if steps >= mostSteps { mostSteps = max(Self.fewestSteps, mostSteps / 2) }
    settleHere()
    if isRefit && (steps >= Self.mostRefitSteps || devianceRatio > 0.999) { isDone = true }
  }

  /// Ends where it stands, since no step leads down; the gap tells what that is worth.
  mutating func stay() {
    trial = b
    (halvings, isDone) = (0, true)
    solver.restart(b, nil)
    settleHere()
  }

  private static let mostHalvings = 50

  /// Whether the curvature was made at this λ.
  var isFresh: Bool { renewals > 0 }

  /// Whether the last look was too far.
  var isHalving: Bool { halvings > 0 }

  /// Takes another curvature.
  mutating func take(_ working: WorkingGram, isOwn: Bool) {
    gram.working = working
    solver.restart(solution, gram)
    (wantsCurvature, hasOwnCurvature, isStale) = (false, isOwn, true)
    renewals += 1
  }

  /// Whether little is left of the loss of the intercepts.
  var isNearlySaturated: Bool { value - least < 0.05 * (interceptValue - least) }

  /// Notes where the intercepts alone stand.
  mutating func noteIntercepts() { interceptValue = value }

  /// Notes where the unpenalized terms stand.
  mutating func noteNull() {
    nullObjective = max(
      value - least, PathOptions.leastLeft * abs(value), .leastNormalMagnitude)
  }
}
