internal import SparseRegression

/// What became of each column, and why.
extension Fit {
  /// The outcome for one column.
  public struct ColumnReport: Sendable {
    /// In the file, from 0.
    public let index: Int
    public let label: String
    public let role: Schema.Role
    /// Whether the column is written.
    public let isKept: Bool
    public let reason: String
    /// The declared group that the column is in.
    public var group: String?
    /// What the column holds; nil where it was not looked at.
    public var type: ColumnType?
    /// Missing cells.
    public var missing: Int?
    /// The first step of the path with a nonzero coefficient, from 1.
    public var entryStep: Int?
    public var entryLambda: Double?
    /// At the chosen λ, on the original scale; nil for a group, and where there are several linear
    /// predictors.
    public var coefficient: Double?
    /// At the chosen λ: the change of the linear predictor for one standard deviation of the column; for
    /// a group the standard deviation of what it adds to the fit; the length of these over several linear
    /// predictors.
    public var standardizedCoefficient: Double?
    /// At the chosen λ, for each level of a categorical, what it adds to the fit; these have mean zero
    /// over the rows. Nil where there are several linear predictors.
    public var levels: [(level: String?, value: Double?)] = []
    public var center: Double?
    public var scale: Double?
    /// The column that stands in for this one.
    public var twin: String?
    /// The penalty factor, where an initial fit weighed it and it is finite.
    public var factor: Double?
    /// What looks like a trap.
    public var warning: String?
    /// How often the column was chosen, of all times that it was tried; nil for rules that try once.
    public var frequency: Double?
    /// What was left out and could stand in for this one, the most alike first: columns or declared groups.
    public var understudies: [(label: String, correlation: Double)] = []
  }

  /// One entry a column of the file, made when it is looked at: as many reports are never held.
  ///
  /// - Complexity: O(columns + steps · support)
  public func columnReports() -> ColumnReports { ColumnReports(self) }

  /// The reports of all columns.
  public struct ColumnReports: RandomAccessCollection, Sendable {
    private let fit: Fit
    private let chosen: ChosenPoint
    /// For each term, where it first has a coefficient.
    private let entries: [Int?]
    /// For each term, whether it was chosen.
    private let isSelected: [Bool]
    /// For each column of the file, its term, or -1, and which of its columns it is.
    private let places: (term: [Int32], member: [Int32])
    /// For each column of the file that is in a declared group, its name.
    private let groupOf: [Int: String]
    /// For each column of the file, its place among the predictors, or -1.
    private let predictorOf: [Int32]

    fileprivate init(_ fit: Fit) {
      self.fit = fit
      chosen = ChosenPoint(fit)
      entries = fit.path.entries
      var isSelected = [Bool](repeating: false, count: fit.columns.count)
      for term in fit.selection.kept { isSelected[term] = true }
      self.isSelected = isSelected
      places = fit.columns.places(among: fit.schema.roles.count)
      groupOf = Dictionary(
        uniqueKeysWithValues: fit.schema.groups.flatMap { group in
          group.columns.map { ($0, group.name) }
        })
      predictorOf = CSVLasso.places(of: fit.schema.predictors, among: fit.schema.roles.count)
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { fit.schema.roles.count }

    /// - Complexity: O(levels)
    public subscript(column: Int) -> ColumnReport {
      let predictor = Int(predictorOf[column])
      guard predictor >= 0 else { return fit.plain(column) }
      let (term, member) = (term(column), Int(places.member[column]))
      let entry = term.flatMap { entries[$0] }
      var report = ColumnReport(
        index: column, label: fit.schema.header.label(column), role: fit.schema.roles[column],
        isKept: isWritten(column),
        reason: fit.reason(
          column, term, member, fit.types[predictor], term.map { isSelected[$0] } ?? false, entry))
      report.group = groupOf[column]
      report.type = fit.types[predictor]
      report.missing = fit.missing[predictor]
      if let term { chosen.fill(&report, term, member, entry, fit) }
      report.warning = fit.warning(term, predictor)
      report.frequency = term.flatMap { fit.evidence?.frequency(of: $0) }
      report.understudies = term.map(fit.understudies(of:)) ?? []
      return report
    }

    /// Whether a column is written: the report's `isKept`, without the rest of it.
    func isWritten(_ column: Int) -> Bool {
      let role = fit.schema.roles[column]
      if fit.schema.copied.contains(column) || role == .keep { return true }
      if role.isPredicted { return fit.options.writesTarget }
      return term(column).map { isSelected[$0] } ?? false
    }

    private func term(_ column: Int) -> Int? {
      places.term[column] < 0 ? nil : Int(places.term[column])
    }
  }

  /// Correlation with the target beyond which a column is reported as a likely leak.
  static let leakCorrelation = 0.9999

  private func warning(_ term: Int?, _ predictor: Int) -> String? {
    if let term, path.separation?.terms.contains(term) == true {
      let what = columns[term].count > 1 ? "a column of its group separates" : "separates"
      return "\(what) the classes without an error: a likely leak"
    }
    if let term, path.targetCorrelations[term] > Self.leakCorrelation {
      return columns[term].count > 1
        ? "its group says almost what the target says: a likely leak"
        : "says almost what the target says: a likely leak"
    }
    return isSequence[predictor] ? "whole numbers in order, all distinct: looks like an id" : nil
  }

  /// A column that was not fitted.
  private func plain(_ column: Int) -> ColumnReport {
    let role = schema.roles[column]
    let isCopied = schema.copied.contains(column)
    let left = options.writesTarget ? "" : ", left out by --no-target"
    let reason =
      switch role {
      case .target: (path.family == .cox ? "the time" : "the target") + left
      case .event: "says where there was an event" + left
      case .offset:
        isCopied ? "added to the linear predictor, copied" : "added to the linear predictor"
      case .id: "copied, never fitted"
      case .weights: isCopied ? "weighs the rows, copied" : "weighs the rows"
      case .fold: isCopied ? "deals the rows into folds, copied" : "deals the rows into folds"
      default: "dropped by request"
      }
    return ColumnReport(
      index: column, label: schema.header.label(column), role: role,
      isKept: isCopied || (role.isPredicted && options.writesTarget), reason: reason)
  }

  private func reason(
    _ column: Int, _ term: Int?, _ member: Int, _ type: ColumnType, _ isSelected: Bool,
    _ entry: Int?
  ) -> String {
    let isKeep = schema.roles[column] == .keep
    let obstacle: String? =
      if case .text(let levels) = type {
        textReason(levels)
      } else {
        switch path.exclusions[term!] {
        case .constant: "holds a single value"
        case .twin: "says what its twin says"
        case .dependent: "a combination of columns kept before it"
        case .shutOut: "shut out by its penalty"
        case nil: nil
        }
      }
    if isKeep { return "kept by request" + (obstacle.map { ", not fitted: \($0)" } ?? "") }
    if let obstacle { return obstacle }
    if path.design.isConstant(term!, member: member) {
      return "holds a single value" + (isSelected ? ", kept with its group" : "")
    }
    if let evidence { return evidence.reason(term!, isSelected) }
    if case .columns(let count) = criterion {
      return isSelected
        ? "among the first \(count) to enter" : "not among the first \(count) to enter"
    }
    if isSelected { return "nonzero at the chosen lambda" }
    if let votes = selection.unsteady[term!] {
      return
        "nonzero at the chosen lambda, but in only \(votes) of \(crossValidation!.fits) training sets"
    }
    return entry == nil ? "zero on the whole path" : "zero at the chosen lambda"
  }

  private func textReason(_ levels: Int?) -> String {
    let most = options.maxLevels
    guard let levels else { return "text with more levels than --max-levels \(most)" }
    if levels <= most { return "text that differs in every row" }
    let texts = types.count { $0.wasReadAsText }
    let count =
      levels >= Encoder.countedLevels(among: texts) ? "\(levels) or more" : "\(levels)"
    return "text with \(count) levels, more than --max-levels \(most)"
  }

  /// For each column of the file, whether it is written.
  public var written: [Bool] {
    let reports = columnReports()
    return reports.indices.map { reports.isWritten($0) }
  }

  /// Labels of the selected columns and those kept by request, in the order of the file.
  public var keptLabels: [String] {
    var isKept = schema.roles.map { $0 == .keep }
    for term in selection.kept { for column in columns[term] { isKept[column] = true } }
    return schema.predictors.filter { isKept[$0] }.map { schema.header.label($0) }
  }
}

/// For each of `count` columns, its place in `columns`, or -1.
func places(of columns: [Int], among count: Int) -> [Int32] {
  var places = [Int32](repeating: -1, count: count)
  for (place, column) in columns.enumerated() { places[column] = Int32(place) }
  return places
}

/// The coefficients at the chosen λ.
private struct ChosenPoint: Sendable {
  private let norms: [Int: Double]
  private let values: [Int: Double]
  private let raw: [Int: Double]
  /// Whether there is one linear predictor.
  private let isSingle: Bool

  init(_ fit: Fit) {
    let (step, path) = (fit.selection.step, fit.path)
    let point = path.points[step]
    norms = Dictionary(uniqueKeysWithValues: zip(point.support, point.norms))
    var next = 0
    var values: [Int: Double] = [:]
    for term in point.support {
      values[term] = point.values[next]
      next += path.rank(term) * path.family.responses
    }
    self.values = values
    let original = path.original(step)
    raw = Dictionary(uniqueKeysWithValues: zip(original.columns, original.values))
    isSingle = path.family.responses == 1
  }

  /// A coefficient of a raw column; nil where there are several.
  private func coefficient(_ column: Int) -> Double? { isSingle ? raw[column] ?? 0 : nil }

  /// - Parameter member: which of the term's columns is meant.
  func fill(
    _ report: inout Fit.ColumnReport, _ term: Int, _ member: Int, _ entry: Int?, _ fit: Fit
  ) {
    let path = fit.path
    report.entryStep = entry.map { $0 + 1 }
    report.entryLambda = entry.map { path.points[$0].lambda }
    let scale = path.design.targetScale
    let whole = path.design.terms[term]
    // Of a group it is the length, which all its columns share.
    report.standardizedCoefficient =
      ((isSingle && whole.isSingle ? values : norms)[term] ?? 0) * scale
    let own = path.design.standardization(term, member: member)
    switch whole.members[member].term {
    case .number(let column), .imputed(let column, _, _):
      report.coefficient = coefficient(column)
      (report.center, report.scale) = (own.center, own.scale)
    case .indicated(let column, _, _):
      report.coefficient = coefficient(column)
      report.center = own.center
    case .levels(let columns):
      if case .categorical(let levels) = report.type {
        report.levels = zip(levels, columns).map { ($0, coefficient($1)) }
      }
    case .group: preconditionFailure("a group has no group for a member")
    }
    if fit.options.path.adaptive != nil, path.exclusions[term] == nil {
      report.factor = path.penalty.factors[term]
    }
    if case .twin(let other) = path.exclusions[term] {
      report.twin = fit.columns[other].map { fit.schema.header.label($0) }.joined(separator: ";")
    }
  }
}
