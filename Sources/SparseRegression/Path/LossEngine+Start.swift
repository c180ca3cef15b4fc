/// Where a path begins: the null model, what its rows tell of penalties, and what it must not have in it.
extension LossEngine {
  /// Fits the intercepts, then the unpenalized terms, and looks where the path begins.
  mutating func fitNull(_ live: [Int]) throws(PathError) {
    learn()
    renew()
    settle(0)
    for index in fits.indices { fits[index].noteIntercepts() }
    if problem.base.options.isRelaxed { (bare, refits) = (fits, fits) }
    let factors = problem.base.penalty.factors
    let unpenalized = live.filter { factors[$0] == 0 }
    if !unpenalized.isEmpty {
      watch(fits.map { _ in unpenalized })
      for term in unpenalized { screens.exclude(term) }
      learn()
      settle(0)
      try refuseSeparation(unpenalized)
    }
    let pass = pass
    concurrently(&fits, threads: threads) { _, fit in
      fit.noteNull()
      fit.noteCurvature(pass)
    }
    let options = problem.base.options
    if options.adaptive != nil || options.weakness != nil { try weigh(options, live) }
    let alpha = max(problem.base.penalty.alpha, 1e-3)
    let least = max(
      PathOptions.leastPull * self.fits[0].nullObjective.squareRoot(), .leastNormalMagnitude)
    if watchesAll {
      watch(
        fits.map { fit in
          live.filter { factors[$0] > 0 && fit.problem.base.factors[$0].isFinite }
        })
      learn()
      lambdaMax = max(fits[0].largestPull(alpha), least)
    } else {
      markEpoch(forgets: true)
      _ = look(at: .infinity, all: true)
      lambdaMax = max(screens.largestPull / alpha, least)
    }
  }

  /// Gives each fit the factors that its own rows tell: those of an initial fit to the pulls of the null
  /// model, which is a Newton step from there with a curvature that is the same in all rows; of several
  /// responses one to the pulls of each.
  private mutating func weigh(_ options: PathOptions, _ live: [Int]) throws(PathError) {
    let (fits, base) = (fits, problem.base)
    let pulls = pass.pulls(fits.map { $0.request(at: $0.b) })
    let made = concurrentMap(fits.count, threads: threads) { index in
      let dependent = fits[index].dependentTerms
      let targets = pulls[index].map { zip($0, base.matrix.weights).map { $0 / $1 } }
      return Result { () throws(PathError) -> [Double?] in
        guard let adaptive = options.adaptive else { return base.terms.map { _ in 1 } }
        return try base.weights(
          adaptive, fits[index].rows, targets: targets, live.filter { !dependent.contains($0) })
      }
    }
    var weights: [[Double?]] = []
    for one in made { weights.append(try one.get()) }
    let penalties = base.penalty.weighed(by: weights, options.weakness)
    let penalized = live.filter { base.penalty.factors[$0] > 0 }
    problem = problem.with(base.screening(penalties[0]))
    if !watchesAll { screens.take(penalties, problem.base, penalized) }
    for term in penalized where !penalties[0].factors[term].isFinite {
      exclusions[term] = .shutOut
    }
    for (index, penalty) in penalties.enumerated() { self.fits[index].take(penalty) }
  }

  /// Refuses terms without a penalty that separate two classes: their coefficients would grow for ever.
  private func refuseSeparation(_ unpenalized: [Int]) throws(PathError) {
    guard problem.family == .binomial else { return }
    for fit in fits where fit.isNearlySaturated {
      let eta = pass.predictors(0..<problem.matrix.rows, fit.request(at: fit.b))
      let rows = eta.indices.filter { fit.rows.shares[$0] > 0 }
      guard
        Separation.areApart(
          rows.map { eta[$0] - (problem.offset.isEmpty ? 0 : problem.offset[$0]) },
          rows.map { problem.matrix.target[$0] })
      else { continue }
      throw .separated(
        term: unpenalized.first { Separation.separates($0, problem.base, fits[0].rows) })
    }
  }
}
