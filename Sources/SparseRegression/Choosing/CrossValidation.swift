/// The cross-validated error of each λ of a path.
///
/// Every fold is fitted on the λ grid of the whole, as cv.glmnet does when lambda is given, with centre
/// and scale of its own training rows; all of it from moments of row blocks, so the data are read once.
///
/// With e_k the mean squared error on the test rows of fold k and w_k their weight, `mean` is
/// Σ w_k e_k / Σ w_k and `standardError` is √( Σ w_k (e_k − mean)² / Σ w_k / (K − 1) ).
public struct CrossValidation: Sendable, Equatable {
  /// How blocks of rows make training and test sets.
  public enum Plan: Sendable, Equatable {
    /// Each block is tested once, on a fit to all others.
    case leaveOneOut
    /// Blocks are consecutive in time: each but the first is tested on a fit to those before it.
    case forward

    /// The folds that so many blocks make.
    func folds(of count: Int) -> [(training: [Int], test: Int)] {
      switch self {
      case .leaveOneOut: (0..<count).map { k in ((0..<count).filter { $0 != k }, k) }
      case .forward: (0..<count).dropFirst().map { k in (Array(0..<k), k) }
      }
    }
  }

  /// The number of folds that were tested.
  public let folds: Int
  /// One value for each λ: the mean squared error on rows that were not fitted.
  public let mean: [Double]
  /// One value for each λ.
  public let standardError: [Double]
  /// The largest relative duality gap over all folds, and its λ.
  public let worstGap: WorstGap

  private init(folds: Int, mean: [Double], standardError: [Double], worstGap: WorstGap) {
    (self.folds, self.mean, self.standardError) = (folds, mean, standardError)
    self.worstGap = worstGap
  }

  /// Cross-validates on given λ; see ``PathFit``.
  ///
  /// - Parameters:
  ///   - blocks: moments of disjoint sets of rows; empty ones take no part.
  ///   - terms: as for the path on all rows.
  ///   - lambda: decreasing.
  /// - Throws: ``PathError`` if a training set has a constant target.
  public init(
    _ blocks: [Moments], plan: Plan = .leaveOneOut, terms: [Term]? = nil, lambda: [Double],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    var options = options
    options.grid = .values(lambda)
    self = try PathFit(
      blocks, plan: plan, terms: terms, penalty, options, threads: threads
    ).crossValidation!
  }

  /// The step of the smallest error; among equals the one of the largest λ.
  public var minimum: Int { mean.indices.min { mean[$0] < mean[$1] }! }

  /// The step of the largest λ whose error is within one standard error of the smallest.
  public var oneStandardError: Int {
    let bound = mean[minimum] + standardError[minimum]
    return mean.indices.first { mean[$0] <= bound }!
  }

  /// How many λ in a row must have a rising error, more than a standard error above the smallest, for the
  /// minimum to count as certain.
  static let certainAfter = 5

  /// Whether the smallest error is behind: on the last ``certainAfter`` steps the error only rose, and
  /// was more than one standard error above the smallest.
  ///
  /// - Parameters:
  ///   - mean: one value for each λ so far.
  ///   - standardError: one value for each λ so far.
  public static func isPastMinimum(mean: [Double], standardError: [Double]) -> Bool {
    guard mean.count > certainAfter,
      let minimum = mean.indices.min(by: { mean[$0] < mean[$1] })
    else { return false }
    let bound = mean[minimum] + standardError[minimum]
    return mean.indices.suffix(certainAfter).allSatisfy {
      mean[$0] > bound && mean[$0] > mean[$0 - 1]
    }
  }
}

extension CrossValidation {
  /// Errors as they come, one λ after the other.
  struct Errors {
    /// Of the test rows of each fold; empty without cross-validation.
    let weights: [Double]
    private var mean: [Double] = []
    private var standardError: [Double] = []
    private var worst: WorstGap?

    init(weights: [Double]) { self.weights = weights }

    /// - Parameters:
    ///   - errors: at one λ, one a fold.
    ///   - gap: the largest over the folds.
    mutating func append(_ errors: [Double], gap: Double, lambda: Double) {
      precondition(errors.count == weights.count, "one error a fold")
      guard !errors.isEmpty else { return }
      let total = weights.reduce(0, +)
      let mean = zip(errors, weights).reduce(0) { $0 + $1.1 * $1.0 } / total
      let variance = zip(errors, weights).reduce(0) {
        $0 + $1.1 * ($1.0 - mean) * ($1.0 - mean)
      }
      self.mean.append(mean)
      standardError.append((variance / total / Double(errors.count - 1)).squareRoot())
      if gap > worst?.gap ?? -1 { worst = WorstGap(gap: gap, lambda: lambda) }
    }

    var arePastMinimum: Bool { isPastMinimum(mean: mean, standardError: standardError) }

    /// Nil without folds or λ.
    var crossValidation: CrossValidation? {
      worst.map {
        CrossValidation(
          folds: weights.count, mean: mean, standardError: standardError, worstGap: $0)
      }
    }
  }
}
