/// The cross-validated error of each λ of a path and, where the path is relaxed, of each blend γ.
///
/// Every fold is fitted on the λ grid of the whole, as cv.glmnet does when lambda is given, with centre
/// and scale of its own training rows; all of it from moments of row blocks, so the data are read once.
///
/// Mean and standard error of a partition are those of its ``FoldErrors``. Over
/// several partitions of the same rows both are averaged: further partitions take the luck of the deal
/// out of the mean, and tell nothing new of how far another sample of rows would be from this one.
///
/// There is an error for one λ at least, and all are finite: whoever chooses by them need not ask.
public struct CrossValidation: Sendable, Equatable {
  /// How blocks of rows make training and test sets.
  public enum Plan: Sendable, Equatable {
    /// Each block is tested once, on a fit to all others.
    case leaveOneOut
    /// Blocks are consecutive in time: each but the first is tested on a fit to those before it.
    case forward
    /// Blocks are dealt into folds at random, several times over; each time every fold is tested once, on
    /// a fit to all others. Where there are no more blocks than folds each is one, and once is enough.
    case repeated(folds: Int, times: Int, seed: UInt64)
  }

  /// The errors of one blend.
  public struct Curve: Sendable, Equatable {
    /// One value for each λ: the mean squared error on rows that were not fitted.
    public internal(set) var mean: [Double] = []
    /// One value for each λ.
    public internal(set) var standardError: [Double] = []
    /// One value for each λ: the standard error of how far the error is above the smallest of all λ and blends,
    /// told from the differences in the same folds.
    public internal(set) var differenceError: [Double] = []
  }

  /// A λ and a blend.
  public struct Place: Sendable, Equatable {
    public let step: Int
    /// Of ``gammas``.
    public let blend: Int
  }

  /// The number of folds that were tested in each partition.
  public let folds: Int
  /// The number of partitions.
  public let repeats: Int
  /// The shares of the penalized fit in the blends, increasing; the last is 1, the penalized fit itself.
  public let gammas: [Double]
  /// One a blend.
  public let curves: [Curve]
  /// For each λ, in how many of the ``fits`` each term of the path's support is; nil where the training sets hold
  /// too few of the rows to tell.
  public let votes: [[Int]]?
  /// The largest relative duality gap over all folds, and its λ.
  public let worstGap: WorstGap

  init(
    folds: Int, repeats: Int, gammas: [Double], curves: [Curve], votes: [[Int]]?,
    worstGap: WorstGap, silentFolds: Int, isRelative: Bool
  ) {
    (self.folds, self.repeats, self.gammas) = (folds, repeats, gammas)
    (self.curves, self.votes, self.worstGap) = (curves, votes, worstGap)
    (self.silentFolds, self.isRelative) = (silentFolds, isRelative)
  }

  /// Folds of all partitions that told nothing, since their test rows weigh nothing: of survival times, those
  /// without an event.
  public let silentFolds: Int

  /// Whether an error tells something beside the errors of the same folds only: that of survival times depends on
  /// how many rows are at risk in the fold.
  public let isRelative: Bool

  /// The number of training sets.
  public var fits: Int { folds * repeats }

  /// Cross-validates on given λ; see ``PathFit``.
  ///
  /// - Parameters:
  ///   - blocks: moments of disjoint sets of rows; empty ones take no part.
  ///   - terms: as for the path on all rows.
  ///   - lambda: decreasing.
  /// - Throws: ``PathError`` if a training set has a constant target, or where the blocks make no folds.
  public init(
    _ blocks: [Moments], plan: Plan = .leaveOneOut, terms: [Term]? = nil, lambda: [Double],
    _ penalty: ElasticNet, _ options: PathOptions, threads: Int
  ) throws(PathError) {
    var options = options
    options.grid = .values(lambda)
    let fit = try PathFit(blocks, plan: plan, terms: terms, penalty, options, threads: threads)
    guard let found = fit.crossValidation else { throw .boundless(lambda: nil) }
    self = found
  }

  // MARK: The penalized fits

  /// The mean error of the penalized fits; one value for each λ.
  public var mean: [Double] { curves[curves.count - 1].mean }
  /// One value for each λ.
  public var standardError: [Double] { curves[curves.count - 1].standardError }

  /// The step of the smallest error; among equals the one of the largest λ.
  public var minimum: Int { mean.indices.min { mean[$0] < mean[$1] } ?? 0 }

  /// The step of the largest λ whose error is within one standard error of the smallest.
  public var oneStandardError: Int {
    let bound = mean[minimum] + standardError[minimum]
    return mean.indices.first { mean[$0] <= bound } ?? minimum
  }

  // MARK: The blends

  /// The λ and γ of the smallest error; among equals those of the largest λ, then of the largest γ.
  public var relaxedMinimum: Place {
    places.min { self[$0].mean < self[$1].mean } ?? Place(step: 0, blend: gammas.count - 1)
  }

  /// The largest λ with an error within one standard error of the smallest, and the largest γ with one
  /// there.
  public var relaxedOneStandardError: Place {
    let bound = bound(1)
    return places.first { self[$0].mean <= bound } ?? relaxedMinimum
  }

  /// How many standard errors of the difference ``sparsest(_:isNull:)`` gives for fewer columns.
  public static let differenceShare = 1.5
  /// The share of what the columns explain that it gives at most.
  public static let explainedShare = 0.05
  /// The share of a standard error that it gives for none at all: whoever has nothing to find is told so. A mean
  /// over one partition has the luck of its deal in it, too.
  public var nullShare: Double { repeats > 1 ? 0.5 : 1 }
  /// The share of the standard error of the difference that it gives for none at all where errors are relative.
  public static let nullDifferenceShare = 1.0
  /// The share of the training sets' fits that a column must be in to be kept, where they are asked.
  public static let leastVotes = 0.75

  /// Of all λ and γ whose error is above the smallest by no more than one and a half standard errors of that
  /// difference, and by no more than a twentieth of what the model without any column is, those with the fewest
  /// coefficients; among equals those of the smallest error. A model without any column is taken where it is within
  /// ``nullShare`` of a standard error of the smallest error; where errors are relative, within
  /// ``nullDifferenceShare`` of the standard error of the difference.
  ///
  /// - Parameters:
  ///   - counts: for each λ, the nonzero coefficients of the fit to all rows.
  ///   - isNull: for each λ, whether that fit has no coefficient but unpenalized ones.
  public func sparsest(_ counts: [Int], isNull: [Bool]) -> Place {
    let smallest = self[relaxedMinimum].mean
    let empty = places.filter { isNull[$0.step] }.map { self[$0].mean }.min()
    let explained = empty.map { Self.explainedShare * ($0 - smallest) } ?? .infinity
    return places.filter {
      let (error, differenceError) = (
        self[$0].mean, curves[$0.blend].differenceError[$0.step]
      )
      guard error > smallest + min(Self.differenceShare * differenceError, explained) else {
        return true
      }
      let nullBound =
        isRelative ? smallest + Self.nullDifferenceShare * differenceError : bound(nullShare)
      return isNull[$0.step] && error <= nullBound
    }.min {
      (counts[$0.step], self[$0].mean) < (counts[$1.step], self[$1].mean)
    } ?? relaxedMinimum
  }

  /// The mean error and its standard error.
  public subscript(place: Place) -> (mean: Double, standardError: Double) {
    let curve = curves[place.blend]
    return (curve.mean[place.step], curve.standardError[place.step])
  }

  /// At a step, the blend of the smallest error.
  public func best(_ step: Int) -> Place {
    Place(step: step, blend: Self.best(curves.map { $0.mean[step] }))
  }

  /// The largest λ first, and the largest γ of each.
  private var places: [Place] {
    mean.indices.flatMap { step in
      gammas.indices.reversed().map { Place(step: step, blend: $0) }
    }
  }

  private func bound(_ share: Double) -> Double {
    let smallest = self[relaxedMinimum]
    return smallest.mean + share * smallest.standardError
  }

  /// Of some errors at one λ, the place of the smallest; among equals the last, which is penalized most.
  fileprivate static func best(_ errors: [Double]) -> Int {
    errors.indices.reversed().min { errors[$0] < errors[$1] } ?? 0
  }

  // MARK: The end of the path

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
    /// Of the test rows of each fold, one partition after the other; empty without cross-validation.
    let weights: [Double]
    /// Folds a partition.
    let foldsEach: Int
    let gammas: [Double]
    /// As in ``CrossValidation/isRelative``.
    let isRelative: Bool
    private var curves: [Curve]
    /// At each λ the smallest error of all blends.
    private var best = Curve()
    /// For each λ and blend, one value a fold.
    private var all: [[[Double]]] = []
    private var votes: [[Int]]? = []
    private var worst: WorstGap?

    init(
      weights: [Double], foldsEach: Int? = nil, gammas: [Double] = [1], isRelative: Bool = false
    ) {
      (self.weights, self.gammas, self.isRelative) = (weights, gammas, isRelative)
      self.foldsEach = foldsEach ?? max(1, weights.count)
      curves = gammas.map { _ in Curve() }
    }

    /// - Parameters:
    ///   - errors: at one λ, for each fold one a blend.
    ///   - votes: for each term that is in, of how many folds' fits, too; nil where they are not asked.
    ///   - gap: the largest over the folds.
    /// - Throws: ``PathError/boundless(lambda:)`` for a mean error, or its standard error, that is not finite.
    mutating func append(_ errors: [[Double]], votes: [Int]?, gap: Double, lambda: Double)
      throws(PathError)
    {
      precondition(errors.count == weights.count, "one error a fold")
      guard !errors.isEmpty else { return }
      all.append(gammas.indices.map { blend in errors.map { $0[blend] } })
      for blend in gammas.indices {
        let (mean, standardError) = summary(all[all.count - 1][blend])
        guard mean.isFinite && standardError.isFinite else { throw .boundless(lambda: lambda) }
        curves[blend].mean.append(mean)
        curves[blend].standardError.append(standardError)
      }
      if let votes { self.votes?.append(votes) } else { self.votes = nil }
      let step = best.mean.count
      let blend = CrossValidation.best(curves.map { $0.mean[step] })
      best.mean.append(curves[blend].mean[step])
      best.standardError.append(curves[blend].standardError[step])
      if gap > worst?.gap ?? -1 { worst = WorstGap(gap: gap, lambda: lambda) }
    }

    /// Mean and standard error of each partition, averaged.
    private func summary(_ errors: [Double]) -> (mean: Double, standardError: Double) {
      let starts = stride(from: 0, to: errors.count, by: foldsEach)
      let partitions = Double(errors.count / foldsEach)
      var (mean, standardError) = (0.0, 0.0)
      for start in starts {
        let own = FoldErrors(
          errors[start..<start + foldsEach], weights: weights[start..<start + foldsEach])
        mean += own.mean / partitions
        standardError += own.standardError / partitions
      }
      return (mean, standardError)
    }

    var arePastMinimum: Bool {
      isPastMinimum(mean: best.mean, standardError: best.standardError)
    }

    /// Nil without folds or λ.
    var crossValidation: CrossValidation? {
      guard let worst else { return nil }
      func made(_ curves: [Curve]) -> CrossValidation {
        CrossValidation(
          folds: foldsEach, repeats: weights.count / foldsEach, gammas: gammas, curves: curves,
          votes: votes, worstGap: worst, silentFolds: weights.count { !($0 > 0) },
          isRelative: isRelative)
      }
      let best = made(curves).relaxedMinimum
      let smallest = all[best.step][best.blend]
      var curves = curves
      for blend in gammas.indices {
        curves[blend].differenceError = all.map {
          summary(zip($0[blend], smallest).map { $0 - $1 }).standardError
        }
      }
      return made(curves)
    }
  }
}
