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
  /// At most so many columns are kept, as ``columnCounts`` counts them.
  public var maxColumns: Int?
  /// For each term, the columns that it counts as: those of a group.
  public var columnCounts: [Int]
  public var seed: UInt64

  /// What was chosen, and where.
  public struct Choice: Sendable {
    /// Of the chosen blend.
    public let path: RegularizationPath
    /// Nil where nothing is cross-validated.
    public let crossValidation: CrossValidation?
    public let selection: Selection
    /// The share of the penalized fits in ``path``.
    public let gamma: Double
    /// What the choice rests on where it is not a λ of the path.
    public let evidence: Evidence?
  }

  /// What was chosen, and what it predicts.
  public struct Outcome: Sendable {
    /// Terms, increasing; unpenalized ones are not among them.
    public let kept: [Int]
    let predictor: Predictor
    /// Whether the path ended before its time.
    var isCutShort = false
  }

  /// - Parameter columnCounts: one for each term; a term counts as one if nil.
  public init(
    terms: [Term], penalty: ElasticNet, options: PathOptions, criterion: Criterion,
    plan: CrossValidation.Plan?, maxColumns: Int?, columnCounts: [Int]? = nil, seed: UInt64
  ) {
    (self.terms, self.penalty, self.options, self.criterion) = (terms, penalty, options, criterion)
    (self.plan, self.maxColumns, self.seed) = (plan, maxColumns, seed)
    self.columnCounts = columnCounts ?? terms.map { _ in 1 }
  }

  /// The same, of which nobody is told how far it has come, where it is done several times: what the path of one
  /// may cost, all of them may.
  func oneOf(_ times: Int) -> Procedure {
    var other = self
    other.options.progress = nil
    other.options.workShare /= Double(max(1, times))
    return other
  }

  /// How many columns some terms are.
  func columns(of terms: [Int]) -> Int { terms.reduce(0) { $0 + columnCounts[$1] } }

  // MARK: Choosing

  /// The path that is chosen from.
  ///
  /// - Throws: ``PathError``
  public func fit(_ rows: FittedRows, threads: Int) throws(PathError) -> PathFit {
    try rows.fit(plan, terms, penalty, options, threads: threads)
  }

  /// Chooses from a path on some rows.
  ///
  /// - Parameter fit: ``fit(_:threads:)`` to the same rows.
  /// - Throws: ``ProcedureError``
  public func choose(from fit: PathFit, _ rows: FittedRows, threads: Int) throws(ProcedureError)
    -> Choice
  {
    guard fit.crossValidation != nil || !criterion.needsCrossValidation else {
      throw .path(.boundless(lambda: nil))
    }
    let (evidence, gammas) = (try evidence(in: rows, threads: threads), options.gammas)
    // A rule that looks at no blends looks at what is reported.
    let looked = criterion.choosesBlend ? fit.path : fit.path.blended(gammas[0], of: gammas)
    let selection =
      if let evidence {
        Selection(looked, keeping: evidence.kept)
      } else {
        Selection(
          looked, by: criterion, crossValidation: fit.crossValidation, maxColumns: maxColumns
        ) { columnCounts[$0] }
      }
    if let maxColumns, selection.isCrowded { throw .path(.crowded(most: maxColumns)) }
    let gamma = selection.gamma ?? gammas[0]
    return Choice(
      path: fit.path.blended(gamma, of: gammas), crossValidation: fit.crossValidation,
      selection: selection, gamma: gamma, evidence: evidence)
  }

  /// What a rule knows that chooses columns by other means than a λ; nil for all others.
  private func evidence(in rows: FittedRows, threads: Int) throws(ProcedureError) -> Evidence? {
    switch criterion {
    case .falseDiscoveryRate(let rate):
      do throws(KnockoffError) {
        return .knockoffs(
          try KnockoffFilter(
            rows, terms: terms, penalty, options, rate: rate, seed: seed, threads: threads))
      } catch { throw .knockoffs(error) }
    case .stability(let request):
      do throws(StabilityError) {
        return .stability(
          try StabilitySelection(
            rows, terms: terms, penalty, options, request, seed: seed, threads: threads))
      } catch { throw .stability(error) }
    default: return nil
    }
  }

  // MARK: The procedure as a whole

  /// Chooses, and predicts with what was chosen.
  ///
  /// The predictions are those of the chosen λ; where a rule chooses columns without one, or not all that are in
  /// there, those of a fit to the columns without a penalty.
  ///
  /// - Throws: ``ProcedureError``
  public func apply(to rows: FittedRows) throws(ProcedureError) -> Outcome {
    if criterion.choosesColumns {
      return try refit(try evidence(in: rows, threads: 1)?.kept ?? [], rows)
    }
    let fit: PathFit
    do throws(PathError) { fit = try self.fit(rows, threads: 1) } catch { throw .path(error) }
    let choice = try choose(from: fit, rows, threads: 1)
    let kept = choice.selection.kept.filter { penalty.factors[$0] > 0 }
    guard choice.selection.unsteady.isEmpty else { return try refit(kept, rows) }
    return Outcome(
      kept: kept, predictor: Predictor(choice.path, choice.selection.step),
      isCutShort: choice.path.end != nil)
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
