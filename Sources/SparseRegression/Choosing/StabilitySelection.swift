internal import RealModule

/// Columns chosen because the lasso picks them again and again: in halves of the rows, the first q columns
/// to enter the path are picked, and kept is what is picked in a share of π of the halves or more
/// (Meinshausen & Bühlmann, 2010), the halves being complementary pairs (Shah & Samworth, 2013).
///
/// Halves are sums of random blocks of rows, so the rows are read once. ``StabilityBound`` bounds how many
/// false columns are kept. Two of q, π and the bound give the third.
public struct StabilitySelection: Sendable, Equatable {
  /// What is asked for; what is nil follows from the others.
  public struct Request: Sendable, Equatable {
    /// Columns picked in each half.
    public var picked: Int?
    /// π, in `(1/2, 1]`.
    public var threshold: Double?
    /// False columns that are kept at most, on average.
    public var errorRate: Double?
    public var bound = StabilityBound.rConcave
    /// B; twice as many halves are fitted.
    public var pairs = 50
    /// In `(0, 1]`. Below 1, penalty factors are divided in each half by random numbers between this and 1
    /// (the randomized lasso), so that of columns that are alike each has its turn.
    public var weakness = 1.0

    public init() {}

    /// π where less than two are given.
    public static let usualThreshold = 0.75
    /// False columns where less than two are given.
    public static let usualErrorRate = 1.0
  }

  /// The two that were asked for, and the third.
  public let picked: Int
  public let threshold: Double
  /// The bound for these, no more than what was asked for.
  public let errorRate: Double
  /// How many halves were fitted.
  public let halves: Int
  /// For each term, the share of the halves in which it was picked.
  public let frequencies: [Double]
  /// Terms, increasing.
  public let kept: [Int]
  /// The terms that could be picked.
  public let candidates: Int

  /// - Parameters:
  ///   - blocks: moments of disjoint random sets of rows, of the predictors and, last, the target; some
  ///     dozens of them, so that halves have little in common.
  ///   - terms: what is selected, over the predictors.
  ///   - penalty: one factor a term. Terms with a factor of 0 are fitted and not chosen.
  ///   - seed: of the halves; the result does not depend on `threads`.
  /// - Throws: ``StabilityError``
  /// - Complexity: 2B lasso paths as far as q columns.
  public init(
    _ blocks: [Moments], terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    _ request: Request, seed: UInt64, threads: Int = 1
  ) throws(StabilityError) {
    let blocks = blocks.filter { $0.weight > 0 }
    guard blocks.count >= 4 else { throw .tooFewRows }
    let all: MomentsProblem
    do throws(PathError) {
      all = try MomentsProblem(
        TrainingMoments(blocks), terms, penalty, options, twins: nil)
    } catch { throw .path(error) }
    let free = all.live.filter { penalty.factors[$0] > 0 }
    guard !free.isEmpty else { throw .noCandidate }
    let settled = try request.settled(among: free.count)
    let (pairs, weakness, q) = (request.pairs, request.weakness, settled.picked)
    let picks = concurrentMap(2 * pairs, threads: threads) { half in
      Result { () throws(PathError) in
        let rows = Self.half(half, of: blocks.count, seed: seed).map { blocks[$0] }
        var random = SplitMix64(seed: seed, stream: 0x6861_6c66_0000 ^ UInt64(half))
        let problem = try MomentsProblem(
          TrainingMoments(rows), terms,
          weakness < 1 ? penalty.weakened(weakness, using: &random) : penalty, options,
          twins: all.twins)
        return problem.firstToEnter(
          q, among: Set(free), isWide: problem.rows < free.count, tolerance: options.tolerance)
      }
    }
    var frequencies = [Double](repeating: 0, count: terms.count)
    for pick in picks {
      let terms: [Int]
      do throws(PathError) { terms = try pick.get() } catch { throw .path(error) }
      for term in terms { frequencies[term] += 1 }
    }
    frequencies = frequencies.map { $0 / Double(2 * pairs) }
    (picked, threshold, errorRate) = settled
    self.frequencies = frequencies
    halves = 2 * pairs
    candidates = free.count
    kept = free.filter { frequencies[$0] >= settled.threshold - 1e-9 }
  }

  /// The blocks of a half, increasing. Halves 0 and 1 are a pair, 2 and 3, and so on: what is not in one
  /// is in the other.
  static func half(_ number: Int, of blocks: Int, seed: UInt64) -> [Int] {
    var random = SplitMix64(seed: seed, stream: 0x7061_6972_0000 ^ UInt64(number / 2))
    let order = (0..<blocks).shuffled(using: &random)
    return (number % 2 == 0 ? order[..<(blocks / 2)] : order[(blocks / 2)...]).sorted()
  }
}

/// Why nothing can be selected.
public enum StabilityError: Error, Equatable {
  case path(PathError)
  /// The rows make fewer than four blocks.
  case tooFewRows
  /// No column is left to choose from.
  case noCandidate
  /// No q, or no π, has so low a bound.
  case unreachable
  /// More columns are to be picked than there are.
  case tooManyPicked(of: Int)
}

extension StabilitySelection.Request {
  /// All three.
  fileprivate func settled(
    among p: Int
  ) throws(StabilityError) -> (picked: Int, threshold: Double, errorRate: Double) {
    func rate(_ q: Int, _ threshold: Double) -> Double {
      bound.errorRate(picked: q, of: p, threshold: threshold, pairs: pairs)
    }
    if let picked {
      guard picked <= p else { throw .tooManyPicked(of: p) }
      if let threshold { return (picked, threshold, rate(picked, threshold)) }
      let wanted = errorRate ?? Self.usualErrorRate
      guard
        let found = bound.leastThreshold(picked: picked, of: p, pairs: pairs, errorRate: wanted)
      else { throw .unreachable }
      return (picked, found, rate(picked, found))
    }
    let (pi, wanted) = (threshold ?? Self.usualThreshold, errorRate ?? Self.usualErrorRate)
    guard let q = bound.mostPicked(of: p, threshold: pi, pairs: pairs, errorRate: wanted) else {
      throw .unreachable
    }
    return (q, pi, rate(q, pi))
  }
}

extension ElasticNet {
  /// Each factor divided by a random number in `[weakness, 1)`.
  fileprivate func weakened(_ weakness: Double, using random: inout SplitMix64) -> ElasticNet {
    ElasticNet(
      alpha: alpha, factors: factors.map { $0 / Double.random(in: weakness..<1, using: &random) },
      bounds: bounds)
  }
}

extension MomentsProblem {
  /// The first terms to enter the path, fewer if it ends before. Of those that enter at one λ the larger
  /// coefficient, for a group its length, comes first, then the first in order.
  fileprivate func firstToEnter(
    _ count: Int, among free: Set<Int>, isWide: Bool, tolerance: Double
  ) -> [Int] {
    let groups = live.map { design.coordinates[$0] }
    var solver: any SupportSolver =
      design.isSingle
      ? ActiveSet(loss, penalty, columns: groups.map(\.lowerBound))
      : GroupActiveSet(loss, penalty, groups: groups)
    var (picked, isPicked) = ([Int](), Set<Int>())
    let grid = LambdaGrid.automatic().resolved(lambdaMax: lambdaMax, isTall: !isWide)
    for lambda in grid {
      _ = solver.solve(lambda: lambda, tolerance: tolerance * nullObjective)
      let norms = live.map { term in
        design.coordinates[term].reduce(0) { $0 + solver.b[$1] * solver.b[$1] }
      }
      let new = zip(live, norms).filter {
        $0.1 > 0 && free.contains($0.0) && !isPicked.contains($0.0)
      }
      for (term, _) in new.sorted(by: { ($1.1, $0.0) < ($0.1, $1.0) }) {
        picked.append(term)
        isPicked.insert(term)
        if picked.count == count { return picked }
      }
    }
    return picked
  }
}
