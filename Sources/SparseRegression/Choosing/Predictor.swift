/// What a fit predicts for any rows: a linear predictor for each response, in the raw columns as the engine has them.
struct Predictor: Sendable {
  private let responses: [RawCoefficients]

  /// That of a step of a path.
  init(_ path: RegularizationPath, _ step: Int) {
    responses = (0..<path.family.responses).map { path.shifted(step, response: $0) }
  }

  /// How far predictions are from rows, as cross-validation has it, and what that counts.
  ///
  /// - Parameters:
  ///   - test: the blocks of these rows.
  ///   - training: those that were fitted, for risk sets.
  func error(in rows: FittedRows, on test: [Int], of training: [Int]) -> (
    error: Double, weight: Double
  ) {
    switch rows {
    case .moments(let blocks):
      let moments = Moments.merged(test.map { blocks[$0] })
      let only = responses[0]
      return (
        Gaussian.meanSquaredError(
          moments, support: only.columns, beta: only.values, intercept: only.intercept),
        moments.weight
      )
    case .columns(let matrix, let response):
      return error(matrix, response, on: test, of: training)
    }
  }

  private func error(
    _ matrix: ColumnMatrix, _ response: Response, on test: [Int], of training: [Int]
  ) -> (error: Double, weight: Double) {
    let problem = LossProblem(
      ColumnsProblem(matrix, [], ElasticNet(count: 0), PathOptions()), response)
    var table = LossTable(matrix, watchesAll: false, threads: 1)
    for column in responses.flatMap(\.columns) { table.add(column) }
    let pass = LossPass(
      table: table, objective: problem.objective, offset: problem.offset, threads: 1)
    var beta = [Double](repeating: 0, count: table.count * responses.count)
    for (k, predictor) in responses.enumerated() {
      beta[k] = predictor.intercept
      for (column, value) in zip(predictor.columns, predictor.values) {
        beta[table.place(of: column) * responses.count + k] += value
        if column < matrix.numbers { beta[k] += value * matrix.shift[column] }
      }
    }
    let weight = training.reduce(0) { $0 + matrix.blockWeights[$1] }
    let tested = LossProblem.Tested(
      blocks: test,
      least: (
        fitted: problem.least(training, pass), tested: problem.leastTested(test, training, pass)
      ),
      fitted: LossPass.Request(blocks: training, weight: weight, beta: beta), refit: nil)
    return (problem.errors(of: [tested], [1], pass)[0][0], problem.testWeight(test))
  }
}
