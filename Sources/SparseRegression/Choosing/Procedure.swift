/// All that is done with rows to choose columns, as one step: path, cross-validation, rule. So it can be
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
    let predictor: Predictor
  }

  public init(
    terms: [Term], penalty: ElasticNet, options: PathOptions, criterion: Criterion,
    plan: CrossValidation.Plan?, maxColumns: Int?, seed: UInt64
  ) {
    (self.terms, self.penalty, self.options, self.criterion) = (terms, penalty, options, criterion)
    (self.plan, self.maxColumns, self.seed) = (plan, maxColumns, seed)
  }

  /// The same, of which nobody is told how far it has come.
  var unwatched: Procedure {
    var other = self
    other.options.watch = nil
    return other
  }

  /// Chooses.
  ///
  /// The predictions are those of the chosen λ; where a rule chooses columns without one, or not all that are in
  /// there, those of a fit to the columns without a penalty.
  ///
  /// - Throws: ``ProcedureError``
  public func apply(to rows: FittedRows) throws(ProcedureError) -> Outcome {
    let kept: [Int]
    switch criterion {
    case .falseDiscoveryRate(let rate):
      do throws(KnockoffError) {
        kept = try KnockoffFilter(
          rows, terms: terms, penalty, options, rate: rate, seed: seed
        ).kept
      } catch { throw .knockoffs(error) }
    case .stability(let request):
      do throws(StabilityError) {
        kept = try StabilitySelection(
          rows, terms: terms, penalty, options, request, seed: seed
        ).kept
      } catch { throw .stability(error) }
    default:
      let (outcome, isWhole) = try atLambda(rows)
      if isWhole { return outcome }
      kept = outcome.kept
    }
    return try refit(kept, rows)
  }

  /// - Returns: the outcome, and whether all is kept that is in at the λ.
  private func atLambda(_ rows: FittedRows) throws(ProcedureError) -> (Outcome, isWhole: Bool) {
    do throws(PathError) {
      let fit = try rows.fit(plan, terms, penalty, options, threads: 1)
      let gammas = options.gammas
      let looked = criterion.choosesBlend ? fit.path : fit.path.blended(gammas[0], of: gammas)
      let selection = Selection(
        looked, by: criterion, crossValidation: fit.crossValidation, maxColumns: maxColumns)
      let kept = selection.kept.filter { penalty.factors[$0] > 0 }
      let path = fit.path.blended(selection.gamma ?? gammas[0], of: gammas)
      return (
        Outcome(kept: kept, predictor: Predictor(path, selection.step)),
        selection.unsteady.isEmpty
      )
    } catch { throw .path(error) }
  }

  /// Fits some terms and the unpenalized ones without a penalty, or, where columns may tell classes apart for
  /// certain, with what is left of one at the end of a path.
  private func refit(_ kept: [Int], _ rows: FittedRows) throws(ProcedureError) -> Outcome {
    let (isIn, isLeastSquares) = (Set(kept), rows.family == .gaussian)
    let factors = terms.indices.map { term in
      if penalty.factors[term] == 0 { return 0.0 }
      return isIn.contains(term) ? isLeastSquares ? 0 : 1 : .infinity
    }
    var options = options
    (options.including, options.gammas) = (nil, [1])
    options.grid =
      isLeastSquares ? .values([0]) : kept.isEmpty ? .values([1]) : .automatic()
    do throws(PathError) {
      let path = try rows.fit(
        nil, terms, ElasticNet(factors: factors, bounds: penalty.bounds), options, threads: 1
      ).path
      return Outcome(kept: kept, predictor: Predictor(path, path.points.count - 1))
    } catch { throw .path(error) }
  }
}

/// Why a procedure has no outcome.
public enum ProcedureError: Error, Equatable {
  case path(PathError)
  case knockoffs(KnockoffError)
  case stability(StabilityError)

  /// Whether some rows have a target with nothing to tell.
  var isConstantTarget: Bool {
    switch self {
    case .path(let error), .knockoffs(.path(let error)), .stability(.path(let error)):
      error == .constantTarget
    default: false
    }
  }
}
