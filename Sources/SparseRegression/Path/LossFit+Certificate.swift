internal import RealModule

/// How far a fit is from its optimum at most, where it stands and a step ahead.
extension LossFit {
  func penaltyCost(_ b: [Double]) -> Double {
    let kind = problem.base.options.kind
    return groups.reduce(0) { sum, group in
      let square = group.reduce(0) { $0 + b[$1] * b[$1] }
      guard square > 0 else { return sum }
      let first = group.lowerBound
      let t = nullCurvature * square.squareRoot()
      return sum + kind.value(t, price: penalty.price(first, lambda)) / nullCurvature
        + penalty.curvature(first, lambda) * square / 2
    }
  }

  /// At most how far the objective is above its optimum over the watched terms.
  ///
  /// The pulls, scaled by s, are dual: D(s) = −Σ wᵢ ℓᵢ*(−s pullᵢ) / W − Σ h*. At s = 1 Fenchel's equality
  /// gives ℓ* without a logarithm, −ℓ*(−pull) = ℓ + pull · η; between s = 0, where it is the least loss,
  /// and 1 a concave function lies above its chord.
  func dualityGap() -> Double {
    dualityGap(b, pull: gradient, value: value, dual: value + cross)
  }

  /// - Parameters:
  ///   - value: at least the loss at `b`.
  ///   - dual: at most −Σ wᵢ ℓᵢ*(−pullᵢ) / W.
  private func dualityGap(_ b: [Double], pull: [Double], value: Double, dual: Double) -> Double {
    let sums = PenaltySums(groups, penalty, b, pull: pull, lambda: lambda)
    let s = sums.shrink
    let shrunk = s * dual + (1 - s) * least - sums.conjugate
    return max(0, value + sums.cost - shrunk) + sums.slack
  }

  /// At most how far the objective at `trial` is above its optimum over the watched terms, told without a
  /// pass; nil where nothing can be.
  ///
  /// With the step d from b, and G = X'WX of a curvature W somewhere near, the rows' δ = W X d make the
  /// pull less δ a dual point whose products with the columns are the quadratic's own, pull − G d. Losses
  /// whose third derivative is bounded by their second (Bach, 2010) tell how far they are from the
  /// quadratic: with ρ the most that a linear predictor differs between b and where W was taken, and r that
  /// between b and `trial`, the loss at `trial` is at most ½e^(ρ + r) d'G d above the tangent there, and
  /// ℓ* at the dual point at most ½ d'G d e^ρ / (1 − e^ρ r).
  func gapAhead(_ pull: [Double]) -> Double? {
    let working = gram.working
    let here = request(at: b).beta
    let rho = working.table.reach(zip(here, working.origin).map(-), responses: problem.responses)
    let r = working.table.reach(
      zip(request(at: trial).beta, here).map(-), responses: problem.responses)
    let bend = Double.exp(rho)
    guard rho < 5, bend * r < 0.5 else { return nil }
    let (slope, square) = ahead(pull)
    let along = b.indices.reduce(0) { $0 + b[$1] * (gradient[$1] - pull[$1]) }
    return dualityGap(
      trial, pull: pull, value: value - slope + 0.5 * bend * .exp(r) * square,
      dual: value + cross - along - 0.5 * bend / (1 - bend * r) * square)
  }

  /// g'd and d'G d of the step d to `trial`.
  private func ahead(_ pull: [Double]) -> (slope: Double, square: Double) {
    var (slope, square) = (0.0, 0.0)
    for j in b.indices {
      let d = trial[j] - b[j]
      slope += gradient[j] * d
      square += (gradient[j] - pull[j]) * d
    }
    return (slope, max(0, square))
  }

  /// The loss at `trial` as the quadratic has it.
  func valueAhead(_ pull: [Double]) -> Double {
    let (slope, square) = ahead(pull)
    return value - slope + square / 2
  }

  /// Where the first term enters.
  func largestPull(_ alpha: Double) -> Double {
    members.reduce(0) { most, member in
      let factor = penalty.factors[member.coordinates.lowerBound]
      guard factor > 0 else { return most }
      let square = member.coordinates.reduce(0) { $0 + gradient[$1] * gradient[$1] }
      return max(most, square.squareRoot() / factor / alpha)
    }
  }

  /// Raw columns worth a row of the Gram matrix: those of terms that are in, or nearly.
  func columnsNearby() -> Set<Int> {
    var places: Set<Int> = []
    for group in groups {
      let price = penalty.threshold(group.lowerBound, lambda)
      guard group.contains(where: { b[$0] != 0 }) || penalty.pull(group, gradient) >= 0.8 * price
      else { continue }
      for j in group { places.formUnion(gram.coordinates[j].places) }
    }
    return places
  }
}
