public import SparseRegression

/// What a choice of columns rests on, in words.
extension Evidence {
  /// Why a term that could have been kept was kept, or not.
  func reason(_ term: Int, _ isSelected: Bool) -> String {
    switch self {
    case .knockoffs(let filter):
      if filter.dependent.contains(term) { return "columns before it add up to it" }
      let votes = Int((filter.frequencies[term] * Double(filter.draws)).rounded())
      return "chosen in \(votes) of \(filter.draws) draws of knockoffs"
    case .stability(let selection):
      let picks = Int((selection.frequencies[term] * Double(selection.halves)).rounded())
      return "picked in \(picks) of \(selection.halves) halves of the rows"
    }
  }

  /// For the model file, beside the rule.
  var figures: [(key: String, value: Double)] {
    switch self {
    case .knockoffs(let filter):
      [("draws", Double(filter.draws)), ("fewest", Double(filter.fewest))]
    case .stability(let selection):
      [
        ("halves", Double(selection.halves)), ("q", Double(selection.picked)),
        ("pi", selection.threshold), ("pfer", selection.errorRate),
      ]
    }
  }

  /// In a few words.
  public var summary: String {
    switch self {
    case .knockoffs(let filter): "chosen in most of \(filter.draws) draws of knockoffs"
    case .stability(let selection):
      "among the first \(selection.picked) to enter in \(percent(selection.threshold)) or more of \(selection.halves) halves of the rows; at most \(rounded(selection.errorRate)) false ones on average"
    }
  }

  /// What a person should know of the choice.
  public func notes(_ fit: Fit) -> [String] {
    switch self {
    case .knockoffs(let filter):
      var notes: [String] = []
      if !filter.dependent.isEmpty {
        let names = filter.dependent.prefix(5).map { term in
          fit.columns[term].map { fit.schema.header.label($0) }.joined(separator: " + ")
        }
        let more = filter.dependent.count > 5 ? " and \(filter.dependent.count - 5) more" : ""
        notes.append(
          "columns that others before them add up to, which took no part: "
            + names.joined(separator: ", ") + more)
      }
      if filter.isApproximate {
        notes.append(
          "knockoffs rest on estimated correlations of the columns: \(fit.criterion.label) is approximate"
        )
      }
      if filter.kept.isEmpty {
        let few = filter.candidates < filter.fewest ? "there are \(filter.candidates); " : ""
        notes.append(
          "\(fit.criterion.label) keeps \(filter.fewest) columns or more, or none: fewer cannot be told from chance at that rate (\(few)a larger Q, or --choose 1se)"
        )
      }
      return notes
    case .stability: return []
    }
  }

  private func percent(_ share: Double) -> String { "\(rounded(100 * share)) %" }

  /// To two places.
  private func rounded(_ value: Double) -> String { decimalText((value * 100).rounded() / 100) }
}
