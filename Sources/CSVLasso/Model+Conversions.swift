internal import SparseRegression

/// The chosen λ in the words of others.
extension Model {
  /// scikit-learn's estimators on standardized columns, and the priors whose posterior mode the fit is,
  /// unless it is blended with a refit (Tibshirani, 1996; Hoerl & Kennard, 1970).
  static func conversions(_ text: inout JSONText, _ fit: Fit) {
    // A concave penalty is none of theirs, and the logarithm of no prior that these are.
    guard fit.options.path.kind == .lasso else { return }
    let lambda = fit.path.points[fit.selection.step].lambda
    text.object("conversions") { text in
      if fit.path.family == .gaussian {
        leastSquares(&text, fit, lambda)
      } else {
        likelihood(&text, fit, lambda)
      }
    }
  }

  private static func leastSquares(_ text: inout JSONText, _ fit: Fit, _ lambda: Double) {
    let l1 = lambda * fit.options.alpha
    let l2 = lambda * (1 - fit.options.alpha) / fit.path.design.targetScale
    // exp(−RSS / 2σ²) exp(−n l1 |b| / σ²) exp(−n l2 b² / 2σ²), σ² the mean squared error of the fit.
    let noise = fit.path.meanDeviance(fit.selection.step) / Double(fit.path.rows)
    text.member("scikit_learn_alpha", l1 + l2)
    text.member("scikit_learn_l1_ratio", l1 + l2 > 0 ? l1 / (l1 + l2) : nil)
    priors(&text, fit, l1, l2, noise: noise)
  }

  /// The same where the loss is a log likelihood as it stands: exp(−n loss) exp(−n l1 |b|)
  /// exp(−n l2 b² / 2).
  private static func likelihood(_ text: inout JSONText, _ fit: Fit, _ lambda: Double) {
    let (n, alpha) = (Double(fit.path.rows), fit.options.alpha)
    if fit.path.family == .binomial {
      text.member("scikit_learn_C", lambda > 0 ? 1 / (n * lambda) : nil)
      text.member("scikit_learn_l1_ratio", lambda > 0 ? alpha : nil)
    }
    if fit.path.family == .poisson {
      // PoissonRegressor has the ridge part alone.
      text.member("scikit_learn_alpha", alpha == 0 ? lambda : nil)
    }
    priors(&text, fit, n * lambda * alpha, n * lambda * (1 - alpha), noise: 1)
  }

  /// exp(−l1 |b| / noise) exp(−l2 b² / 2 noise)
  private static func priors(
    _ text: inout JSONText, _ fit: Fit, _ l1: Double, _ l2: Double, noise: Double
  ) {
    text.member("laplace_scale", l1 > 0 && fit.gamma == 1 ? noise / l1 : nil)
    text.member("gaussian_scale", l2 > 0 && fit.gamma == 1 ? (noise / l2).squareRoot() : nil)
  }
}
