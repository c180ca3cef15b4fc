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
    /// The first step of the path with a nonzero coefficient, from 1.
    public var entryStep: Int?
    public var entryLambda: Double?
    /// At the chosen λ, on the original scale.
    public var coefficient: Double?
    /// At the chosen λ: the change of the target for one standard deviation of the column.
    public var standardizedCoefficient: Double?
    public var center: Double?
    public var scale: Double?
    /// The column that stands in for this one.
    public var twin: String?
  }

  /// One entry a column of the file.
  ///
  /// - Complexity: O(columns + steps · support)
  public func columnReports() -> [ColumnReport] {
    let entries = path.entries
    let kept = Set(selection.kept)
    let point = path.points[selection.step]
    let original = path.original(selection.step)
    var position = [Int](repeating: -1, count: schema.header.names.count)
    for (slot, column) in schema.predictors.enumerated() { position[column] = slot }
    var place: [Int: Int] = [:]
    for (index, slot) in point.support.enumerated() { place[slot] = index }

    return schema.roles.indices.map { column in
      let slot = position[column]
      guard slot >= 0 else { return plain(column) }
      let isKept =
        kept.contains(slot) || schema.roles[column] == .keep || schema.copied.contains(column)
      var report = ColumnReport(
        index: column, label: schema.header.label(column), role: schema.roles[column],
        isKept: isKept, reason: reason(column, slot, isKept: kept.contains(slot), entries[slot]))
      report.entryStep = entries[slot].map { $0 + 1 }
      report.entryLambda = entries[slot].map { path.points[$0].lambda }
      report.coefficient = place[slot].map { original.values[$0] } ?? 0
      report.standardizedCoefficient =
        place[slot].map { point.values[$0] * path.standardization.targetScale } ?? 0
      report.center = path.standardization.center[slot]
      report.scale = path.standardization.scale[slot]
      if case .twin(let other) = path.exclusions[slot] {
        report.twin = schema.header.label(schema.predictors[other])
      }
      return report
    }
  }

  /// A column that was not fitted.
  private func plain(_ column: Int) -> ColumnReport {
    let role = schema.roles[column]
    let isCopied = schema.copied.contains(column)
    let reason =
      switch role {
      case .target: options.writesTarget ? "the target" : "the target, left out by --no-target"
      case .id: "copied, never fitted"
      case .weights: isCopied ? "weighs the rows, copied" : "weighs the rows"
      case .fold: isCopied ? "deals the rows into folds, copied" : "deals the rows into folds"
      default: "dropped by request"
      }
    return ColumnReport(
      index: column, label: schema.header.label(column), role: role,
      isKept: isCopied || (role == .target && options.writesTarget), reason: reason)
  }

  private func reason(_ column: Int, _ slot: Int, isKept: Bool, _ entry: Int?) -> String {
    if schema.roles[column] == .keep {
      switch path.exclusions[slot] {
      case .constant: return "kept by request; a single value, so not fitted"
      case .twin: return "kept by request; says what its twin says, so not fitted"
      case .dependent: return "kept by request; a combination of kept columns, so not fitted"
      default: return "kept by request, not penalized"
      }
    }
    switch path.exclusions[slot] {
    case .constant: return "holds a single value"
    case .twin: return "says what its twin says"
    case .dependent: return "a combination of columns before it"
    case .shutOut: return "shut out by its penalty"
    case nil: break
    }
    if case .columns(let count) = criterion {
      return isKept ? "among the first \(count) to enter" : "not among the first \(count) to enter"
    }
    if isKept { return "nonzero at the chosen lambda" }
    return entry == nil ? "zero on the whole path" : "zero at the chosen lambda"
  }

  /// For each column of the file, whether it is written.
  public var written: [Bool] { columnReports().map(\.isKept) }
}
