/// The mean of errors of folds and how far it would be from that of other rows.
///
/// With e_k the error on the test rows of fold k and w_k their weight, the mean is Σ w_k e_k / Σ w_k and its
/// standard error √( Σ w_k (e_k − mean)² / Σ w_k / (K − 1) ). A fold of weight 0, as one of survival times
/// without an event, tells nothing: it has no part in either, whatever its error is (so cv.glmnet), and K is
/// the number of the others.
struct FoldErrors {
  let mean: Double
  let standardError: Double

  /// - Parameters:
  ///   - errors: finite where the weight is positive.
  ///   - weights: one a fold, some of them positive.
  init(_ errors: some Collection<Double>, weights: some Collection<Double>) {
    let told = zip(errors, weights).filter { $0.1 > 0 }
    // A power of two, so that no digit changes; squares of what is left do not overflow.
    let unit = Self.unit(told.reduce(0) { max($0, abs($1.0)) })
    let total = told.reduce(0) { $0 + $1.1 }
    let mean = told.reduce(0) { $0 + $1.1 * ($1.0 / unit) } / total
    let variance = told.reduce(0) {
      $0 + $1.1 * ($1.0 / unit - mean) * ($1.0 / unit - mean)
    }
    self.mean = mean * unit
    standardError = unit * (variance / total / Double(max(1, told.count - 1))).squareRoot()
  }

  private static func unit(_ size: Double) -> Double {
    size.isNormal ? Double(sign: .plus, exponent: size.exponent, significand: 1) : 1
  }
}
