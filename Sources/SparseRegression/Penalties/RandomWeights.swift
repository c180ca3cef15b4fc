/// What the penalty factors of a training set are multiplied by in a randomized lasso, so that of columns that are
/// alike each has its turn (Meinshausen & Bühlmann, 2010): the inverse of a uniform number in `[least, 1)`, drawn
/// for each term and training set.
struct RandomWeights: Sendable, Equatable {
  /// In `(0, 1)`.
  let least: Double
  let seed: UInt64
  /// The number of the first training set, among all that are drawn for.
  var first = 0

  /// - Parameter fold: the place of the training set among those of an engine.
  func weights(_ count: Int, fold: Int) -> [Double] {
    var random = SplitMix64(seed: seed, stream: 0x6861_6c66_0000 ^ UInt64(first + fold))
    return (0..<count).map { _ in 1 / Double.random(in: least..<1, using: &random) }
  }
}

extension ElasticNet {
  /// The same penalty for a training set.
  ///
  /// - Parameter weights: nil for no change.
  func randomized(_ weights: RandomWeights?, fold: Int) -> ElasticNet {
    guard let weights else { return self }
    return ElasticNet(
      alpha: alpha, exactly: zip(factors, weights.weights(factors.count, fold: fold)).map(*), bounds
    )
  }
}
