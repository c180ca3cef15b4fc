internal import SparseRegression

/// The CSV tables beside the reduced data: the ledger of columns and the path.
extension Fit {
  /// One line a column: kept or dropped, and why.
  public func ledger() -> [UInt8] {
    let hasGroups = !schema.groups.isEmpty
    let header = [
      "index", "name", "role", "status", "reason", "entry_step", "entry_lambda", "coefficient",
      "standardized_coefficient", "twin", "type", "missing", "warning",
    ]
    var table = TableText(
      header + (evidence == nil ? [] : ["frequency"]) + (hasGroups ? ["group"] : [])
        + ["gamma", "understudies", "understudy_correlations"])
    for report in columnReports() {
      let frequency = evidence == nil ? [] : [report.frequency.map { "\($0)" } ?? ""]
      let group = hasGroups ? [report.group ?? ""] : []
      let hasCoefficient = report.coefficient != nil || report.standardizedCoefficient != nil
      table.row(
        [
          String(report.index + 1), report.label, report.role.rawValue,
          report.isKept ? "kept" : "dropped", report.reason,
          report.entryStep.map(String.init) ?? "", report.entryLambda.map { "\($0)" } ?? "",
          report.coefficient.map { "\($0)" } ?? "",
          report.standardizedCoefficient.map { "\($0)" } ?? "", report.twin ?? "",
          report.type?.label ?? "", report.missing.map(String.init) ?? "", report.warning ?? "",
        ] + frequency + group + [
          hasCoefficient ? decimalText(gamma) : "",
          report.understudies.map(\.label).joined(separator: ";"),
          report.understudies.map { decimalText($0.correlation) }.joined(separator: ";"),
        ])
    }
    return table.bytes
  }

  /// The path as a table: one line a λ, or one a knot.
  public func pathTable() -> [UInt8] { exact.map(knotTable) ?? gridTable() }

  private func labels(_ terms: some Sequence<Int>) -> String {
    terms.sorted().flatMap { columns[$0] }.map { schema.header.label($0) }.joined(separator: ";")
  }

  /// One line a knot, with the columns that are zero there and not below, and those that are zero from
  /// there on.
  private func knotTable(_ exact: ExactPath) -> [UInt8] {
    var table = TableText(["step", "lambda", "df", "dev_ratio", "gap", "entered", "left"])
    for (step, (point, change)) in zip(exact.path.points, exact.changes).enumerated() {
      table.row([
        String(step + 1), "\(point.lambda)", String(point.df), "\(point.devianceRatio)",
        "\(point.gap)", labels(change.entered), labels(change.left),
      ])
    }
    return table.bytes
  }

  /// One line a λ, with the columns that entered and left since the one before. The last column says whose
  /// curve it is: that of the chosen blend.
  private func gridTable() -> [UInt8] {
    var table = TableText([
      "step", "lambda", "df", "dev_ratio", "cv_mean", "cv_se", "gap", "entered", "left", "gamma",
    ])
    var before = Set<Int>()
    for (step, point) in path.points.enumerated() {
      let now = Set(point.support)
      table.row([
        String(step + 1), "\(point.lambda)", String(point.df), "\(point.devianceRatio)",
        errorCurve.map { "\($0.mean[step])" } ?? "",
        errorCurve.map { "\($0.standardError[step])" } ?? "", "\(point.gap)",
        labels(now.subtracting(before)), labels(before.subtracting(now)), decimalText(gamma),
      ])
      before = now
    }
    return table.bytes
  }
}

/// A small CSV of our own, quoted where needed.
struct TableText {
  private(set) var bytes: [UInt8] = []

  init(_ header: [String]) { row(header) }

  mutating func row(_ fields: [String]) {
    for (place, field) in fields.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      append(field)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func append(_ field: String) {
    let isPlain = !field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    if isPlain {
      bytes.append(contentsOf: field.utf8)
      return
    }
    bytes.append(0x22)
    for byte in field.utf8 {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
  }
}
