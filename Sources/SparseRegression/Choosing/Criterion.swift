internal import RealModule

/// The rule that picks one λ of a path and, of a relaxed one, the blend γ of the penalized fit there and
/// its refit.
public enum Criterion: Sendable, Equatable {
  /// The smallest cross-validated error of the penalized fits.
  case minimum
  /// The largest λ within one standard error of it (Breiman, Friedman, Olshen & Stone, 1984).
  case oneStandardError
  /// The smallest cross-validated error over all λ and γ.
  case relaxedMinimum
  /// The largest λ, then the largest γ, within one standard error of it.
  case relaxedOneStandardError
  /// The fewest coefficients that predict nearly as well, of columns that training sets agree on; see
  /// ``CrossValidation/sparsest(_:isNull:)`` and ``Selection/unsteady``.
  case sparsest
  /// The smallest value of an information criterion.
  case information(InformationCriterion)
  /// The columns that enter the path first.
  case columns(Int)
  /// A given λ.
  case lambda(Double)
  /// At most such a share of the kept columns is false, on average; see ``KnockoffFilter``.
  case falseDiscoveryRate(Double)
  /// What the lasso picks again and again in halves of the rows; see ``StabilitySelection``.
  case stability(StabilitySelection.Request)

  /// Whether the rule chooses columns from moments, and not a λ of the path.
  public var choosesColumns: Bool {
    switch self {
    case .falseDiscoveryRate, .stability: true
    default: false
    }
  }

  /// Whether the rule looks at the cross-validated error.
  public var needsCrossValidation: Bool {
    self == .minimum || self == .oneStandardError || choosesBlend
  }

  /// Whether the rule looks at blends.
  public var choosesBlend: Bool {
    self == .relaxedMinimum || self == .relaxedOneStandardError || self == .sparsest
  }
}

/// −2 log L plus a price for each nonzero coefficient; for least squares n log(RSS / n), σ² profiled out.
///
/// The number of nonzero coefficients is the lasso's degrees of freedom (Zou, Hastie & Tibshirani, 2007).
public enum InformationCriterion: String, Sendable, CaseIterable {
  /// 2 k (Akaike, 1974)
  case aic
  /// log(n) k (Schwarz, 1978)
  case bic
  /// AIC with its small-sample correction 2k(k + 1) / (n − k − 1) (Hurvich & Tsai, 1989)
  case aicc
  /// BIC + 2 log C(p, k), γ = 1 (Chen & Chen, 2008)
  case ebic

  /// - Parameters:
  ///   - n: rows.
  ///   - p: coefficients that could have been nonzero.
  ///   - k: nonzero coefficients.
  public func value(
    minusTwoLogLikelihood fit: Double, rows n: Int, columns p: Int, nonzero k: Int
  ) -> Double {
    let (rows, count) = (Double(n), Double(k))
    switch self {
    case .aic: return fit + 2 * count
    case .bic: return fit + .log(rows) * count
    case .aicc:
      let rest = rows - count - 1
      return rest > 0 ? fit + 2 * count + 2 * count * (count + 1) / rest : .infinity
    case .ebic:
      let (a, b) = (Double(p + 1), Double(p - k + 1))
      return fit + .log(rows) * count
        + 2 * (.logGamma(a) - .logGamma(count + 1) - .logGamma(b))
    }
  }
}
