internal import CSVRecords
public import SparseRegression

/// The model file: what was asked, what was found, and every number needed to defend it.
///
/// Documented in docs/model.md; `version` rises when a reader of the old form would be misled.
public enum Model {
  static let format = "csvlasso-model"
  static let version = 1

  /// The model of a fit as JSON.
  ///
  /// - Complexity: O(columns + steps · support)
  public static func json(_ fit: Fit, tool: String) -> [UInt8] {
    var text = JSONText()
    text.nested("{", "}\n", indent: 0) { text in
      let header = fit.schema.header
      text.member("format", format)
      text.member("version", Double(version))
      text.member("tool", tool)
      text.member("target", header.label(fit.schema.target))
      family(&text, fit)
      text.member("rows", Double(fit.path.rows))
      text.key("header", indent: 2)
      text.strings(header.names)
      text.key("has_header", indent: 2)
      text.raw(fit.options.dialect.hasHeader ? "true" : "false")
      text.key("seed", indent: 2)
      text.raw(String(fit.options.seed))
      text.member("alpha", fit.options.alpha)
      penalty(&text, fit)
      columns(&text, fit)
      path(&text, fit)
      crossValidation(&text, fit)
      separation(&text, fit)
      choice(&text, fit)
      checks(&text, fit)
      conversions(&text, fit)
    }
    return text.bytes
  }

  /// The family and what goes with it.
  private static func family(_ text: inout JSONText, _ fit: Fit) {
    let (schema, labels) = (fit.schema, fit.target.labels)
    text.member("family", fit.path.family.label)
    switch fit.path.family {
    case .gaussian where !labels.isEmpty:
      text.key("target_labels", indent: 2)
      text.strings(labels)
    case .binomial:
      text.member("positive", labels[1])
      text.member("negative", labels[0])
    case .multinomial:
      text.key("classes", indent: 2)
      text.strings(labels)
    case .cox:
      text.member("time", schema.header.label(schema.target))
      text.member("event", schema.header.label(schema.event!))
    case .huber(let delta):
      text.key("delta", indent: 2)
      text.number(delta)
    case .multigaussian:
      text.key("targets", indent: 2)
      text.strings(fit.responseLabels)
    case .gaussian, .poisson: break
    }
    if let offset = schema.offset { text.member("offset", schema.header.label(offset)) }
  }

  private static func columns(_ text: inout JSONText, _ fit: Fit) {
    let reports = fit.columnReports()
    text.key("columns", indent: 2)
    text.nested("[", "]", indent: 2) { text in
      for report in reports {
        text.separate(4)
        text.nested("{", "}") { text in
          text.key("name")
          text.string(report.label)
          text.key("index")
          text.number(Double(report.index + 1))
          text.key("role")
          text.string(report.role.rawValue)
          text.key("status")
          text.string(report.isKept ? "kept" : "dropped")
          text.key("reason")
          text.string(report.reason)
          guard let type = report.type else { return }
          text.key("type")
          text.string(type.label)
          text.key("missing")
          text.number(report.missing.map(Double.init))
          for (key, value) in [
            ("center", report.center), ("scale", report.scale),
            ("entry_step", report.entryStep.map(Double.init)),
            ("entry_lambda", report.entryLambda), ("coefficient", report.coefficient),
            ("standardized_coefficient", report.standardizedCoefficient),
          ] {
            text.key(key)
            text.number(value)
          }
          if !report.levels.isEmpty {
            text.key("levels")
            text.nested("[", "]") { text in
              for (level, value) in report.levels {
                text.separate()
                text.nested("{", "}") { text in
                  text.key("level")
                  if let level { text.string(level) } else { text.raw("null") }
                  text.key("coefficient")
                  text.number(value)
                }
              }
            }
          }
          if let factor = report.factor {
            text.key("penalty_factor")
            text.number(factor)
          }
          if let group = report.group {
            text.key("group")
            text.string(group)
          }
          if let frequency = report.frequency {
            text.key("frequency")
            text.number(frequency)
          }
          if let warning = report.warning {
            text.key("warning")
            text.string(warning)
          }
          if let twin = report.twin {
            text.key("twin")
            text.string(twin)
          }
          if !report.understudies.isEmpty {
            text.key("understudies")
            text.nested("[", "]") { text in
              for (label, correlation) in report.understudies {
                text.separate()
                text.nested("{", "}") { text in
                  text.key("column")
                  text.string(label)
                  text.key("correlation")
                  text.number(correlation)
                }
              }
            }
          }
        }
      }
    }
    groups(&text, fit)
    text.key("kept", indent: 2)
    text.strings(fit.keptLabels)
    text.key("written", indent: 2)
    text.strings(
      reports.indices.lazy.filter { reports.isWritten($0) }.map { fit.schema.header.label($0) })
  }

  /// What the penalty is where it is not the plain one.
  private static func penalty(_ text: inout JSONText, _ fit: Fit) {
    switch fit.options.path.kind {
    case .lasso: break
    case .mcp(let gamma), .scad(let gamma):
      let limit = fit.path.convexDownTo ?? fit.path.points[fit.path.points.count - 1].lambda
      text.key("penalty", indent: 2)
      text.nested("{", "}") { text in
        text.key("kind")
        text.string(fit.options.path.kind.label)
        text.key("concavity")
        text.number(gamma)
        text.key("convex_down_to")
        text.number(limit)
      }
    }
    guard let adaptive = fit.options.path.adaptive else { return }
    text.key("adaptive", indent: 2)
    text.nested("{", "}") { text in
      text.key("initial")
      text.string(adaptive.initial.rawValue)
      text.key("exponent")
      text.number(adaptive.exponent)
    }
  }

  /// The groups that were declared.
  private static func groups(_ text: inout JSONText, _ fit: Fit) {
    guard !fit.schema.groups.isEmpty else { return }
    text.key("groups", indent: 2)
    text.nested("{", "}", indent: 2) { text in
      for group in fit.schema.groups {
        text.key(group.name, indent: 4)
        text.strings(group.columns.map { fit.schema.header.label($0) })
      }
    }
  }

  private static func path(_ text: inout JSONText, _ fit: Fit) {
    let points = fit.path.points
    text.key("path", indent: 2)
    text.nested("{", "}", indent: 2) { text in
      text.key("gamma", indent: 4)
      text.number(fit.gamma)
      text.member("lambda", points.map(\.lambda))
      text.member("df", points.map { Double($0.df) })
      text.member("dev_ratio", points.map(\.devianceRatio))
      text.member("gap", points.map(\.gap))
      let labels = fit.responseLabels
      guard !labels.isEmpty else { return solutions(&text, fit, response: 0, indent: 4) }
      text.key(fit.path.family.hasClasses ? "classes" : "targets", indent: 4)
      text.nested("{", "}", indent: 4) { text in
        for (response, label) in labels.enumerated() {
          text.key(label, indent: 6)
          text.nested("{", "}", indent: 6) { text in
            solutions(&text, fit, response: response, indent: 8)
          }
        }
      }
    }
  }

  /// The intercepts and coefficients of one linear predictor.
  private static func solutions(
    _ text: inout JSONText, _ fit: Fit, response: Int, indent: Int
  ) {
    let (points, path) = (fit.path.points, fit.path)
    let original = points.indices.map { path.original($0, response: response) }
    var coefficients: [Int: [Double]] = [:]
    for step in points.indices {
      for (column, value) in zip(original[step].columns, original[step].values) {
        coefficients[column, default: Array(repeating: 0, count: points.count)][step] = value
      }
    }
    let labels = fit.coefficientLabels
    // A missing cell filled with the column's centre, as a reader of the file would do it: what the
    // indicator then adds is its coefficient but for the way from the origin to the centre.
    for (term, whole) in path.design.terms.enumerated() {
      for (place, member) in whole.members.enumerated() {
        guard case .indicated(let value, let missing, let origin) = member.term else { continue }
        let way = origin - path.design.standardization(term, member: place).center
        for step in coefficients[missing]?.indices ?? 0..<0 {
          coefficients[missing]![step] += (coefficients[value]?[step] ?? 0) * way
        }
      }
    }
    if path.family != .cox {
      text.key("intercept", indent: indent)
      text.numbers(original.map(\.intercept))
    }
    text.key("coefficients", indent: indent)
    text.nested("{", "}", indent: indent) { text in
      for slot in coefficients.keys.sorted() {
        guard let label = labels[slot] else { continue }
        text.key(label, indent: indent + 2)
        text.numbers(coefficients[slot]!)
      }
    }
  }

  private static func crossValidation(_ text: inout JSONText, _ fit: Fit) {
    guard let cv = fit.crossValidation else { return }
    text.key("cross_validation", indent: 2)
    text.nested("{", "}", indent: 2) { text in
      text.key("folds", indent: 4)
      text.number(Double(cv.folds))
      text.key("repeats", indent: 4)
      text.number(Double(cv.repeats))
      if !fit.path.family.isSquared {
        text.key("metric", indent: 4)
        text.string(fit.options.metric.rawValue)
      }
      text.member("lambda", fit.path.points.map(\.lambda))
      text.member("cvm", cv.mean)
      text.member("cvsd", cv.standardError)
      text.key("lambda_min", indent: 4)
      text.number(fit.path.points[cv.minimum].lambda)
      text.key("lambda_1se", indent: 4)
      text.number(fit.path.points[cv.oneStandardError].lambda)
      if cv.gammas.count > 1 { relaxed(&text, cv, fit.path.points) }
    }
  }

  /// The errors of the blends.
  private static func relaxed(
    _ text: inout JSONText, _ cv: CrossValidation, _ points: [RegularizationPath.Point]
  ) {
    text.key("relaxed", indent: 4)
    text.nested("{", "}", indent: 4) { text in
      text.key("gamma", indent: 6)
      text.numbers(cv.gammas)
      for (name, values) in [
        ("cvm", cv.curves.map(\.mean)), ("cvsd", cv.curves.map(\.standardError)),
      ] {
        text.key(name, indent: 6)
        text.nested("[", "]", indent: 6) { text in
          for some in values {
            text.separate(8)
            text.numbers(some)
          }
        }
      }
      for (name, place) in [("min", cv.relaxedMinimum), ("1se", cv.relaxedOneStandardError)] {
        text.key("lambda_\(name)", indent: 6)
        text.number(points[place.step].lambda)
        text.key("gamma_\(name)", indent: 6)
        text.number(cv.gammas[place.blend])
      }
    }
  }

  /// What tells two classes apart without an error.
  private static func separation(_ text: inout JSONText, _ fit: Fit) {
    guard let separation = fit.path.separation else { return }
    text.key("separation", indent: 2)
    text.nested("{", "}") { text in
      text.key("columns")
      text.strings(
        separation.terms.flatMap { fit.columns[$0] }.map { fit.schema.header.label($0) })
      text.key("lambda")
      text.number(separation.step.map { fit.path.points[$0].lambda })
    }
  }

  private static func choice(_ text: inout JSONText, _ fit: Fit) {
    text.key("choice", indent: 2)
    text.nested("{", "}") { text in
      text.key("rule")
      text.string(fit.criterion.label)
      text.key("step")
      text.number(Double(fit.selection.step + 1))
      text.key("lambda")
      text.number(fit.path.points[fit.selection.step].lambda)
      text.key("gamma")
      text.number(fit.gamma)
      for (key, value) in fit.evidence?.figures ?? [] {
        text.key(key)
        text.number(value)
      }
    }
  }

  private static func checks(_ text: inout JSONText, _ fit: Fit) {
    if let nested = fit.nested {
      text.key("nested", indent: 2)
      text.nested("{", "}") { text in
        text.key("folds")
        text.number(Double(nested.folds))
        text.key("cvm")
        text.number(nested.mean)
        text.key("cvsd")
        text.number(nested.standardError)
        text.key("kept")
        text.numbers(nested.kept.map { Double($0.count) })
      }
    }
    if let probe = fit.probe {
      text.key("probe", indent: 2)
      text.nested("{", "}") { text in
        text.key("draws")
        text.number(Double(probe.kept.count))
        text.key("mean_kept")
        text.number(probe.mean)
        text.key("false_alarms")
        text.number(Double(probe.falseAlarms))
      }
    }
  }

  /// The chosen λ in the words of others: scikit-learn's estimators on standardized columns, and the
  /// priors whose posterior mode the fit is, unless it is blended with a refit (Tibshirani, 1996; Hoerl &
  /// Kennard, 1970).
  private static func conversions(_ text: inout JSONText, _ fit: Fit) {
    // A concave penalty is none of theirs, and the logarithm of no prior that these are.
    guard fit.options.path.kind == .lasso else { return }
    guard fit.path.family == .gaussian else { return otherConversions(&text, fit) }
    let lambda = fit.path.points[fit.selection.step].lambda
    let l1 = lambda * fit.options.alpha
    let l2 = lambda * (1 - fit.options.alpha) / fit.path.design.targetScale
    // exp(−RSS / 2σ²) exp(−n l1 |b| / σ²) exp(−n l2 b² / 2σ²), σ² the mean squared error of the fit.
    let noise = fit.path.meanDeviance(fit.selection.step) / Double(fit.path.rows)
    text.key("conversions", indent: 2)
    text.nested("{", "}") { text in
      text.key("scikit_learn_alpha")
      text.number(l1 + l2)
      text.key("scikit_learn_l1_ratio")
      text.number(l1 + l2 > 0 ? l1 / (l1 + l2) : nil)
      text.key("laplace_scale")
      text.number(l1 > 0 && fit.gamma == 1 ? noise / l1 : nil)
      text.key("gaussian_scale")
      text.number(l2 > 0 && fit.gamma == 1 ? (noise / l2).squareRoot() : nil)
    }
  }

  /// The same where the loss is a log likelihood as it stands: exp(−n loss) exp(−n l1 |b|)
  /// exp(−n l2 b² / 2).
  private static func otherConversions(_ text: inout JSONText, _ fit: Fit) {
    let lambda = fit.path.points[fit.selection.step].lambda
    let (n, alpha) = (Double(fit.path.rows), fit.options.alpha)
    let (l1, l2) = (n * lambda * alpha, n * lambda * (1 - alpha))
    text.key("conversions", indent: 2)
    text.nested("{", "}") { text in
      if fit.path.family == .binomial {
        text.key("scikit_learn_C")
        text.number(lambda > 0 ? 1 / (n * lambda) : nil)
        text.key("scikit_learn_l1_ratio")
        text.number(lambda > 0 ? alpha : nil)
      }
      if fit.path.family == .poisson {
        // PoissonRegressor has the ridge part alone.
        text.key("scikit_learn_alpha")
        text.number(alpha == 0 ? lambda : nil)
      }
      text.key("laplace_scale")
      text.number(l1 > 0 && fit.gamma == 1 ? 1 / l1 : nil)
      text.key("gaussian_scale")
      text.number(l2 > 0 && fit.gamma == 1 ? (1 / l2).squareRoot() : nil)
    }
  }
}

extension JSONText {
  fileprivate mutating func member(_ name: String, _ value: String) {
    key(name, indent: 2)
    string(value)
  }

  fileprivate mutating func member(_ name: String, _ value: Double) {
    key(name, indent: 2)
    number(value)
  }

  fileprivate mutating func member(_ name: String, _ values: [Double]) {
    key(name, indent: 4)
    numbers(values)
  }

  fileprivate mutating func strings(_ values: some Sequence<String>) {
    nested("[", "]") { text in
      for value in values {
        text.separate()
        text.string(value)
      }
    }
  }
}

extension Criterion {
  /// As it is given on the command line.
  public var label: String {
    switch self {
    case .minimum: "min"
    case .oneStandardError: "1se"
    case .relaxedMinimum: "relaxed-min"
    case .relaxedOneStandardError: "relaxed-1se"
    case .sparsest: "sparsest"
    case .information(let information): information.rawValue
    case .columns(let count): "k=\(count)"
    case .lambda(let lambda): "lambda=\(decimalText(lambda))"
    case .falseDiscoveryRate(let rate): "fdr=\(decimalText(rate))"
    case .stability: "stable"
    }
  }
}

extension Fit {
  /// What the linear predictors are called where there are several: classes or targets.
  fileprivate var responseLabels: [String] {
    switch path.family {
    case .multinomial: target.labels
    case .multigaussian: schema.targets.map { schema.header.label($0) }
    case .gaussian, .binomial, .poisson, .cox, .huber: []
    }
  }

  /// For each column of the moments that has a coefficient anywhere, what the model file calls it: the
  /// column's name for a number, `name=level` for a level, `name is missing` for the indicator of missing
  /// cells.
  fileprivate var coefficientLabels: [Int: String] {
    let predictorOf = places(of: schema.predictors, among: schema.roles.count)
    var labels: [Int: String] = [:]
    for term in Set(path.points.lazy.flatMap(\.support)) {
      for (member, column) in zip(path.design.terms[term].members, columns[term]) {
        let name = schema.header.label(column)
        switch member.term {
        case .number(let value), .imputed(let value, _, _): labels[value] = name
        case .indicated(let value, let missing, _):
          labels[value] = name
          labels[missing] = "\(name) is missing"
        case .levels(let columns):
          guard case .categorical(let levels) = types[Int(predictorOf[column])] else { continue }
          for (level, place) in zip(levels, columns) {
            labels[place] = level.map { "\(name)=\($0)" } ?? "\(name) is missing"
          }
        case .group: preconditionFailure("a group has no group for a member")
        }
      }
    }
    return labels
  }
}
