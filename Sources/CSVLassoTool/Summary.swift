internal import CSVLasso
internal import SparseRegression

/// The two or three lines that tell what was done.
enum Summary {
  static func show(_ fit: Fit, source: String, isVerbose: Bool) {
    for line in lines(fit, source: source) { Terminal.message(line) }
    if isVerbose {
      Terminal.messages(
        fit.columnReports().lazy
          // Exact knots choose nothing: what was ever in is not dropped.
          .filter { !$0.isKept && (fit.exact == nil || $0.entryStep == nil) }
          .map { "dropped '\($0.label)': \($0.reason)" })
    }
  }

  static func lines(_ fit: Fit, source: String) -> [String] {
    let kept = fit.keptLabels
    if let exact = fit.exact {
      return [knots(fit, exact, source)] + notes(fit, kept) + [certificate(fit)]
    }
    return [data(fit, source, kept), choice(fit)] + checks(fit) + notes(fit, kept)
      + [certificate(fit)]
  }

  /// What was read.
  private static func table(_ fit: Fit, _ source: String) -> String {
    let candidates = fit.schema.roles.count { $0 == .candidate }
    return "\(source): \(counted(fit.rowCount, "row")), \(counted(candidates, "candidate"))"
  }

  private static func knots(_ fit: Fit, _ exact: ExactPath, _ source: String) -> String {
    let (first, last) = (exact.path.points[0], exact.path.points[exact.path.points.count - 1])
    let line =
      "\(table(fit, source)); \(counted(exact.path.points.count, "knot")), lambda \(short(first.lambda)) to \(short(last.lambda)); R² \(short(last.devianceRatio, digits: 3)) at the last"
    switch exact.end {
    case .zero: return line
    case .terms: return line + "; ended by --max-features"
    case .knots: return line + "; ended there, for there are too many knots"
    }
  }

  private static func data(_ fit: Fit, _ source: String, _ kept: [String]) -> String {
    var line = "\(table(fit, source)); kept \(kept.count)"
    if !kept.isEmpty {
      line += ": " + kept.prefix(12).joined(separator: " ") + (kept.count > 12 ? " …" : "")
    }
    return line
  }

  private static func choice(_ fit: Fit) -> String {
    let (step, points) = (fit.selection.step, fit.path.points)
    if let evidence = fit.evidence {
      return
        "by \(fit.criterion.label): \(evidence.summary); coefficients at lambda \(short(points[step].lambda)), step \(step + 1) of \(points.count); \(explainedName(fit)) \(short(points[step].devianceRatio, digits: 3))"
    }
    var line =
      "lambda \(short(points[step].lambda)) by \(fit.criterion.label), step \(step + 1) of \(points.count)"
    if fit.isRelaxed { line += ", gamma \(short(fit.gamma, digits: 2))" }
    if let cv = fit.crossValidation, let curve = fit.errorCurve {
      let folds = cv.repeats > 1 ? "\(cv.repeats) × \(cv.folds)" : "\(cv.folds)"
      line +=
        "; CV \(errorName(fit)) \(short(curve.mean[step])) ± \(short(curve.standardError[step], digits: 2)) in \(folds) folds"
    }
    line +=
      "; \(explainedName(fit)) \(short(points[step].devianceRatio, digits: 3))"
    if fit.selection.isCapped { line += "; held back by --max-features" }
    let unsteady = fit.selection.unsteady.keys.reduce(0) { $0 + fit.columns[$1].count }
    if unsteady > 0 { line += "; \(unsteady) more left out, in too few of the training sets" }
    return line
  }

  /// What the procedure does elsewhere.
  private static func checks(_ fit: Fit) -> [String] {
    var lines: [String] = []
    if let nested = fit.nested {
      let (fewest, most) = (nested.columnsKept.min() ?? 0, nested.columnsKept.max() ?? 0)
      let range = fewest == most ? "\(fewest)" : "\(fewest) to \(most)"
      var line =
        "nested: CV \(errorName(fit)) \(short(nested.mean)) ± \(short(nested.standardError, digits: 2)) of the whole procedure in \(nested.folds) folds, which kept \(range) columns"
      // A fold's survival times are counted by their events, and no share of what all rows have.
      if fit.options.metric == .deviance, fit.path.family != .cox {
        line +=
          "; \(explainedName(fit)) \(short(1 - nested.mean / fit.path.nullDeviance, digits: 3))"
      }
      if nested.cutShort > 0 {
        line += "; the path of \(counted(nested.cutShort, "fold")) ended before its time"
      }
      lines.append(line)
    }
    if let probe = fit.probe {
      lines.append(
        "probe: on pure noise this rule keeps \(short(probe.mean, digits: 2)) columns on average, and any in \(probe.falseAlarms) of \(probe.kept.count) draws"
      )
    }
    return lines
  }

  /// What was cross-validated.
  private static func errorName(_ fit: Fit) -> String {
    switch fit.options.metric {
    case .deviance: fit.path.family.isSquared ? "error" : "deviance"
    case .error: "class error"
    case .auc: "1 − AUC"
    }
  }

  private static func explainedName(_ fit: Fit) -> String {
    fit.path.family.isSquared ? "R²" : "deviance explained"
  }

  /// What the target turned out to be, where that goes without saying nowhere else.
  private static func targetNote(_ fit: Fit) -> String? {
    let (target, labels) = (fit.target, fit.target.labels)
    switch fit.path.family {
    case .gaussian where labels.count == 2:
      return "note: the target is 0 for '\(labels[0])', 1 for '\(labels[1])'"
    case .binomial where target.isTold && labels == ["0", "1"]:
      return "note: the target holds only 0 and 1: binomial"
    case .binomial where target.isTold:
      return "note: the target holds two labels: binomial, '\(labels[1])' is 1"
    case .binomial where labels != ["0", "1"]:
      return "note: '\(labels[1])' is 1, '\(labels[0])' is 0"
    case .multinomial where target.isTold:
      return "note: the target holds \(labels.count) labels: multinomial"
    default: return nil
    }
  }

  private static func notes(_ fit: Fit, _ kept: [String]) -> [String] {
    var (twins, texts, missing, understudies) = (
      Mentioned(), Mentioned(), Mentioned(), Mentioned()
    )
    var warnings: [String] = []
    for column in fit.columnReports() {
      // Twins are told as such.
      for (label, correlation) in column.understudies where correlation < 1 {
        let likeness = "correlation \(short(correlation, digits: 3))"
        understudies.add("\(label) for \(column.label) (\(likeness))")
      }
      if let twin = column.twin { twins.add("\(column.label) (\(twin))") }
      if case .text(let levels) = column.type {
        texts.add(column.label + (levels.map { " (\($0))" } ?? ""))
      }
      if let count = column.missing, count > 0 { missing.add("\(column.label) (\(count))") }
      if let warning = column.warning { warnings.append("note: '\(column.label)': \(warning)") }
    }
    var lines = [
      ("columns that hold a single value", excluded(fit, .constant)),
      ("columns that say what another says", twins),
      ("columns that others before them add up to", excluded(fit, .dependent)),
      ("left out, but could stand in for a kept one", understudies),
      (
        "text with too many levels or different in every row, not a candidate (copy it with --id)",
        texts
      ),
      ("missing cells", missing),
    ].compactMap { text, columns in columns.text.map { "note: \(text): \($0)" } }
    lines += warnings
    if let note = targetNote(fit) { lines.append(note) }
    if let silent = fit.crossValidation?.silentFolds, silent > 0 {
      lines.append(
        "note: \(counted(silent, "fold")) without \(fit.path.family == .cox ? "an event" : "weight") told nothing, and took no part in the CV \(errorName(fit))"
      )
    }
    for (count, text) in fit.rowNotes where count > 0 { lines.append("note: \(count) \(text)") }
    lines += (fit.evidence?.notes(fit) ?? []).map { "note: \($0)" }
    if fit.options.alpha == 0 { lines.append("note: ridge (alpha 0) shrinks and does not select") }
    if let note = shortageNote(fit) { lines.append(note) }
    if let note = endNote(fit) { lines.append(note) }
    if let separation = fit.path.separation, let step = separation.step {
      lines.append(
        "note: from lambda \(short(fit.path.points[step].lambda)) on down the fit separates the classes"
          + (separation.terms.isEmpty ? ", by several columns together" : "")
          + ": without a penalty there would be no fit")
    }
    if !fit.path.points[fit.selection.step].isConvex {
      let limit = fit.path.convexDownTo!
      lines.append(
        "warning: there may be other local minima at this lambda: the objective is locally convex "
          + (limit.isFinite ? "down to lambda \(short(limit))" : "at no lambda")
          + " (raise --concavity)")
    }
    if kept.isEmpty {
      lines.append("note: no column is \(fit.exact == nil ? "kept" : "in where the path ends")")
    }
    return lines
  }

  /// Why the path ends before its time.
  private static func endNote(_ fit: Fit) -> String? {
    guard let end = fit.path.end, let last = fit.path.points.last else { return nil }
    let place = "note: the path ends at lambda \(short(last.lambda)): "
    switch end {
    case .uncertain(let next):
      return place
        + "at \(short(next.lambda)) the duality gap stays at \(short(next.gap, digits: 2)), above --tol \(short(fit.options.path.tolerance, digits: 2))"
    case .spent:
      return place + "it has cost more work than a table of this size is worth"
    }
  }

  /// Why fewer columns are kept than were asked for.
  private static func shortageNote(_ fit: Fit) -> String? {
    guard case .columns(let count) = fit.criterion else { return nil }
    let entered = zip(fit.path.entries, fit.columns).reduce(0) {
      $1.0 == nil ? $0 : $0 + $1.1.count
    }
    if entered < count { return "note: only \(entered) columns enter the path" }
    let kept = fit.selection.kept.reduce(0) { $0 + fit.columns[$1].count }
    guard kept < min(count, fit.options.maxFeatures ?? count) else { return nil }
    return
      "note: the next to enter is a group, with more columns than \(fit.criterion.label) leaves room for"
  }

  private static func excluded(_ fit: Fit, _ exclusion: RegularizationPath.Exclusion) -> Mentioned {
    var columns = Mentioned()
    for (some, other) in zip(fit.columns, fit.path.exclusions) where other == exclusion {
      for column in some { columns.add(fit.schema.header.label(column)) }
    }
    return columns
  }

  /// The first few of many columns, and how many there are.
  private struct Mentioned {
    private var first: [String] = []
    private var count = 0

    mutating func add(_ column: @autoclosure () -> String) {
      if count < 5 { first.append(column()) }
      count += 1
    }

    /// Nil if there are none.
    var text: String? {
      count == 0
        ? nil : first.joined(separator: ", ") + (count > 5 ? " and \(count - 5) more" : "")
    }
  }

  private static func certificate(_ fit: Fit) -> String {
    var worst = fit.path.worstGap!
    if let cv = fit.crossValidation, cv.worstGap.gap > worst.gap { worst = cv.worstGap }
    let tolerance = fit.options.path.tolerance
    if fit.options.path.kind != .lasso {
      let size = short(worst.gap, digits: 2)
      return worst.gap > tolerance
        ? "warning: at lambda \(short(worst.lambda)) the solution is not stationary: the gap of its local linear approximation is \(size), above --tol \(short(tolerance, digits: 2))"
        : "stationary at every lambda: gap at most \(size), of the local linear approximation"
    }
    guard worst.gap > tolerance else {
      let place = fit.exact == nil ? "lambda" : "knot"
      return "duality gap at most \(short(worst.gap, digits: 2)) at every \(place)"
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
