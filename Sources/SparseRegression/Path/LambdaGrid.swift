internal import RealModule

/// The values of λ that a path is computed at, largest first.
public enum LambdaGrid: Sendable, Equatable {
  /// `count` values, evenly spaced in log λ, from the smallest λ that keeps every penalized column out
  /// down to `ratio` of it. Without a ratio: 1e-4, or 1e-2 where there are fewer rows than columns. Such
  /// a grid may stop early, where going on changes nothing.
  case automatic(count: Int = 100, ratio: Double? = nil)
  /// Just these, in `[0, ∞)`. Never cut short.
  case values([Double])

  /// The values, decreasing.
  ///
  /// - Parameters:
  ///   - lambdaMax: where the first column enters.
  ///   - isTall: whether there are at least as many rows as columns.
  func resolved(lambdaMax: Double, isTall: Bool) -> [Double] {
    switch self {
    case .values(let values):
      return Array(Set(values)).sorted(by: >)
    case .automatic(let count, let ratio):
      precondition(count >= 1)
      guard count > 1 else { return [lambdaMax] }
      let last = ratio ?? (isTall ? 1e-4 : 1e-2)
      return (0..<count).map { lambdaMax * .pow(last, Double($0) / Double(count - 1)) }
    }
  }
}
