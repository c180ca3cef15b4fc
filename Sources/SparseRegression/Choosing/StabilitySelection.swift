internal import RealModule

/// Columns chosen because the lasso picks them again and again: in halves of the rows, the first q columns
/// to enter the path are picked, and kept is what is picked in a share of π of the halves or more
/// (Meinshausen & Bühlmann, 2010), the halves being complementary pairs (Shah & Samworth, 2013).
///
/// Halves are made of random blocks of rows, so the rows are read once, and pairs go down a grid of λ together.
/// ``StabilityBound`` bounds how many false columns are kept. Two of q, π and the bound give the third.
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
  ///   - rows: in disjoint random sets of rows, some dozens of them, so that halves have little in common.
  ///   - terms: what is selected, over the predictors.
  ///   - penalty: one factor a term. Terms with a factor of 0 are fitted and not chosen.
  ///   - seed: of the halves; the result does not depend on `threads`.
  /// - Throws: ``StabilityError``
  /// - Complexity: 2B lasso paths as far as q columns.
  public init(
    _ rows: FittedRows, terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    _ request: Request, seed: UInt64, threads: Int = 1
  ) throws(StabilityError) {
    guard rows.used.count >= 4 else { throw .tooFewRows }
    let pairs = request.pairs
    options.progress?(.stability, .nothing)
    var settled: (picked: Int, threshold: Double, errorRate: Double)?
    var (free, picks) = ([Int](), [[Int]]())
    for first in stride(from: 0, to: pairs, by: Self.pairsAtOnce) {
      let some = first..<min(first + Self.pairsAtOnce, pairs)
      var engine: any PathEngine
      do throws(PathError) {
        engine = try rows.engine(
          Self.plan(some, seed: seed), terms, penalty,
          Self.options(options, request, some, seed: seed), threads: threads)
      } catch { throw .path(error) }
      if settled == nil {
        let exclusions = engine.path([]).exclusions
        free = terms.indices.filter { penalty.factors[$0] > 0 && exclusions[$0] == nil }
        guard !free.isEmpty else { throw .noCandidate }
        settled = try request.settled(among: free.count)
      }
      picks += engine.firstToEnter(
        settled!.picked, among: Set(free), isTall: rows.usedRows.reduce(0, +) >= 2 * free.count)
      options.progress?(.stability, .parts(some.upperBound, of: pairs))
    }
    var counts = [Int](repeating: 0, count: terms.count)
    for term in picks.joined() { counts[term] += 1 }
    (picked, threshold, errorRate) = settled!
    frequencies = counts.map { Double($0) / Double(2 * pairs) }
    halves = 2 * pairs
    candidates = free.count
    kept = free.filter { [threshold, frequencies] in frequencies[$0] >= threshold - 1e-9 }
  }

  /// So many pairs go down the grid together: more would share a look at the columns, too, and need more memory.
  private static let pairsAtOnce = 10

  /// Pairs of halves, each of which is what the other is tested on.
  ///
  /// - Parameter some: which of all pairs.
  static func plan(_ some: Range<Int>, seed: UInt64) -> CrossValidation.Plan {
    var random = SplitMix64(seed: seed, stream: 0x7061_6972_0000 ^ UInt64(some.lowerBound))
    return .repeated(folds: 2, times: some.count, seed: random.next())
  }

  private static func options(
    _ options: PathOptions, _ request: Request, _ some: Range<Int>, seed: UInt64
  ) -> PathOptions {
    var options = options
    (options.grid, options.including, options.gammas) = (.automatic(), nil, [1])
    options.progress = nil  // pairs are told
    if request.weakness < 1 {
      options.weakness = RandomWeights(
        least: request.weakness, seed: seed, first: 2 * some.lowerBound)
    }
    return options
  }
}

extension PathEngine {
  /// For each training set the first terms to enter its path, fewer if that ends before. Of those that enter at one
  /// λ the larger coefficient, for a group its length, comes first, then the first in order.
  ///
  /// - Parameter isTall: whether a training set has at least as many rows as there are columns.
  fileprivate mutating func firstToEnter(_ count: Int, among free: Set<Int>, isTall: Bool)
    -> [[Int]]
  {
    var picked = partitions.folds.map { _ in [Int]() }
    // The path of a half may begin above that of all rows; hardly ever above twice that.
    let grid = LambdaGrid.automatic().resolved(lambdaMax: 2 * lambdaMax, isTall: isTall)
    for lambda in grid {
      let points = advance(to: lambda).foldPoints
      var isDone = true
      for (fold, point) in points.enumerated() where picked[fold].count < count {
        let new = zip(point.support, point.norms).filter {
          free.contains($0.0) && !picked[fold].contains($0.0)
        }
        let order = new.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
        picked[fold] += order.prefix(count - picked[fold].count)
        isDone =
          isDone && (picked[fold].count == count || point.devianceRatio > Self.saturated)
      }
      if isDone { break }
    }
    return picked
  }

  /// Beyond such a deviance ratio a path has nothing more to tell.
  private static var saturated: Double { 0.999 }
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
