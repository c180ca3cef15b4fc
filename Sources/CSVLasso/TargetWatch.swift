internal import CSVRecords

/// What the target's cells say of the family.
struct TargetWatch {
  /// Whether the target is read as text.
  let isText: Bool
  /// Whether the target was read as numbers and holds text.
  private(set) var isContradicted = false
  /// The labels of a target that is text, in order of appearance; they are coded 0 and 1.
  private var found: [[UInt8]] = []
  /// Distinct values, up to three.
  private var values: Set<Double> = []

  init(isText: Bool) { self.isText = isText }

  /// The labels as they are coded in the end: in alphabetical order.
  var sortedLabels: [String] { found.map { String(decoding: $0, as: UTF8.self) }.sorted() }

  /// Whether the label that came first is the second in order.
  var isReversed: Bool { sortedLabels.count == 2 && !sortedLabels[0].utf8.elementsEqual(found[0]) }

  /// Whether no cell to come can ask for another reading: text that follows three numbers is a third
  /// label.
  func isSettled(_ options: Options) -> Bool {
    isText || options.family == .auto || values.count >= 3
  }

  mutating func see(_ value: Double) { if values.count < 3 { values.insert(value) } }

  /// Notes text in a target that was read as numbers.
  ///
  /// - Throws: ``Failure`` where the family is to be told from the cells, since only numbers are fitted.
  mutating func contradict(
    _ cell: ParsedRows.Contradiction, _ schema: Schema, _ options: Options, source: String
  ) throws(Failure) {
    guard options.family == .gaussian else {
      throw Failure(
        .data,
        "\(source):\(cell.line): column '\(schema.header.label(schema.target))': '\(cell.text)' is not a number, and a target of classes is not fitted yet (--na '\(cell.text)' if it means a missing cell; --family gaussian fits two labels as 0 and 1)"
      )
    }
    guard values.count < 3 else { throw tooManyLabels(schema, source) }
    isContradicted = true
  }

  /// For each code of a target that is text, its number.
  mutating func labels(
    of piece: ParsedRows, _ schema: Schema, _ options: Options, source: String
  ) throws(Failure) -> [Double]? {
    guard isText else { return nil }
    let place = piece.levels.count - (schema.fold != nil && options.crossValidates ? 2 : 1)
    var numbers: [Double] = []
    for level in piece.levels[place] {
      guard let level else {
        numbers.append(.nan)
        continue
      }
      if !found.contains(level) { found.append(level) }
      numbers.append(Double(found.firstIndex(of: level)!))
    }
    guard found.count <= 2 else {
      throw tooManyLabels(schema, source)
    }
    return numbers
  }

  /// - Throws: ``Failure`` for a target of zeros and ones, unless it is to be fitted as numbers.
  func check(_ schema: Schema, _ options: Options, source: String) throws(Failure) {
    if options.family == .auto && values == [0, 1] {
      throw Failure(
        .data,
        "\(source): the target '\(schema.header.label(schema.target))' holds only 0 and 1, and a target of classes is not fitted yet (--family gaussian fits it as a number, a linear probability)"
      )
    }
  }

  private func tooManyLabels(_ schema: Schema, _ source: String) -> Failure {
    Failure(
      .data,
      "\(source): the target '\(schema.header.label(schema.target))' holds text and more than two values; --family gaussian takes numbers or two labels"
    )
  }

}
