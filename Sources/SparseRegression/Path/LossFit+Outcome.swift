/// What a fit found at a λ: coefficients, deviance, errors on the rows that it did not see, and its refit.
extension LossFit {
  /// 1 − deviance / (deviance of the intercepts alone).
  var devianceRatio: Double { ratio(solutionValue) }

  private func ratio(_ value: Double) -> Double {
    let range = interceptValue - least
    return range > 0 ? 1 - (value - least) / range : 0
  }

  var support: [(term: Int, coordinates: Range<Int>)] {
    members.filter { $0.coordinates.contains { solution[$0] != 0 } }.sorted { $0.term < $1.term }
  }

  private var intercepts: [Double] {
    let count = problem.hasIntercept ? problem.responses : 0
    guard count > 0 else { return Array(repeating: 0, count: problem.responses) }
    let intercepts = Array(solution[..<count])
    guard case .multinomial = problem.family else { return intercepts }
    let mean = intercepts.reduce(0, +) / Double(count)
    return intercepts.map { $0 - mean }
  }

  /// Notes the outcome at this λ.
  ///
  /// - Parameter refit: of the terms that are in, on a relaxed path; nil where there is none.
  mutating func finish(_ pass: LossPass, refit: LossFit?) {
    surprise = zip(solution, foreseen).map { $0 * $1 > 0 ? $0 - $1 : 0 }
    let support = support
    noteConvexity(pass)
    var point = RegularizationPath.Point(
      lambda: lambda, support: support.map(\.term),
      groups: support.map(\.coordinates), b: solution,
      devianceRatio: devianceRatio, gap: gap / nullObjective,
      isDirect: gap <= goal, isConvex: isConvex, intercepts: intercepts)
    let gammas = problem.base.options.gammas
    if test.isEmpty, let refit { point.refit = refit.refit(of: self, gammas, pass) }
    self.point = point
  }

  /// What the errors of a fold are told from.
  func tested(refit: LossFit?) -> LossProblem.Tested {
    LossProblem.Tested(
      blocks: test, least: (fitted: least * rows.weight, tested: testLeast),
      fitted: request(at: solution), refit: refit.map { $0.request(at: $0.solution) })
  }

  /// The terms that are in.
  var terms: [Int] { support.map(\.term) }

  /// Whether there are rows enough to fit the terms that are in without a penalty. Of several numbers each has its
  /// own fit to all rows; classes share the rows among them.
  var hasRowsForRefit: Bool {
    var fits = 1
    if case .multigaussian = problem.family { fits = problem.responses }
    let intercepts = problem.hasIntercept ? problem.responses : 0
    return support.reduce(intercepts) { $0 + $1.coordinates.count } < rows.rows * fits
  }

  /// The terms watched.
  var watched: [Int] { members.map(\.term) }

  /// Some coefficients; those of classes, which are determined up to a constant, with mean zero, as a
  /// penalty has them.
  private func centered(_ coordinates: Range<Int>) -> [Double] {
    guard case .multinomial(let classes) = problem.family else {
      return Array(solution[coordinates])
    }
    let rank = coordinates.count / classes
    return coordinates.map { j in
      let first = coordinates.lowerBound + (j - coordinates.lowerBound) % rank
      let sum = stride(from: first, to: coordinates.upperBound, by: rank).reduce(0) {
        $0 + solution[$1]
      }
      return solution[j] - sum / Double(classes)
    }
  }

  /// What this refit of `fit` is on a relaxed path.
  private func refit(of fit: LossFit, _ gammas: [Double], _ pass: LossPass)
    -> RegularizationPath.Point.Refit
  {
    let (one, other) = (fit.request(at: fit.solution), request(at: solution))
    let between = pass.run(gammas.dropLast().map { one.blended($0, with: other) })
    let order = members.sorted { $0.term < $1.term }
    return RegularizationPath.Point.Refit(
      values: order.flatMap { centered($0.coordinates) }, intercepts: intercepts,
      devianceRatios: (between.map(\.value) + [fit.solutionValue]).map { min(1, max(0, ratio($0))) }
    )
  }

  /// Twice the loss of the intercepts alone, above the least.
  var nullDeviance: Double { 2 * (interceptValue - least) }
  /// Terms without a penalty that turned out to be spanned by others.
  var dependentTerms: [Int] {
    members.filter { solver.dependent.isSuperset(of: $0.coordinates) }.map(\.term)
  }
}
