/// All that is done with moments to choose columns, as one step: path, cross-validation, rule. So it can be
/// done again, on part of the rows or with another target.
public struct Procedure: Sendable {
  public var terms: [Term]
  /// One factor a term.
  public var penalty: ElasticNet
  public var options: PathOptions
  public var criterion: Criterion
  /// Nil where nothing is cross-validated.
  public var plan: CrossValidation.Plan?
  public var maxColumns: Int?
  public var seed: UInt64

  /// What was chosen, and what it predicts.
  public struct Outcome: Sendable {
    /// Terms, increasing; unpenalized ones are not among them.
    public let kept: [Int]
    let raw: (intercept: Double, columns: [Int], values: [Double])

    /// The mean squared error on other rows.
    func error(on test: Moments) -> Double {
      Gaussian.meanSquaredError(
        test, support: raw.columns, beta: raw.values, intercept: raw.intercept)
    }
  }

  public init(
    terms: [Term], penalty: ElasticNet, options: PathOptions, criterion: Criterion,
    plan: CrossValidation.Plan?, maxColumns: Int?, seed: UInt64
  ) {
    (self.terms, self.penalty, self.options, self.criterion) = (terms, penalty, options, criterion)
    (self.plan, self.maxColumns, self.seed) = (plan, maxColumns, seed)
  }

  /// Chooses.
  ///
  /// The predictions are those of the chosen λ; where a rule chooses columns without one, or not all that are in
  /// there, those of least squares on the columns.
  ///
  /// - Parameter blocks: moments of disjoint sets of rows.
  /// - Throws: ``ProcedureError``
  public func apply(to blocks: [Moments]) throws(ProcedureError) -> Outcome {
    let kept: [Int]
    switch criterion {
    case .falseDiscoveryRate(let rate):
      do throws(KnockoffError) {
        kept = try KnockoffFilter(
          blocks, terms: terms, penalty, options, rate: rate, seed: seed
        ).kept
      } catch { throw .knockoffs(error) }
    case .stability(let request):
      do throws(StabilityError) {
        kept = try StabilitySelection(
          blocks, terms: terms, penalty, options, request, seed: seed
        ).kept
      } catch { throw .stability(error) }
    default:
      let (outcome, isWhole) = try atLambda(blocks)
      if isWhole { return outcome }
      kept = outcome.kept
    }
    return try refit(kept, blocks)
  }

  /// - Returns: the outcome, and whether all is kept that is in at the λ.
  private func atLambda(_ blocks: [Moments]) throws(ProcedureError) -> (Outcome, isWhole: Bool) {
    do throws(PathError) {
      let fit = try PathFit(blocks, plan: plan, terms: terms, penalty, options)
      let gammas = options.gammas
      let looked = criterion.choosesBlend ? fit.path : fit.path.blended(gammas[0], of: gammas)
      let selection = Selection(
        looked, by: criterion, crossValidation: fit.crossValidation, maxColumns: maxColumns)
      let kept = selection.kept.filter { penalty.factors[$0] > 0 }
      let path = fit.path.blended(selection.gamma ?? gammas[0], of: gammas)
      return (
        Outcome(kept: kept, raw: path.original(selection.step)), selection.unsteady.isEmpty
      )
    } catch { throw .path(error) }
  }

  /// Least squares on some terms and the unpenalized ones.
  private func refit(_ kept: [Int], _ blocks: [Moments]) throws(ProcedureError) -> Outcome {
    let isIn = Set(kept)
    let factors = terms.indices.map { term in
      isIn.contains(term) || penalty.factors[term] == 0 ? 0 : Double.infinity
    }
    var options = options
    (options.grid, options.including, options.gammas) = (.values([0]), nil, [1])
    do throws(PathError) {
      let path = try PathFit(
        blocks, terms: terms, ElasticNet(factors: factors, bounds: penalty.bounds), options
      ).path
      return Outcome(kept: kept, raw: path.original(0))
    } catch { throw .path(error) }
  }
}

/// Why a procedure has no outcome.
public enum ProcedureError: Error, Equatable {
  case path(PathError)
  case knockoffs(KnockoffError)
  case stability(StabilityError)
}
