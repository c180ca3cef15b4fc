internal import CSVRecords

/// What a fitted column turned out to hold, decided from all of its cells.
public enum ColumnType: Sendable, Equatable {
  /// Numbers, and missing cells.
  case numeric
  /// Text, or codes: each distinct value a level, in order of appearance; nil for missing cells.
  case categorical(levels: [String?])
  /// Text with more levels than a candidate may have: how many, counted up to 100,000; nil where they
  /// were not counted.
  case text(levels: Int?)

  /// One word for tables and the model file.
  public var label: String {
    switch self {
    case .numeric: "numeric"
    case .categorical(let levels):
      Self.isBoolean(levels) ? "boolean" : "categorical"
    case .text: "text"
    }
  }

  /// Whether its cells were looked at as text.
  var wasReadAsText: Bool {
    switch self {
    case .categorical, .text(.some): true
    case .numeric, .text(nil): false
    }
  }

  private static func isBoolean(_ levels: [String?]) -> Bool {
    let words = Set(levels.compactMap { $0?.lowercased() })
    return words.count == 2
      && [["true", "false"], ["yes", "no"], ["t", "f"], ["y", "n"]].contains { Set($0) == words }
  }
}

/// How a column is read in one pass: what is known of its type, and what is guessed.
enum ReadAs: Sendable, Equatable {
  /// Declared: text is a fault.
  case declaredNumber
  /// Taken for a number until a cell says otherwise.
  case number
  /// Text.
  case text
  /// Not at all: it is known to be text with so many levels, and no candidate.
  case ignored(levels: Int)
}

extension Schema {
  /// What is known before any cell is read.
  func initialReading(_ options: Options) throws(Failure) -> [ReadAs] {
    let categorical = try header.columns(options.categorical)
    let numeric = try header.columns(options.numeric)
    if let both = categorical.intersection(numeric).min() {
      throw Failure(
        .usage, "'\(header.label(both))' is named by --categorical and by --numeric")
    }
    if let target = targets.first(where: { categorical.contains($0) }) {
      throw Failure(
        .usage,
        "--categorical names the target '\(header.label(target))' (--family multinomial takes codes for classes)"
      )
    }
    return predictors.map {
      categorical.contains($0) ? .text : numeric.contains($0) ? .declaredNumber : .number
    }
  }

  /// What to take from each record: numbers, then the companions, the target, the weight; texts, then
  /// the fold.
  ///
  /// - Parameter targetIsText: its place is then among the texts, before the fold.
  func parsingPlan(_ reading: [ReadAs], targetIsText: Bool, _ options: Options) -> ParsingPlan {
    var actions = [ColumnAction](repeating: .skip, count: roles.count)
    var (numbers, texts) = (0, 0)
    for (predictor, column) in predictors.enumerated() {
      switch reading[predictor] {
      case .declaredNumber:
        actions[column] = .optional(numbers)
        numbers += 1
      case .number:
        actions[column] = .tentative(numbers)
        numbers += 1
      case .text:
        actions[column] = .text(texts)
        texts += 1
      case .ignored: break
      }
    }
    for column in companions {
      actions[column] = column == event ? .bounded(numbers, .zeroOrOne) : .optional(numbers)
      numbers += 1
    }
    if targetIsText {
      actions[target] = .text(texts)
      texts += 1
    } else {
      actions[target] = targetAction(numbers)
      numbers += 1
    }
    if let weights { actions[weights] = .weight(numbers) }
    if let fold, options.crossValidates { actions[fold] = .text(texts) }
    return ParsingPlan(
      actions, skipsRagged: options.skipsRagged,
      missing: MissingCells(options.missingTexts, areRefused: options.missing == .error))
  }

  /// How a target that is no text is read: the families of numbers alone take no text for a class.
  private func targetAction(_ slot: Int) -> ColumnAction {
    switch family {
    case .poisson, .cox: .bounded(slot, .nonnegative)
    case .huber: .optional(slot)
    case .auto, .gaussian, .binomial, .multinomial:
      targets.count > 1 ? .optional(slot) : .tentative(slot)
    }
  }
}
