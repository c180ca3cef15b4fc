/// What a fit is to others: to the screen that finds its terms, and to the refit of those that are in.
extension LossFit {
  /// The pull times wᵢ / W.
  var weightedResidual: [Double] { rows.weighted(residual) }

  /// Makes the pulls of now an epoch; the only one if `forgets`.
  ///
  /// - Parameter pulls: times wᵢ.
  mutating func mark(_ pulls: [Double], forgets: Bool) {
    residual = zip(pulls, problem.matrix.weights).map { $0 / $1 }
    if forgets { epochs = [] }
    epochs.append(residual)
  }

  /// How the screen sees this fit at `lambda`.
  func screened(_ lambda: Double) -> Screen.Fit {
    Screen.Fit(
      price: lambda * problem.base.penalty.alpha,
      since: rows.shares(of: epochs, in: residual))
  }

  /// A fit of the terms that are in without a penalty, which starts where they are.
  ///
  /// - Parameter bare: this fit as it was before it watched any.
  func unpenalized(_ bare: LossFit, _ working: WorkingGram) -> LossFit {
    var refit = bare
    let support = support
    (refit.isRefit, refit.nullObjective) = (true, nullObjective)
    refit.watch(support.map(\.term), working, nil)
    let count = bare.b.count
    refit.b = solution[..<count] + support.flatMap { solution[$0.coordinates] }
    refit.solution = refit.b
    refit.solver.restart(refit.b, refit.gram)
    return refit
  }

  /// Gets to know a wide table where more columns are watched, by itself or by others.
  ///
  /// - Parameter terms: those that it is going to watch itself.
  mutating func makeRoom(_ table: LossTable, for terms: [Int]) {
    let places = Set(terms.flatMap { problem.base.terms[$0].columns.map { table.place(of: $0) } })
    gram.working = WorkingGram(
      gram.working, table, covering: places.subtracting(gram.working.covered).sorted())
  }
}
