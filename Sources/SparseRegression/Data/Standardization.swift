/// Centre and scale of each column: what was taken off and divided by before the fit.
///
/// As glmnet has it: the standard deviation divides by W (population, weighted); without an intercept
/// nothing is centred, yet columns are still divided by their centred standard deviation, and the
/// target by √(Σ w y² / W).
public struct Standardization: Sendable, Equatable {
  /// One centre a predictor; zeros without an intercept.
  public var center: [Double]
  /// One scale a predictor, positive; 1 for a constant column and without standardization.
  public var scale: [Double]
  /// Predictors that hold a single value.
  public var isConstant: [Bool]
  /// Centre of the target; zero without an intercept.
  public var targetCenter: Double
  /// Scale of the target, positive; 1 for a target without variation.
  public var targetScale: Double

  /// Reads centre and scale off the moments, whose last column is the target.
  ///
  /// - Complexity: O(p)
  public init(_ moments: Moments, standardize: Bool = true, intercept: Bool = true) {
    precondition(moments.width >= 1 && moments.weight > 0, "no target or no rows")
    let p = moments.width - 1
    func deviation(_ j: Int) -> Double { (moments.comoment(j, j) / moments.weight).squareRoot() }
    isConstant = (0..<p).map { moments.comoment($0, $0) <= 0 }
    center = intercept ? Array(moments.mean[..<p]) : Array(repeating: 0, count: p)
    scale = (0..<p).map { j in
      let s = deviation(j)
      return standardize && s > 0 ? s : 1
    }
    targetCenter = intercept ? moments.mean[p] : 0
    let spread = deviation(p)
    let s =
      intercept ? spread : (spread * spread + moments.mean[p] * moments.mean[p]).squareRoot()
    targetScale = s > 0 ? s : 1
  }
}
