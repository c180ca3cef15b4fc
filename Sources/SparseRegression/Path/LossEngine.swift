/// The engine for losses whose curvature changes with the fit.
struct LossEngine: PathEngine {
  let lambdaMax = 0.0
  let isTall = true
  let isBounded = false
  let foldWeights: [Double] = []

  init(
    _ matrix: ColumnMatrix, _ response: Response, _ plan: CrossValidation.Plan?, _ terms: [Term],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    preconditionFailure()
  }

  mutating func advance(to lambda: Double) -> PathStep { preconditionFailure() }
  func path(_ points: [RegularizationPath.Point]) -> RegularizationPath { preconditionFailure() }
}
