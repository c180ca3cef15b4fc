internal import SparseRegression

/// What was left out and could stand in for what was chosen.
extension Fit {
  /// What could stand in for a term that was chosen. Correlations are cut after four places, so that 1 is a
  /// twin's alone.
  func understudies(of term: Int) -> [(label: String, correlation: Double)] {
    (understudies?[term] ?? []).map { one in
      let some = columns[one.term]
      let group = some.count > 1 ? schema.group(of: some.first!) : nil
      let isTwin = path.exclusions[one.term] == .twin(of: term)
      return (
        group ?? schema.header.label(some.first!),
        isTwin ? 1 : (one.correlation * 1e4).rounded(.down) / 1e4
      )
    }
  }
}

extension RowBlocks {
  /// What could stand in for the terms that were chosen, those with the largest coefficients first; not for
  /// those that are in without a choice.
  func understudies(of selection: Selection, _ path: RegularizationPath, _ options: Options)
    -> Understudies?
  {
    guard !options.isExact else { return nil }
    let point = path.points[selection.step]
    let norms = Dictionary(uniqueKeysWithValues: zip(point.support, point.norms))
    let leads = selection.kept.filter { path.penalty.factors[$0] > 0 }
      .sorted { (-(norms[$0] ?? 0), $0) < (-(norms[$1] ?? 0), $1) }
    var isOut = zip(path.exclusions, path.penalty.factors).map { $0 != .constant && $1 > 0 }
    for term in selection.kept { isOut[term] = false }
    switch fitted {
    case .moments(let blocks):
      return Understudies(
        blocks, terms: terms, of: leads, isOut: isOut, threads: options.threads)
    case .columns(let matrix, _):
      guard options.findsUnderstudies else { return nil }
      return Understudies(
        matrix, terms: terms, of: leads, isOut: isOut, threads: options.threads)
    }
  }
}
