/// What to fit, apart from the data.
public struct PathOptions: Sendable {
  public var grid: LambdaGrid
  /// A λ that the grid is made to hold.
  public var including: Double?
  /// Whether columns are divided by their standard deviation.
  public var standardize: Bool
  /// Whether there is an intercept; it is never penalized.
  public var intercept: Bool
  /// The relative duality gap that every λ must reach.
  public var tolerance: Double
  /// Whether an automatic grid also ends where the minimum of the cross-validated error is certain
  /// (``CrossValidation/isPastMinimum(mean:standardError:)``). What comes after it is the dearest part
  /// of the path, and no rule that looks at the error would choose it.
  public var endsPastMinimum: Bool
  /// Whether penalty factors are weighed by an initial fit to the same rows, anew for each training set.
  public var adaptive: AdaptiveWeights?
  /// Told how far the work has come; what does whole paths again tells of each of these, not of their λ.
  public var progress: Progress?
  /// The share of the work that a path may cost which this one may: less where there are many.
  var workShare = 1.0
  /// Where no term pulls at the null model, a path begins at this share of what one could pull: there still is a grid,
  /// of solutions that are zero but for rounding, and in folds nearly least squares.
  static let leastPull = 1e-9
  /// The share of the target's size below which what the null model leaves is nothing: gaps are told relative to what
  /// it leaves, and rounding lets none be smaller than some 1e-16 of the size.
  static let leastLeft = 1e-8
  /// Whether penalty factors of training sets are multiplied by random numbers.
  var weakness: RandomWeights?
  /// How the penalty goes on beyond its price; a concave one takes standardized columns.
  public var kind: PenaltyKind
  /// The shares of the penalized fit in the blends that are looked at, increasing, the last one 1. Where
  /// there are others, each λ's terms are fitted without a penalty, too: the relaxed lasso (Meinshausen,
  /// 2007; Hastie, Tibshirani & Tibshirani, 2020).
  public var gammas: [Double]

  /// The blends of a relaxed path, as glmnet has them.
  public static let relaxedGammas = [0, 0.25, 0.5, 0.75, 1]
  /// Whether there is anything to blend with.
  var isRelaxed: Bool { gammas.count > 1 }

  public init(
    grid: LambdaGrid = .automatic(), including: Double? = nil, standardize: Bool = true,
    intercept: Bool = true, tolerance: Double = 1e-7, endsPastMinimum: Bool = false,
    adaptive: AdaptiveWeights? = nil, kind: PenaltyKind = .lasso,
    gammas: [Double] = [1]
  ) {
    precondition(gammas.last == 1 && gammas == gammas.sorted() && gammas[0] >= 0)
    self.grid = grid
    self.including = including
    self.standardize = standardize
    self.intercept = intercept
    self.tolerance = tolerance
    self.endsPastMinimum = endsPastMinimum
    self.adaptive = adaptive
    self.kind = kind
    precondition(kind == .lasso || standardize, "a concave penalty needs standardized columns")
    self.gammas = gammas
  }
}

/// Why there is no path.
public enum PathError: Error, Equatable {
  /// The target holds a single value, or there are no rows.
  case constantTarget
  /// Sums of a column overflow.
  case overflow(column: Int)
  /// At a λ, or of the procedure as a whole where it is nil, errors on rows that were not fitted overflow, or no
  /// fold has any rows that tell one.
  case boundless(lambda: Double?)
  /// At the largest λ no solution is known to be within the tolerance of the optimum.
  case uncertain(WorstGap)
  /// No λ of the path keeps as few columns as are allowed.
  case crowded(most: Int)
  /// Terms without a penalty separate two classes, so that they have no coefficients; one that does it alone.
  case separated(term: Int?)
  /// Least squares was to weigh the penalty, and the columns depend on each other or outnumber the rows.
  case noLeastSquares
  /// An initial fit would need a matrix of more than ``InitialFit/most`` rows.
  case tooLargeToWeigh
  /// An exact path is asked for, and a term has several coefficients.
  case group(term: Int)
}
