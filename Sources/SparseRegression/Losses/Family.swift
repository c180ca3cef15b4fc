internal import RealModule

/// What the target is, and with it the loss.
///
/// Least squares forgets its rows, so `gaussian` is fitted by either engine, from moments or from
/// columns. The curvature of all others changes with the fit: they keep their rows (``ColumnMatrix``).
public enum Family: Sendable, Equatable {
  /// ½ (y − η)²
  case gaussian
  /// y is 0 or 1: log(1 + e^η) − y η. The coefficients are log odds of 1.
  case binomial
  /// y is a class, 0 ..< `classes`, each with a linear predictor of its own: log Σ e^η_k − η_y. A term
  /// goes in for all classes or for none.
  case multinomial(classes: Int)
  /// y is a count: e^η − y η
  case poisson
  /// y is a time: Cox's partial likelihood, ties after Breslow. There is no intercept.
  case cox
  /// Squares up to `delta`, lengths beyond: h(r) = r²/2, or δ|r| − δ²/2 where |r| > δ. Without a δ it is
  /// 1.345 times the target's scale, told from its median absolute deviation (Huber, 1964).
  case huber(delta: Double?)
  /// Several numbers, ½ Σ_k (y_k − η_k)²: a term goes in for all of them or for none.
  case multigaussian(targets: Int)

  /// Linear predictors a row.
  public var responses: Int {
    switch self {
    case .multinomial(let count), .multigaussian(let count): count
    case .gaussian, .binomial, .poisson, .cox, .huber: 1
    }
  }

  /// Free parameters a coordinate: one class of several is determined by the others.
  var parameters: Int {
    if case .multinomial(let classes) = self { classes - 1 } else { responses }
  }
}

extension Family {
  /// Whether an automatic grid ends: a smaller λ has nothing to add, as glmnet sees it, family by family.
  ///
  /// - Parameters:
  ///   - ratios: the deviance ratios so far, at least five.
  ///   - mayRest: whether the path is never cut for want of any gain. Where some coefficient may have one sign
  ///     only, of which λmax does not know, it may begin without; where a penalty is concave, coefficients that
  ///     are large stay as they are until another enters.
  func isSaturated(_ ratios: [Double], mayRest: Bool) -> Bool {
    let (now, before) = (ratios[ratios.count - 1], ratios[ratios.count - 2])
    let earlier = ratios[ratios.count - 5]
    if now > (self == .cox ? 0.99 : 0.999) { return true }
    if mayRest { return false }
    switch self {
    case .gaussian, .huber: return now - before < 1e-5 * now
    case .binomial, .multinomial: return now - before < 1e-5
    case .multigaussian: return now - before < 1e-5 * (1 - now)
    case .poisson: return now - earlier < 1e-4 * now
    case .cox: return now - earlier < 1e-3 * now
    }
  }
}

extension Family {
  /// −2 log L of a fit to some rows, up to a constant; for numbers with σ² profiled out.
  func minusTwoLogLikelihood(meanDeviance deviance: Double, rows: Int) -> Double {
    switch self {
    case .binomial, .multinomial, .poisson, .cox: return Double(rows) * deviance
    case .gaussian, .huber, .multigaussian:
      // A perfect fit would send the logarithm to −∞ and leave nothing to compare.
      return Double(rows * responses) * .log(max(deviance, .leastNormalMagnitude))
    }
  }
}

/// What is predicted, beside the target of a ``ColumnMatrix``: further raw columns that are numbers of
/// the matrix and belong to no term.
public struct Response: Sendable {
  public var family: Family
  /// A column that is added to the linear predictor as it is.
  public var offset: Int?
  /// For `cox`, 1 where the time is that of an event, 0 where the row was censored.
  public var event: Int?
  /// For `multigaussian`, the targets after the first.
  public var others: [Int]
  /// What cross-validation measures.
  public var metric: Metric

  /// All of these columns.
  var companions: [Int] { others + [event, offset].compactMap(\.self) }

  public init(
    _ family: Family, offset: Int? = nil, event: Int? = nil, others: [Int] = [],
    metric: Metric = .deviance
  ) {
    (self.family, self.offset, self.event) = (family, offset, event)
    (self.others, self.metric) = (others, metric)
  }
}

/// How far predictions are from the rows that were not fitted; smaller is better.
public enum Metric: String, Sendable, CaseIterable {
  /// The mean deviance: for numbers the mean squared error (for `huber` twice the mean loss).
  case deviance
  /// The share of rows whose class is not the likeliest.
  case error = "class-error"
  /// One minus the area under the receiver's curve, of two classes.
  case auc
}
