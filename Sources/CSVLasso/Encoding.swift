internal import SparseRegression

/// What the columns of the moments are, once all rows are read. One entry a predictor.
struct Encoding: Sendable {
  let types: [ColumnType]
  /// Over the columns of the moments; nil for a predictor that cannot be fitted.
  let terms: [Term?]
  /// Missing cells.
  let missing: [Int]
  /// Whether the column holds whole numbers that only rise, or only fall.
  let isSequence: [Bool]
  let target: Int

  /// The same over raw columns that have other numbers.
  func renumbered(_ numbers: [Int]) -> Encoding {
    let moved = terms.map { $0?.renumbered { numbers[$0] } }
    return Encoding(
      types: types, terms: moved, missing: missing, isSequence: isSequence, target: target)
  }

  /// The same, as far as the rows that are fitted know it.
  ///
  /// Levels and missing cells of other rows leave no trace in the fit. Text that is different in every
  /// row is no candidate, as an id is none: its levels would explain any target.
  ///
  /// - Parameters:
  ///   - rows: how many rows are fitted.
  ///   - declared: predictors that are categorical by request, whatever they hold.
  ///   - isMet: whether an indicator is 1 in any of them.
  func confined(toRows rows: Int, declared: Set<Int>, isMet: (Int) -> Bool) -> Encoding {
    var (types, terms) = (types, terms)
    for predictor in terms.indices {
      switch terms[predictor] {
      case .imputed(let value, let missing, _), .indicated(let value, let missing, _):
        if !isMet(missing) { terms[predictor] = .number(value) }
      case .levels(let columns):
        guard case .categorical(let levels) = types[predictor] else { continue }
        let met = columns.indices.filter { isMet(columns[$0]) }
        if met.count == rows && met.count > 2 && !declared.contains(predictor) {
          types[predictor] = .text(levels: met.count)
          terms[predictor] = nil
        } else if !met.isEmpty {
          types[predictor] = .categorical(levels: met.map { levels[$0] })
          terms[predictor] = .levels(met.map { columns[$0] })
        }
      case .number, .group, nil: break
      }
    }
    return Encoding(
      types: types, terms: terms, missing: missing, isSequence: isSequence, target: target)
  }

  /// The columns of the moments that terms use, the target last, and the terms over these.
  func compact() -> (columns: [Int], terms: [Term], predictors: [Int]) {
    let predictors = terms.indices.filter { terms[$0] != nil }
    let used = predictors.map { terms[$0]! }
    // Values first, in order, so that a table of numbers alone is as it came.
    var columns = used.compactMap { $0.columns.first } + used.flatMap { $0.columns.dropFirst() }
    columns.append(target)
    var place: [Int: Int] = [:]
    for (new, old) in columns.enumerated() { place[old] = new }
    return (columns, used.map { $0.renumbered { place[$0]! } }, predictors)
  }
}
