internal import RealModule

/// How many false columns stability selection keeps at most, on average: the per-family error rate.
///
/// In each of 2B halves of the rows, B complementary pairs, q of p columns are picked; kept is what is
/// picked in a share of π of the halves or more. With θ = q / p, the mean share of a column that is picked
/// no more often than by chance,
///
/// | bound | expected number of such columns that are kept |
/// |---|---|
/// | `mb` (Meinshausen & Bühlmann, 2010) | θq / (2π − 1) |
/// | `unimodal` (Shah & Samworth, 2013, theorem 2) | θq / (2 (2π − 1 − 1/2B)) for π ≤ ¾, 4θq (1 − π + 1/2B) / (1 + 1/B) above |
/// | `r-concave` (the same, equation 8) | p min { D(θ², 2π − 1, B, −½), D(θ, π, 2B, −¼) } |
///
/// D(η, t, N, r) is the largest probability that a variable on 0, 1/N, …, 1 with mean η and r-concave
/// probabilities reaches t. Each is tighter than the one before and supposes more: nothing, or that the
/// shares of pairs in which a column of no use is picked twice have one mode, or that their law and that
/// of single picks fall off as power laws or faster.
public enum StabilityBound: String, Sendable, CaseIterable {
  case meinshausenBuhlmann = "mb"
  case unimodal
  case rConcave = "r-concave"

  /// The bound; infinite where it does not hold, p at most.
  ///
  /// - Parameters:
  ///   - q: columns that are picked in each half.
  ///   - p: columns.
  ///   - threshold: π, in `(1/2, 1]`.
  ///   - pairs: B.
  /// - Complexity: O(B²) for `r-concave`.
  public func errorRate(picked q: Int, of p: Int, threshold: Double, pairs: Int) -> Double {
    precondition(q >= 1 && p >= q && threshold > 0.5 && threshold <= 1 && pairs >= 1)
    let (theta, b) = (Double(q) / Double(p), Double(pairs))
    let expected = theta * Double(q)
    switch self {
    case .meinshausenBuhlmann: return expected / (2 * threshold - 1)
    case .unimodal:
      // The theorem's condition on π.
      guard threshold > 0.5 + min(theta * theta, 0.5 / b + 0.75 * theta * theta) else {
        return .infinity
      }
      if threshold > 0.75 { return 4 * expected * (1 - threshold + 0.5 / b) / (1 + 1 / b) }
      let margin = 2 * threshold - 1 - 0.5 / b
      return margin > 0 ? expected / (2 * margin) : .infinity
    case .rConcave:
      // In how many of the 2B halves a kept column is picked at least.
      let count = Int((2 * b * threshold - 1e-9).rounded(.up))
      let both = ConcaveTail(mean: theta * theta * b, points: pairs, power: -2)
        .probability(of: count - pairs)
      let single = ConcaveTail(mean: 2 * theta * b, points: 2 * pairs, power: -4)
        .probability(of: count)
      return Double(p) * min(both, single)
    }
  }

  /// The most columns that can be picked in each half; nil if already one is too many.
  public func mostPicked(of p: Int, threshold: Double, pairs: Int, errorRate: Double) -> Int? {
    // The bounds grow with q.
    var (low, high) = (0, p)
    while low < high {
      let middle = (low + high + 1) / 2
      let rate = self.errorRate(picked: middle, of: p, threshold: threshold, pairs: pairs)
      if rate <= errorRate { low = middle } else { high = middle - 1 }
    }
    return low > 0 ? low : nil
  }

  /// The smallest threshold, a multiple of 1/2B above ½; nil if none will do.
  public func leastThreshold(picked q: Int, of p: Int, pairs: Int, errorRate: Double) -> Double? {
    (pairs + 1...2 * pairs).lazy.map { Double($0) / Double(2 * pairs) }.first {
      self.errorRate(picked: q, of: p, threshold: $0, pairs: pairs) <= errorRate
    }
  }
}

/// The largest tail that r-concave probabilities on 0 … N with a given mean can have.
///
/// It is reached by probabilities c (a + i)^s on i = 0 … k, s = 1/r, with what is left at k + 1, for some k
/// and a: then the mean says c = (k + 1 − m) / Σ (k + 1 − i)(a + i)^s, and the tail from t on is
/// 1 − c Σ_{i<t} (a + i)^s (Shah & Samworth, 2013, appendix A.4). For each k, a lies between the values for
/// which (a + i)^s on 0 … k + 1 and on 0 … k have the mean m.
private struct ConcaveTail {
  /// m
  let mean: Double
  /// N
  let points: Int
  /// s, negative and even.
  let power: Int

  private func weight(_ a: Double, _ i: Int) -> Double {
    let inverse = 1 / (a + Double(i))
    let square = inverse * inverse
    return power == -2 ? square : square * square
  }

  /// - Returns: 1 where there is no bound.
  func probability(of t: Int) -> Double {
    let first = Int((2 * mean).rounded(.up)) + 1
    guard t >= first, first < points, t <= points else { return 1 }
    let starts = (first...points).map { start(upTo: $0) }
    var largest = 0.0
    for k in max(first, t - 1)..<points {
      largest = max(
        largest, maximum(from: starts[k + 1 - first], to: starts[k - first]) { tail($0, t, k) })
    }
    return min(1, largest)
  }

  /// The a for which (a + i)^s on 0 … k has the mean m; the mean grows with a.
  private func start(upTo k: Int) -> Double {
    var (low, high) = (Double.log(1e-6), Double.log(1e6))
    for _ in 0..<60 {
      let middle = (low + high) / 2
      var (weights, sum) = (0.0, 0.0)
      for i in 0...k {
        let w = weight(.exp(middle), i)
        weights += w
        sum += Double(i) * w
      }
      if sum < mean * weights { low = middle } else { high = middle }
    }
    return .exp((low + high) / 2)
  }

  private func tail(_ a: Double, _ t: Int, _ k: Int) -> Double {
    let below = (0..<t).reduce(0) { $0 + weight(a, $1) }
    let all = (0...k).reduce(0) { $0 + Double(k + 1 - $1) * weight(a, $1) }
    return 1 - (Double(k + 1) - mean) * below / all
  }

  /// The largest value of a function with one maximum, by golden sections of log a.
  private func maximum(from lower: Double, to upper: Double, _ f: (Double) -> Double) -> Double {
    let ratio = (Double(5).squareRoot() - 1) / 2
    var (low, high) = (Double.log(lower), Double.log(upper))
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (atLeft, atRight) = (f(.exp(left)), f(.exp(right)))
    for _ in 0..<40 where high - low > 1e-9 {
      if atLeft > atRight {
        (high, right, atRight) = (right, left, atLeft)
        left = high - ratio * (high - low)
        atLeft = f(.exp(left))
      } else {
        (low, left, atLeft) = (left, right, atRight)
        right = low + ratio * (high - low)
        atRight = f(.exp(right))
      }
    }
    return max(atLeft, atRight, f(lower), f(upper))
  }
}
