internal import SparseRegression

/// The procedure tried again: without some rows, and on targets of noise.
extension Fit {
  /// - Throws: ``Failure`` where they are asked for and cannot be had.
  static func checks(
    _ blocks: RowBlocks, _ procedure: Procedure, _ schema: Schema, _ options: Options,
    _ source: String, _ progress: @escaping Progress
  ) throws(Failure) -> (nested: NestedCrossValidation?, probe: NullProbe?) {
    guard options.isNested || options.isProbed else { return (nil, nil) }
    let (rows, plan) = (blocks.fitted, procedure.plan)
    var procedure = procedure
    if options.isNested, let plan {
      let filled = rows.blockRows.count { $0 > 0 }
      let least = NestedCrossValidation.leastBlocks(plan)
      guard filled >= least else {
        throw Failure(
          .data,
          "\(source): --nested makes folds within folds, for which \(filled) are too few; it takes \(least) or more"
        )
      }
    }
    do throws(ProcedureError) {
      procedure.options.watch = Watch { progress("nested", .parts($0, of: $1)) }
      let nested: NestedCrossValidation? =
        if options.isNested, let plan {
          try NestedCrossValidation(rows, plan: plan, procedure, threads: options.threads)
        } else { nil }
      procedure.options.watch = Watch { progress("probe", .parts($0, of: $1)) }
      let probe =
        options.isProbed ? try NullProbe(rows, procedure, threads: options.threads) : nil
      return (nested, probe)
    } catch { throw failure(error, blocks, schema, options, source) }
  }

  /// Why a procedure has no outcome.
  static func failure(
    _ error: ProcedureError, _ blocks: RowBlocks, _ schema: Schema, _ options: Options,
    _ source: String
  ) -> Failure {
    switch error {
    case .path(let error), .knockoffs(.path(let error)), .stability(.path(let error)):
      failure(error, blocks, schema, source)
    case .knockoffs(.tooFewRows):
      Failure(
        .data,
        "\(source): the columns that are always in leave --choose fdr no rows to tell others by (leave some out of --keep)"
      )
    case .knockoffs(.singular):
      Failure(
        .data,
        "\(source): columns depend on each other so nearly that --choose fdr cannot tell them apart (leave some out, or use --choose 1se)"
      )
    case .knockoffs(.noRoom(let error)): Failure(error, source: source)
    case .stability(let error): failure(error, options, source)
    }
  }

  private static func failure(
    _ error: StabilityError, _ options: Options, _ source: String
  ) -> Failure {
    guard case .stability(let request) = options.criterion else {
      preconditionFailure("another rule's error")
    }
    switch error {
    case .path: preconditionFailure("told elsewhere")
    case .tooFewRows:
      return Failure(
        .data,
        "\(source): --choose stable halves the rows again and again, and needs four blocks of them or more (deal more folds, or use --choose fdr=0.2)"
      )
    case .noCandidate:
      return Failure(.data, "\(source): --choose stable has no column to choose from")
    case .unreachable:
      let rate = request.errorRate ?? StabilitySelection.Request.usualErrorRate
      let (what, remedy) =
        request.picked == nil ? ("--q", "a larger --pi") : ("--pi", "a smaller --q")
      return Failure(
        .usage,
        "no \(what) keeps to --pfer \(decimalText(rate)) by the \(request.bound.rawValue) bound (allow a larger --pfer, or \(remedy))"
      )
    case .tooManyPicked(let count):
      return Failure(
        .usage, "--q \(request.picked ?? 0) is more than the \(count) columns to choose from")
    }
  }
}
