internal import CSVRecords
internal import SparseRegression

/// What the target's cells say of the family, as they come.
struct TargetWatch {
  /// More classes than this are a mistake.
  static let mostClasses = 100

  private let schema: Schema
  private let options: Options
  private let source: String
  /// Where the target is read as text, the first cell that asked for it.
  let text: ParsedRows.Contradiction?
  /// Where the target was read as numbers, the first cell that is none.
  private(set) var contradiction: ParsedRows.Contradiction?
  /// The labels of a target that is text, in order of appearance; a label is read as its place.
  private var labels: [[UInt8]] = []
  private var places: [[UInt8]: Int] = [:]
  /// Distinct values of the rows to be fitted, as they were read; one more than ``most`` at most.
  private var values: Set<Double> = []
  /// How many distinct values may be classes.
  private let most: Int

  /// - Parameter text: a cell that is no number, where the target is to be read as text.
  init(_ schema: Schema, _ options: Options, source: String, text: ParsedRows.Contradiction?) {
    (self.schema, self.options, self.source, self.text) = (schema, options, source, text)
    most =
      switch options.family {
      case .auto: text == nil ? 2 : Self.mostClasses
      case .multinomial: Self.mostClasses
      case .gaussian, .binomial: 2
      case .poisson, .cox, .huber: 0
      }
  }

  var isText: Bool { text != nil }

  private var hasManyValues: Bool { values.count > most }

  /// The same target from now on read as text, as a cell asked for.
  func readAsText() -> TargetWatch {
    TargetWatch(schema, options, source: source, text: contradiction)
  }

  /// Whether no cell to come can ask for another reading: text would be refused.
  var isSettled: Bool {
    switch options.family {
    case .auto: isText || !values.isEmpty
    case .gaussian, .binomial, .multinomial: isText || hasManyValues
    case .poisson, .cox, .huber: true
    }
  }

  /// What the rows so far are taken in for.
  var purpose: RowCollector.Purpose {
    switch options.family {
    case .gaussian: schema.targets.count > 1 ? .rows : .leastSquares
    case .auto where schema.targets.count > 1: .rows
    case .auto where isText: .rows
    case .auto: values.isSubset(of: [0, 1]) ? .open : .leastSquares
    case .binomial, .multinomial, .poisson, .cox, .huber: .rows
    }
  }

  /// Takes note of the target of a row that is fitted.
  mutating func see(_ value: Double) { if values.count <= most { values.insert(value) } }

  /// Takes note of text in a target that was read as numbers.
  ///
  /// - Throws: ``Failure`` where the numbers before it say that it is no class.
  mutating func contradict(_ cell: ParsedRows.Contradiction) throws(Failure) {
    if contradiction == nil { contradiction = cell }
    if options.family == .auto && !values.isEmpty { throw mixture(cell) }
    if hasManyValues { throw tooManyValues }
  }

  /// For each code of a target that is text, what it is read as; NaN for missing.
  mutating func labels(of piece: ParsedRows) throws(Failure) -> [Double]? {
    guard isText else { return nil }
    let slot = piece.levels.count - (schema.fold != nil && options.crossValidates ? 2 : 1)
    let codes = piece.levels[slot].map { level -> Double in
      guard let level else { return .nan }
      if let place = places[level] { return Double(place) }
      places[level] = labels.count
      labels.append(level)
      return Double(labels.count - 1)
    }
    // Least squares codes them as they come, fitted or not.
    guard options.family != .gaussian || labels.count <= 2 else { throw tooManyValues }
    return codes
  }

  /// - Throws: ``Failure`` for more values than there may be classes.
  func refuseTooManyValues() throws(Failure) {
    guard hasManyValues, isText || options.family == .binomial || options.family == .multinomial
    else { return }
    if let text, isMixture { throw mixture(text) }
    throw tooManyValues
  }

  /// What the target is, once all rows are read.
  ///
  /// - Throws: ``Failure`` for a target, or options, that the family does not take.
  func outcome() throws(Failure) -> FittedTarget {
    let count = schema.targets.count
    switch options.family {
    case .auto where count > 1, .gaussian where count > 1:
      return try told(FittedTarget(.multigaussian(targets: count)))
    case .gaussian: return isText ? classes(.gaussian) : FittedTarget(.gaussian)
    case .poisson: return FittedTarget(.poisson)
    case .cox: return FittedTarget(.cox)
    case .huber: return FittedTarget(.huber(delta: options.huberDelta))
    case .binomial: return classes(.binomial)
    case .multinomial: return classes(.multinomial(classes: values.count))
    case .auto:
      if let text, isMixture { throw mixture(text) }
      guard isText || values == [0, 1] else {
        return try told(FittedTarget(.gaussian, isTold: true))
      }
      return try told(classes(values.count > 2 ? .multinomial(classes: values.count) : .binomial))
    }
  }

  /// Refuses options that do not go with the family that was told.
  private func told(_ target: FittedTarget) throws(Failure) -> FittedTarget {
    try options.refuseWhatIsNot(for: target.family)
    return target
  }

  private func classes(_ family: Family) -> FittedTarget {
    let classes = values.map { value in
      (value: value, bytes: isText ? labels[Int(value)] : Array(decimalText(value).utf8))
    }.sorted { a, b in
      isText ? a.bytes.lexicographicallyPrecedes(b.bytes) : a.value < b.value
    }
    return FittedTarget(
      family, classes: classes.map { ($0.value, String(decoding: $0.bytes, as: UTF8.self)) },
      isTold: options.family == .auto)
  }

  /// Whether numbers stand beside the text, which is then more likely a slip than a class.
  private var isMixture: Bool {
    options.family == .auto
      && values.contains {
        parseNumber(String(decoding: labels[Int($0)], as: UTF8.self)) != nil
      }
  }

  private func mixture(_ cell: ParsedRows.Contradiction) -> Failure {
    Failure(
      .data,
      "\(source):\(cell.line): column '\(name)': '\(cell.text)' is not a number, and other cells of the target are (--na '\(cell.text)' if it means a missing cell; --family multinomial if the cells are classes)"
    )
  }

  private var tooManyValues: Failure {
    let text =
      switch options.family {
      case .gaussian:
        "text and more than two values; --family gaussian takes numbers or two labels"
      case .binomial:
        "more than two values; --family binomial takes two (--family multinomial takes more)"
      default:
        "more than \(Self.mostClasses) \(isText ? "labels" : "values"), too many for classes (is it the column to predict?)"
      }
    return Failure(.data, "\(source): the target '\(name)' holds \(text)")
  }

  private var name: String { schema.header.label(schema.target) }
}
