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
  }

  /// The number of folds that were tested.
  public let folds: Int
  /// One value for each λ: the mean squared error on rows that were not fitted.
  public let mean: [Double]
  /// One value for each λ.
  public let standardError: [Double]
  /// The largest relative duality gap over all folds, and its λ.
  public let worstGap: WorstGap

  /// - Parameters:
  ///   - blocks: moments of disjoint sets of rows; empty ones take no part.
  ///   - terms: as for the path on all rows.
  ///   - lambda: the grid of that path.
  /// - Throws: ``PathError`` if a training set has a constant target.
  /// - Complexity: one path a fold, and O(p²) memory a thread.
  public init(
    _ blocks: [Moments], plan: Plan = .leaveOneOut, terms: [Term]? = nil, lambda: [Double],
    _ penalty: ElasticNet,
    _ options: PathOptions, threads: Int
  ) throws(PathError) {
    let blocks = blocks.filter { $0.weight > 0 }
    let tested = plan == .forward ? Array(blocks.indices.dropFirst()) : Array(blocks.indices)
    precondition(tested.count >= 2, "cross-validation needs two folds")
    var options = options
    options.grid = .values(lambda)
    let outcomes = concurrentMap(tested.count, threads: threads) { [options] index in
      let k = tested[index]
      let training =
        plan == .forward ? Moments.merged(Array(blocks[..<k])) : .merged(blocks, except: k)
      return Result { () throws(PathError) in
        let path = try RegularizationPath(training, terms: terms, penalty, options)
        let errors = path.points.indices.map { step in
          let (intercept, columns, beta) = path.original(step)
          return Gaussian.meanSquaredError(
            blocks[k], support: columns, beta: beta, intercept: intercept)
        }
        return (errors, path.worstGap!)
      }
    }
    var (errors, worst) = ([[Double]](), WorstGap(gap: 0, lambda: lambda[0]))
    for outcome in outcomes {
      let (fold, gap) = try outcome.get()
      errors.append(fold)
      if gap.gap > worst.gap { worst = gap }
    }
    self.init(errors: errors, weights: tested.map { blocks[$0].weight }, worstGap: worst)
  }

  /// - Parameters:
  ///   - errors: one row a fold, one entry a λ.
  ///   - weights: of the test rows of each fold.
  init(errors: [[Double]], weights: [Double], worstGap: WorstGap) {
    let total = weights.reduce(0, +)
    let mean = errors[0].indices.map { step in
      zip(errors, weights).reduce(0) { $0 + $1.1 * $1.0[step] } / total
    }
    self.mean = mean
    standardError = errors[0].indices.map { step in
      let variance = zip(errors, weights).reduce(0) { sum, fold in
        let deviation = fold.0[step] - mean[step]
        return sum + fold.1 * deviation * deviation
      }
      return (variance / total / Double(errors.count - 1)).squareRoot()
    }
    folds = errors.count
    self.worstGap = worstGap
  }

  /// The step of the smallest error; among equals the one of the largest λ.
  public var minimum: Int { mean.indices.min { mean[$0] < mean[$1] }! }

  /// The step of the largest λ whose error is within one standard error of the smallest.
  public var oneStandardError: Int {
    let bound = mean[minimum] + standardError[minimum]
    return mean.indices.first { mean[$0] <= bound }!
  }
}
