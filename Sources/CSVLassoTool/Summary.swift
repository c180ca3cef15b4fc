internal import CSVLasso
internal import SparseRegression

/// The two or three lines that tell what was done.
enum Summary {
  static func show(_ fit: Fit, source: String, isVerbose: Bool) {
    for line in lines(fit, source: source) { Terminal.message(line) }
    if isVerbose {
      for column in fit.columnReports() where !column.isKept {
        Terminal.message("dropped '\(column.label)': \(column.reason)")
      }
    }
  }

  static func lines(_ fit: Fit, source: String) -> [String] {
    [data(fit, source), choice(fit)] + notes(fit) + [certificate(fit)]
  }

  private static func data(_ fit: Fit, _ source: String) -> String {
    let candidates = fit.schema.roles.count { $0 == .candidate }
    let kept = fit.keptLabels
    var line =
      "\(source): \(counted(fit.rowCount, "row")), \(counted(candidates, "candidate")); kept \(kept.count)"
    if !kept.isEmpty {
      line += ": " + kept.prefix(12).joined(separator: " ") + (kept.count > 12 ? " …" : "")
    }
    return line
  }

  private static func choice(_ fit: Fit) -> String {
    let (step, points) = (fit.selection.step, fit.path.points)
    var line =
      "lambda \(short(points[step].lambda)) by \(fit.criterion.label), step \(step + 1) of \(points.count)"
    if let cv = fit.crossValidation {
      line +=
        "; CV error \(short(cv.mean[step])) ± \(short(cv.standardError[step], digits: 2)) in \(cv.folds) folds"
    }
    line += "; R² \(short(points[step].devianceRatio, digits: 3))"
    if fit.selection.isCapped { line += "; held back by --max-features" }
    return line
  }

  private static func notes(_ fit: Fit) -> [String] {
    var lines: [String] = []
    let reports = fit.columnReports()
    func note(_ text: String, _ columns: [String]) {
      guard !columns.isEmpty else { return }
      let more = columns.count > 5 ? " and \(columns.count - 5) more" : ""
      lines.append("note: \(text): " + columns.prefix(5).joined(separator: ", ") + more)
    }
    note(
      "columns that hold a single value",
      zip(fit.columns, fit.path.exclusions).filter { $0.1 == .constant }
        .map { fit.schema.header.label($0.0) })
    note(
      "columns that say what another says",
      reports.compactMap { column in column.twin.map { "\(column.label) (\($0))" } })
    note(
      "columns that others before them add up to",
      zip(fit.columns, fit.path.exclusions).filter { $0.1 == .dependent }
        .map { fit.schema.header.label($0.0) })
    note(
      "text with too many levels or different in every row, not a candidate (copy it with --id)",
      reports.compactMap { column in
        if case .text(let levels) = column.type {
          column.label + (levels.map { " (\($0))" } ?? "")
        } else {
          nil
        }
      })
    note(
      "missing cells",
      reports.compactMap { column in
        column.missing.flatMap { $0 > 0 ? "\(column.label) (\($0))" : nil }
      })
    for column in reports {
      if let warning = column.warning { lines.append("note: '\(column.label)': \(warning)") }
    }
    if fit.targetLabels.count == 2 {
      lines.append(
        "note: the target is 0 for '\(fit.targetLabels[0])', 1 for '\(fit.targetLabels[1])'")
    }
    for (count, text) in fit.rowNotes where count > 0 { lines.append("note: \(count) \(text)") }
    if fit.options.alpha == 0 { lines.append("note: ridge (alpha 0) shrinks and does not select") }
    let entered = fit.path.entries.count { $0 != nil }
    if case .columns(let count) = fit.criterion, entered < count {
      lines.append("note: only \(entered) columns enter the path")
    }
    if fit.keptLabels.isEmpty { lines.append("note: no column is kept") }
    return lines
  }

  private static func certificate(_ fit: Fit) -> String {
    var worst = fit.path.worstGap!
    if let cv = fit.crossValidation, cv.worstGap.gap > worst.gap { worst = cv.worstGap }
    let tolerance = fit.options.path.tolerance
    guard worst.gap > tolerance else {
      return "duality gap at most \(short(worst.gap, digits: 2)) at every lambda"
    }
    return
      "warning: the duality gap at lambda \(short(worst.lambda)) is \(short(worst.gap, digits: 2)), above --tol \(short(tolerance, digits: 2))"
  }

  /// A number with a few significant digits.
  private static func short(_ value: Double, digits: Int = 4) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    var magnitude = 0
    var size = abs(value)
    while size >= 10 {
      size /= 10
      magnitude += 1
    }
    while size < 1 {
      size *= 10
      magnitude -= 1
    }
    var unit = 1.0
    for _ in 1..<digits { unit *= 10 }
    if (size * unit).rounded() >= 10 * unit { (size, magnitude) = (1, magnitude + 1) }
    if magnitude >= digits && magnitude < 15 { return String(Int(value.rounded())) }
    if magnitude < -4 || magnitude >= 15 {
      let scaled = decimal(value < 0 ? -size : size, places: digits - 1)
      return
        "\(scaled)e\(magnitude < 0 ? "-" : "+")\(abs(magnitude) < 10 ? "0" : "")\(abs(magnitude))"
    }
    return decimal(value, places: digits - 1 - magnitude)
  }

  private static func decimal(_ value: Double, places: Int) -> String {
    guard places > 0 else { return String(Int(value.rounded())) }
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let scaled = Int((abs(value) * Double(unit)).rounded())
    let fraction = String(scaled % unit)
    return (value < 0 ? "-" : "") + String(scaled / unit) + "."
      + String(repeating: "0", count: places - fraction.count) + fraction
  }
}

/// A number and its noun.
func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
