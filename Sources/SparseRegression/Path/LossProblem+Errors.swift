/// How far predictions are from rows that a fit did not see.
extension LossProblem {
  /// A fit whose predictions are held against other rows.
  struct Tested {
    /// The blocks of those rows.
    let blocks: [Int]
    /// The least loss of the rows that were fitted, and that of ``leastTested(_:_:_:)``.
    let least: (fitted: Double, tested: Double)
    /// The rows that were fitted, with their coefficients.
    let fitted: LossPass.Request
    /// The same rows with others; nil for the same.
    let refit: LossPass.Request?

    /// The fit, or its blends with the refit.
    ///
    /// - Parameter gammas: the shares of the first.
    func blends(_ gammas: [Double]) -> [LossPass.Request] {
      refit.map { refit in gammas.map { fitted.blended($0, with: refit) } } ?? [fitted]
    }
  }

  /// The errors of some fits.
  ///
  /// - Parameter gammas: the shares of the first coefficients in blends with the second.
  /// - Returns: for each fit, one a blend.
  func errors(of fits: [Tested], _ gammas: [Double], _ pass: LossPass) -> [[Double]] {
    let blends = fits.map { $0.blends(gammas) }
    let found =
      switch objective {
      case .survival(let cox): errors(cox, fits, blends, pass)
      case .rows(let loss):
        concurrentMap(fits.count, threads: pass.threads) {
          errors(loss, fits[$0].blocks, least: fits[$0].least.tested, blends[$0], pass)
        }
      }
    return zip(fits, found).map { fit, errors in
      fit.refit == nil ? gammas.map { _ in errors[0] } : errors
    }
  }

  private func errors(
    _ loss: any RowLoss, _ test: [Int], least: Double, _ blends: [LossPass.Request],
    _ pass: LossPass
  ) -> [Double] {
    if response.metric == .deviance, let sums = pass.losses(test, blends, loss) {
      return sums.map { 2 * ($0 - least) / testWeight(test) }
    }
    let rows = test.flatMap { Array(matrix.blocks[$0]) }
    return blends.map { blend in
      let eta = test.flatMap { pass.predictors(matrix.blocks[$0], blend) }
      if response.metric == .auc {
        return Binomial.oneMinusArea(
          rows.map { matrix.target[$0] }, eta, rows.map { matrix.weights[$0] })
      }
      var sum = 0.0
      for (place, row) in rows.enumerated() {
        let some = eta[place * responses..<(place + 1) * responses]
        sum += matrix.weights[row] * loss.error(row, some, response.metric)
      }
      return sum / testWeight(test)
    }
  }

  /// The deviance of all rows less that of those fitted (van Houwelingen et al., 2006): rows that are tested
  /// are too few to make risk sets of their own. As glmnet has it, the mean weight of either set of rows
  /// is 1.
  private func errors(
    _ cox: Cox, _ fits: [Tested], _ blends: [[LossPass.Request]], _ pass: LossPass
  ) -> [[Double]] {
    func scale(_ blocks: [Int]) -> Double {
      let count = blocks.reduce(0) { $0 + matrix.blocks[$1].count }
      return 2 * Double(count) / blocks.reduce(0) { $0 + matrix.blockWeights[$1] }
    }
    let fitted = blends.joined().map(\.blocks)
    let all = zip(fits, blends).flatMap { fit, blends in
      blends.map { $0.blocks + fit.blocks }
    }
    let losses = pass.losses(cox, Array(blends.joined()), over: [fitted, all])
    var next = 0
    return zip(fits, blends).map { fit, blends in
      defer { next += blends.count }
      return (next..<next + blends.count).map { index in
        (scale(all[index]) * (losses[1][index] - fit.least.tested)
          - scale(fitted[index]) * (losses[0][index] - fit.least.fitted)) / testWeight(fit.blocks)
      }
    }
  }
}
