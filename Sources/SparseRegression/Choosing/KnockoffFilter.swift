internal import RealModule

/// Columns chosen so that the expected share of false ones among them, the *false discovery rate*, stays
/// below a bound: each must beat its knockoff, and clearly so (Barber & Candès, 2015).
///
/// A term's statistic W is the length of its coefficients less that of its knockoff's in a lasso on
/// both; the λ is that of the smallest BIC. The sign of W for a term that does not belong into the model
/// is a fair coin, whatever the others'. So #{W ≤ −t} estimates how many false ones there are among
/// those with W ≥ t, and with
///
///   T = min { t > 0 : (1 + #{W ≤ −t}) / #{W ≥ t} ≤ q },
///
/// keeping those with W ≥ T has a rate of at most q (*knockoff+*). It follows that fewer than 1/q columns
/// are never kept.
///
/// Knockoffs are drawn, so one draw's choice is partly luck. Here are many draws; kept is what more than
/// half of them choose. Each draw keeps its rate; the vote keeps at most twice as many false columns as a
/// draw does on average, and in simulations its rate lies well below q. (Averaged e-values, Ren & Barber, 2024, have
/// the bound q; where fewer than 2/q columns are there to be found they hardly ever find any.)
///
/// With fewer than twice as many rows as coefficients, and on rows, where a loss may be any, knockoffs are those of
/// random columns (``SecondOrderSampler``), and the rate is approximate.
public struct KnockoffFilter: Sendable, Equatable {
  /// q
  public let rate: Double
  /// How many draws voted.
  public let draws: Int
  /// For each term, the share of the draws that chose it.
  public let frequencies: [Double]
  /// Terms, increasing.
  public let kept: [Int]
  /// Terms that took no part because others before them add up to them.
  public let dependent: [Int]
  /// The terms that took part.
  private let candidateTerms: [Int]
  /// Whether knockoffs are those of random columns: there are too few rows for knockoffs of the columns as they are,
  /// or the loss needs rows.
  public let isApproximate: Bool

  /// How many terms took part.
  public var candidates: Int { candidateTerms.count }

  /// The fewest terms that a draw can choose, if it chooses any: 1/q, rounded up.
  public var fewest: Int { Self.fewest(rate) }

  static func fewest(_ rate: Double) -> Int { Int((1 / rate - 1e-9).rounded(.up)) }

  /// Odd, so that a vote has an outcome.
  public static let usualDraws = 51
  /// Where each draw costs passes over the rows.
  public static let usualRowDraws = 25

  /// - Parameters:
  ///   - terms: what is selected, over the predictors.
  ///   - penalty: one factor a term. Terms with a factor of 0 are fitted and not chosen.
  ///   - rate: q, in `(0, 1)`.
  ///   - draws: nil for ``usualDraws`` or ``usualRowDraws``.
  ///   - seed: of the draws; the result does not depend on `threads`.
  /// - Throws: ``KnockoffError``
  /// - Complexity: O(p³), and a lasso path of 2p columns a draw.
  public init(
    _ rows: FittedRows, terms: [Term], _ penalty: ElasticNet, _ options: PathOptions,
    rate: Double, draws: Int? = nil, seed: UInt64, threads: Int = 1
  ) throws(KnockoffError) {
    let isOfRows = if case .columns = rows { true } else { false }
    let draws = draws ?? (isOfRows ? Self.usualRowDraws : Self.usualDraws)
    precondition(rate > 0 && rate < 1 && draws > 0)
    // Streams of folds are the runs of rows and values; these lie apart.
    @Sendable func random(_ draw: Int) -> SplitMix64 {
      SplitMix64(seed: seed, stream: 0x6b6e_6f63_6b6f_6666 ^ UInt64(draw))
    }
    let statistics: [KnockoffStatistics]
    options.progress?(.knockoffs, .nothing)
    switch rows {
    case .moments(let blocks):
      let knockoffs = try Self.knockoffs(blocks, terms, penalty, options)
      let candidates = knockoffs.candidates
      statistics = concurrentMap(draws, threads: threads, options.progress, .knockoffs) { draw in
        var random = random(draw)
        return KnockoffStatistics(
          candidates, knockoffs.draw(using: &random), tolerance: options.tolerance)
      }
      isApproximate = knockoffs is SecondOrderKnockoffs
      (candidateTerms, dependent) = (candidates.terms, candidates.dependent)
    case .columns(let matrix, let response):
      var silent = options
      silent.progress = nil
      let knockoffs = try RowKnockoffs(
        matrix, response, terms: terms, penalty, silent, threads: threads)
      var made: [KnockoffStatistics] = []
      do throws(PathError) {
        for draw in 0..<draws {
          var random = random(draw)
          made.append(try knockoffs.statistics(seed: random.next()))
          options.progress?(.knockoffs, .parts(made.count, of: draws))
        }
      } catch { throw .path(error) }
      (statistics, isApproximate) = (made, true)
      (candidateTerms, dependent) = (knockoffs.terms, knockoffs.dependent)
    }
    var votes = [Int](repeating: 0, count: terms.count)
    for place in statistics.lazy.flatMap({ $0.chosen(rate: rate) }) {
      votes[candidateTerms[place]] += 1
    }
    (self.rate, self.draws) = (rate, draws)
    frequencies = votes.map { Double($0) / Double(draws) }
    kept = terms.indices.filter { 2 * votes[$0] > draws }
  }

  /// Knockoffs from moments: of the columns as they are, or, with few rows, of random ones.
  private static func knockoffs(
    _ blocks: [Moments], _ terms: [Term], _ penalty: ElasticNet, _ options: PathOptions
  ) throws(KnockoffError) -> any Knockoffs {
    let problem: MomentsProblem
    do throws(PathError) {
      problem = try MomentsProblem(
        TrainingMoments(blocks), terms, penalty, options, twins: nil)
    } catch { throw .path(error) }
    let independent = Candidates(problem, penalty, intercept: options.intercept)
    let isApproximate = independent.freedom < 2 * independent.count
    let candidates =
      isApproximate
      ? Candidates(problem, penalty, intercept: options.intercept, allowsDependence: true)
      : independent
    guard candidates.freedom > 2 else { throw .tooFewRows }
    let made: (any Knockoffs)? =
      isApproximate ? SecondOrderKnockoffs(candidates) : FixedKnockoffs(candidates)
    guard let made else { throw .singular }
    return made
  }
}

/// Why there are no knockoffs.
public enum KnockoffError: Error, Equatable {
  case path(PathError)
  /// Nothing is left beside the intercept and the unpenalized columns.
  case tooFewRows
  /// Columns depend on each other to rounding.
  case singular
  /// There is no memory for the knockoffs.
  case noRoom(RowStore.Failure)
}

/// W of a draw, one entry a candidate.
struct KnockoffStatistics: Sendable {
  let values: [Double]

  init(values: [Double]) { self.values = values }

  /// - Parameters:
  ///   - loss: on the candidates and, after them, their knockoffs.
  ///   - tolerance: the relative duality gap of the lasso.
  init(_ candidates: Candidates, _ loss: Quadratic, tolerance: Double) {
    let p = candidates.count
    let groups = candidates.groups
    let b = Self.coefficients(
      loss, candidates.penalty.doubled,
      groups: groups + groups.map { $0.lowerBound + p..<$0.upperBound + p },
      rows: candidates.rows, tolerance: tolerance)
    values = groups.map { group in
      let (own, other) = group.reduce((0.0, 0.0)) { sums, j in
        (sums.0 + b[j] * b[j], sums.1 + b[j + p] * b[j + p])
      }
      return own.squareRoot() - other.squareRoot()
    }
  }

  /// How far down the path goes without a better BIC, and how far at most: 100 λ down to 1e-4 of the
  /// first.
  private static let (patience, mostSteps, ratio) = (20, 100, 1e-4)

  /// The lasso at the λ of the smallest BIC. It treats all columns alike, so exchanging a column with its
  /// knockoff exchanges their coefficients.
  private static func coefficients(
    _ loss: Quadratic, _ penalty: ElasticNet, groups: [Range<Int>], rows: Int, tolerance: Double
  ) -> [Double] {
    let isSingle = groups.allSatisfy { $0.count == 1 }
    var solver: any SupportSolver =
      isSingle
      ? ActiveSet(loss, penalty, columns: groups.map(\.lowerBound))
      : GroupActiveSet(loss, penalty, groups: groups)
    let zero = [Double](repeating: 0, count: loss.count)
    let first = groups.reduce(0) { most, group in
      let factor = penalty.factors[group.lowerBound] * max(penalty.alpha, 1e-3)
      return max(most, penalty.pull(group, loss.correlation) / factor)
    }
    guard first > 0, loss.targetNorm > 0 else { return zero }
    var best = (value: Double(rows) * .log(loss.targetNorm), step: 0, b: zero)
    for step in 1..<mostSteps {
      let lambda = first * .pow(ratio, Double(step) / Double(mostSteps - 1))
      _ = solver.solve(lambda: lambda, tolerance: tolerance * loss.targetNorm / 2)
      let (b, g) = (solver.b, solver.g)
      let active = b.indices.filter { b[$0] != 0 }
      let explained = active.reduce(0) { $0 + b[$1] * (loss.correlation[$1] + g[$1]) }
      let rest = max(loss.targetNorm - explained, .leastNormalMagnitude)
      let value = Double(rows) * .log(rest) + .log(Double(rows)) * Double(active.count)
      if value < best.value { best = (value, step, b) }
      // Beyond half of the rows a fit is no longer told from its noise.
      if step - best.step >= patience || active.count > rows / 2 { break }
    }
    return best.b
  }

  /// The candidates that knockoff+ chooses.
  func chosen(rate: Double) -> [Int] {
    let sizes = Set(values.lazy.filter { $0 != 0 }.map(abs)).sorted()
    let threshold = sizes.first { t in
      let (wins, losses) = (values.count { $0 >= t }, values.count { $0 <= -t })
      return Double(1 + losses) <= rate * Double(wins) * (1 + 1e-12)
    }
    return threshold.map { t in values.indices.filter { values[$0] >= t } } ?? []
  }
}

extension ElasticNet {
  /// The same on columns and, after them, their knockoffs.
  fileprivate var doubled: ElasticNet {
    ElasticNet(alpha: alpha, exactly: factors + factors, bounds + bounds)
  }
}
