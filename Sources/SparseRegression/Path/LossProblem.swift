/// What all fits of a family to one table have in common.
struct LossProblem: Sendable {
  private(set) var base: ColumnsProblem
  let response: Response
  /// The family, its parameters told from the target where they were left open.
  let family: Family
  let objective: LossPass.Objective
  /// What is added to each linear predictor; empty for nothing.
  let offset: [Double]

  var matrix: ColumnMatrix { base.matrix }
  var responses: Int { objective.responses }
  /// Whether each response has an intercept; a constant says nothing of who survives longer.
  var hasIntercept: Bool { base.options.intercept && family != .cox }

  init(_ base: ColumnsProblem, _ response: Response) {
    (self.base, self.response) = (base, response)
    let matrix = base.matrix
    let target = matrix.target
    offset = response.offset.map { matrix.companion($0) } ?? []
    switch response.family {
    case .binomial: objective = .rows(Binomial(target: target))
    case .multinomial(let classes):
      objective = .rows(Multinomial(target: target.map { Int($0) }, responses: classes))
    case .poisson: objective = .rows(Poisson(target: target, offset: offset))
    case .cox:
      objective = .survival(
        Cox(
          time: target, event: matrix.companion(response.event!), weights: matrix.weights,
          offset: offset, blocks: matrix.blocks))
    case .huber(let delta):
      let huber = Huber(
        target, delta: delta, told: matrix.used.flatMap { target[matrix.blocks[$0]] })
      objective = .rows(huber)
      family = .huber(delta: huber.delta)
      return
    case .gaussian, .multigaussian:
      let others = response.others.map { matrix.companion($0) }
      objective = .rows(
        SquaredErrors(
          target: target.indices.flatMap { row in [target[row]] + others.map { $0[row] } },
          responses: 1 + others.count))
    }
    family = response.family
  }

  /// The same with another penalty.
  func with(_ base: ColumnsProblem) -> LossProblem {
    var other = self
    other.base = base
    return other
  }

  /// What finds the minimum of the quadratic.
  ///
  /// - Parameter isSimple: whether no group can have several coordinates.
  func solver(_ gram: LossGram, isSimple: Bool) -> any SupportSolver {
    let pairing = gram.working.pairing
    if responses > 1 && pairing == .common && !base.penalty.isBounded {
      return ResponseActiveSet(
        gram, alpha: base.penalty.alpha, responses: responses)
    }
    let penalty = ElasticNet(alpha: base.penalty.alpha, count: 0)
    let loss = Quadratic(gram, diagonal: [], correlation: [])
    return isSimple
      ? ActiveSet(loss, penalty, columns: [])
      : GroupActiveSet(
        loss, penalty, groups: [], isOrthonormal: false, responses: responses)
  }

  /// The least value of Σ wᵢ ℓᵢ over the rows of some blocks.
  func least(_ blocks: [Int], _ pass: LossPass) -> Double {
    switch objective {
    case .survival(let cox): cox.least(pass.weights(of: blocks))
    case .rows(let loss):
      blocks.reduce(0) { sum, block in
        matrix.blocks[block].reduce(sum) { $0 + matrix.weights[$1] * loss.least($1) }
      }
    }
  }

  /// Whether a curvature tells how the loss goes on. Survival times share their risk sets, of which a fold
  /// has fewer than the fit whose curvature it takes.
  var isSelfConcordant: Bool {
    guard case .rows(let loss) = objective else { return false }
    return loss.isSelfConcordant
  }

  /// Whether the curvature jumps.
  var hasKinks: Bool {
    guard case .rows(let loss) = objective else { return false }
    return loss.hasKinks
  }

  /// One intercept a response to start from, or as many zeros where the target does not vary.
  func start(_ shares: [Double]) -> [Double] {
    guard hasIntercept, case .rows(let loss) = objective else { return [] }
    return loss.start(shares)
  }

  /// Whether the target has nothing to tell in some rows.
  func isConstant(_ shares: [Double]) -> Bool {
    let rows = shares.indices.filter { shares[$0] > 0 }
    switch objective {
    case .survival(let cox): return !rows.contains { cox.event[$0] == 1 }
    case .rows(let loss as Multinomial):
      return Set(rows.map { loss.target[$0] }).count < loss.responses
    case .rows(let loss as SquaredErrors):
      return (0..<loss.responses).contains { k in
        Set(rows.lazy.map { loss.target[$0 * loss.responses + k] }.prefix { _ in true }).count < 2
      }
    case .rows:
      guard let first = rows.first else { return true }
      return !rows.contains { matrix.target[$0] != matrix.target[first] }
    }
  }

  /// The target, centred and of length 1; zeros where it is no single number.
  func unitTarget(_ rows: RowStatistics) -> [Double] {
    guard responses == 1, family != .cox else {
      return Array(repeating: 0, count: matrix.rows)
    }
    let mean = rows.shares.indices.reduce(0) { $0 + rows.shares[$1] * matrix.target[$1] }
    let deviations = matrix.target.map { $0 - mean }
    let length = rows.inner(deviations, deviations).squareRoot()
    return deviations.map { length > 0 ? $0 / length : 0 }
  }

  /// The least loss that the error on some blocks is told from.
  ///
  /// - Parameters:
  ///   - test: the blocks.
  ///   - fitted: those that were fitted.
  func leastTested(_ test: [Int], _ fitted: [Int], _ pass: LossPass) -> Double {
    // A risk set knows no test rows from others.
    if case .survival = objective { return least(fitted + test, pass) }
    return least(test, pass)
  }

  /// What a fold counts in the mean over folds: its weight; of survival times that of its events.
  func testWeight(_ test: [Int]) -> Double {
    guard case .survival(let cox) = objective else {
      return test.reduce(0) { $0 + matrix.blockWeights[$1] }
    }
    return test.reduce(0) { sum, block in
      matrix.blocks[block].reduce(sum) { $0 + matrix.weights[$1] * cox.event[$1] }
    }
  }
}
