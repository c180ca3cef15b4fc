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
    offset = response.offset.map { matrix.values(ofNumber: $0) } ?? []
    switch response.family {
    case .binomial: objective = .rows(Binomial(target: target))
    case .multinomial(let classes):
      objective = .rows(Multinomial(target: target.map { Int($0) }, responses: classes))
    case .poisson: objective = .rows(Poisson(target: target, offset: offset))
    case .cox:
      objective = .survival(
        Cox(time: target, event: matrix.values(ofNumber: response.event!)))
    case .huber(let delta):
      let huber = Huber(target, delta: delta)
      objective = .rows(huber)
      family = .huber(delta: huber.delta)
      return
    case .gaussian, .multigaussian:
      let others = response.others.map { matrix.values(ofNumber: $0) }
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

  /// Whether the third derivative of the loss is bounded by the second, and each row has its own: a curvature
  /// then tells how the loss goes on. Survival times share their risk sets, of which a fold has fewer.
  var isSelfConcordant: Bool {
    switch family {
    case .binomial, .multinomial, .poisson, .multigaussian, .gaussian: true
    case .cox, .huber: false
    }
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

  /// How far the predictions of the blends of a fit and its refit are from rows that these did not see.
  ///
  /// - Parameters:
  ///   - test: their blocks.
  ///   - least: the least loss of the rows that were fitted, and that of ``leastTested(_:_:_:)``.
  ///   - fitted: the rows that were fitted, with their coefficients.
  ///   - refit: the same rows with others; nil for the same.
  ///   - gammas: the shares of the first.
  /// - Returns: one a blend.
  func errors(
    _ test: [Int], least: (fitted: Double, tested: Double), _ fitted: LossPass.Request,
    _ refit: LossPass.Request?, _ gammas: [Double], _ pass: LossPass
  ) -> [Double] {
    let blends = refit.map { refit in gammas.map { fitted.blended($0, with: refit) } } ?? [fitted]
    let errors =
      switch objective {
      case .survival(let cox): errors(cox, test, least: least, blends, pass)
      case .rows(let loss): errors(loss, test, least: least.tested, blends, pass)
      }
    return refit == nil ? gammas.map { _ in errors[0] } : errors
  }

  private func errors(
    _ loss: any RowLoss, _ test: [Int], least: Double, _ blends: [LossPass.Request],
    _ pass: LossPass
  ) -> [Double] {
    if response.metric == .deviance, let sums = pass.losses(test, blends, loss) {
      return sums.map { 2 * ($0 - least) / testWeight(test) }
    }
    let rows = test.flatMap { Array(matrix.blocks[$0]) }
    return blends.map { blend in
      let eta = test.flatMap { pass.predictors(matrix.blocks[$0], blend) }
      if response.metric == .auc {
        return Binomial.oneMinusArea(
          rows.map { matrix.target[$0] }, eta, rows.map { matrix.weights[$0] })
      }
      var sum = 0.0
      for (place, row) in rows.enumerated() {
        let some = eta[place * responses..<(place + 1) * responses]
        sum += matrix.weights[row] * loss.error(row, some, response.metric)
      }
      return sum / testWeight(test)
    }
  }

  /// The deviance of all rows less that of those fitted (van Houwelingen et al., 2006): rows that are tested
  /// are too few to make risk sets of their own. As glmnet has it, the mean weight of either set of rows
  /// is 1.
  private func errors(
    _ cox: Cox, _ test: [Int], least: (fitted: Double, tested: Double),
    _ blends: [LossPass.Request], _ pass: LossPass
  ) -> [Double] {
    let fitted = blends[0].blocks
    let (some, all) = (pass.weights(of: fitted), pass.weights(of: fitted + test))
    func scale(_ blocks: [Int]) -> Double {
      let count = blocks.reduce(0) { $0 + matrix.blocks[$1].count }
      return 2 * Double(count) / blocks.reduce(0) { $0 + matrix.blockWeights[$1] }
    }
    return blends.map { blend in
      let eta = pass.predictors(0..<matrix.rows, blend)
      return
        (scale(fitted + test) * (cox.loss(eta, all) - least.tested)
        - scale(fitted) * (cox.loss(eta, some) - least.fitted)) / testWeight(test)
    }
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
