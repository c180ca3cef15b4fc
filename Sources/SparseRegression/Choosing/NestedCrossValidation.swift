/// The error of a whole procedure, the choice included, on rows that it never saw.
///
/// A cross-validated error at a λ that was chosen because its error is small is too small. Here each fold's
/// rows are kept from everything: the path, the cross-validation and the choice are done again on the rest
/// of the rows, and what comes of it is tested on the fold (Stone, 1974; Varma & Simon, 2006).
///
/// Mean and standard error over folds are those of ``FoldErrors``, and so is the error: for families other than
/// `gaussian` the metric of the response.
public struct NestedCrossValidation: Sendable, Equatable {
  /// The mean error on rows that took no part in choice or fit.
  public let mean: Double
  public let standardError: Double
  /// For each fold, the terms that were chosen without it.
  public let kept: [[Int]]
  /// How many of the folds had a path that ended before its time.
  public let cutShort: Int
  /// For each fold, how many columns they are.
  public let columnsKept: [Int]

  public var folds: Int { kept.count }

  /// - Parameters:
  ///   - plan: how blocks make folds; within a training set they make folds in the same way.
  /// - Throws: ``ProcedureError``, that of the first fold which has one.
  /// - Complexity: the procedure's, once a fold.
  public init(
    _ rows: FittedRows, plan: CrossValidation.Plan, _ procedure: Procedure, threads: Int = 1
  ) throws(ProcedureError) {
    let (used, folds) = (rows.used, Self.folds(plan, of: rows.usedRows))
    precondition(folds.count >= 2, "nested cross-validation needs folds")
    let progress = procedure.options.progress
    let procedure = procedure.oneOf(folds.count)
    let results = concurrentMap(folds.count, threads: threads, progress, .nested) { index in
      Result { () throws(ProcedureError) in
        let (training, test) = (
          folds[index].training.map { used[$0] }, folds[index].test.map { used[$0] }
        )
        let outcome = try procedure.apply(to: rows.keeping(training))
        let tested = outcome.predictor.error(in: rows, on: test, of: training)
        return (
          error: tested.error, weight: tested.weight, kept: outcome.kept,
          isCutShort: outcome.isCutShort
        )
      }
    }
    var (errors, weights, kept, cutShort) = ([Double](), [Double](), [[Int]](), 0)
    for result in results {
      let fold = try result.get()
      errors.append(fold.error)
      weights.append(fold.weight)
      kept.append(fold.kept)
      cutShort += fold.isCutShort ? 1 : 0
    }
    let all = FoldErrors(errors, weights: weights)
    guard all.mean.isFinite && all.standardError.isFinite else {
      throw .path(.boundless(lambda: nil))
    }
    (mean, standardError) = (all.mean, all.standardError)
    (self.kept, self.cutShort) = (kept, cutShort)
    columnsKept = kept.map { procedure.columns(of: $0) }
  }

  /// How many blocks a plan needs, so that each training set has folds of its own.
  public static func leastBlocks(_ plan: CrossValidation.Plan) -> Int {
    plan == .forward ? 5 : 3
  }

  /// The folds of one partition; where they go forward, those whose training set still makes two folds.
  ///
  /// - Parameter rows: of each block.
  static func folds(_ plan: CrossValidation.Plan, of rows: [Int]) -> [Partitions.Fold] {
    let partitions = plan.partitions(of: rows)
    let first = partitions.folds.prefix(partitions.foldsEach)
    return plan == .forward ? Array(first.dropFirst(2)) : Array(first)
  }
}
