/// What a fit is to others: to the screen that finds its terms, and to the refit of those that are in.
extension LossFit {
  /// The pull times wᵢ / W, of each response.
  var weightedResidual: [[Double]] { residual.map(rows.weighted) }

  /// Makes the pulls of now an epoch; the only one if `forgets`.
  ///
  /// - Parameter pulls: of each response, times wᵢ.
  mutating func mark(_ pulls: [[Double]], forgets: Bool) {
    residual = pulls.map { zip($0, problem.matrix.weights).map { $0 / $1 } }
    if forgets { epochs = [] }
    epochs.append(residual)
  }

  /// How the screen sees this fit at `lambda`.
  func screened(_ lambda: Double) -> Screen.Fit {
    Screen.Fit(
      price: lambda * problem.base.penalty.alpha,
      since: rows.shares(of: epochs, in: residual))
  }

  /// A fit of the terms that are in without a penalty, which starts where the last such fit ended, and with what
  /// was not in there where it is here.
  ///
  /// - Parameters:
  ///   - bare: this fit as it was before it watched any.
  ///   - last: the last such fit.
  ///   - working: its curvature, where all columns are watched.
  func unpenalized(_ bare: LossFit, after last: LossFit, _ working: WorkingGram) -> LossFit {
    var refit = bare
    let support = support
    (refit.isRefit, refit.nullObjective) = (true, nullObjective)
    refit.hasOwnCurvature = last.isRefit && last.hasOwnCurvature
    var curvature = working
    if refit.hasOwnCurvature {
      let wanted = Set(support.flatMap { places(of: $0.term, working.table) } + [0])
      curvature = WorkingGram(
        last.working, working.table, covering: wanted.subtracting(last.working.covered).sorted())
    }
    refit.watch(support.map(\.term), curvature, nil)
    let count = bare.b.count
    let known = Dictionary(uniqueKeysWithValues: last.members.map { ($0.term, $0.coordinates) })
    refit.b = (last.isRefit ? last : self).solution[..<count] + []
    for (term, coordinates) in support {
      if let own = known[term], own.count == coordinates.count {
        refit.b += last.solution[own]
      } else {
        refit.b += solution[coordinates]
      }
    }
    refit.solution = refit.b
    refit.solver.restart(refit.b, refit.gram)
    return refit
  }

  /// The places of the table that its coordinates are of.
  var places: [Int] { Set(gram.coordinates.flatMap(\.places)).union([0]).sorted() }

  private func places(of term: Int, _ table: LossTable) -> [Int] {
    problem.base.terms[term].columns.map { table.place(of: $0) }
  }

  /// Gets to know a wide table where more columns are watched, by itself or by others.
  ///
  /// - Parameter terms: those that it is going to watch itself.
  mutating func makeRoom(_ table: LossTable, for terms: [Int]) {
    let wanted = Set(terms.flatMap { places(of: $0, table) })
    gram.working = WorkingGram(
      gram.working, table, covering: wanted.subtracting(gram.working.covered).sorted())
  }
}
