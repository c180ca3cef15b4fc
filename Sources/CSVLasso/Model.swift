internal import CSVRecords
internal import SparseRegression

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
      text.member("format", format, indent: 2)
      text.member("version", Double(version), indent: 2)
      text.member("tool", tool, indent: 2)
      text.member("target", header.label(fit.schema.target), indent: 2)
      family(&text, fit)
      text.member("rows", Double(fit.path.rows), indent: 2)
      text.member("header", header.names, indent: 2)
      text.key("has_header", indent: 2)
      text.raw(fit.options.dialect.hasHeader ? "true" : "false")
      text.key("seed", indent: 2)
      text.raw(String(fit.options.seed))
      text.member("alpha", fit.options.alpha, indent: 2)
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
    text.member("family", fit.path.family.label, indent: 2)
    switch fit.path.family {
    case .gaussian where !labels.isEmpty: text.member("target_labels", labels, indent: 2)
    case .binomial:
      text.member("positive", labels[1], indent: 2)
      text.member("negative", labels[0], indent: 2)
    case .multinomial: text.member("classes", labels, indent: 2)
    case .cox:
      text.member("time", schema.header.label(schema.target), indent: 2)
      text.member("event", schema.header.label(schema.event!), indent: 2)
    case .huber(let delta): text.member("delta", delta, indent: 2)
    case .multigaussian: text.member("targets", fit.responseLabels, indent: 2)
    case .gaussian, .poisson: break
    }
    text.memberIfAny("offset", schema.offset.map { schema.header.label($0) }, indent: 2)
  }

  /// What the penalty is where it is not the plain one.
  private static func penalty(_ text: inout JSONText, _ fit: Fit) {
    let kind = fit.options.path.kind
    switch kind {
    case .lasso: break
    case .mcp(let gamma), .scad(let gamma):
      let limit = fit.path.convexDownTo ?? fit.path.points[fit.path.points.count - 1].lambda
      text.object("penalty") { text in
        text.member("kind", kind.label)
        text.member("concavity", gamma)
        text.member("convex_down_to", limit)
      }
    }
    guard let adaptive = fit.options.path.adaptive else { return }
    text.object("adaptive") { text in
      text.member("initial", adaptive.initial.rawValue)
      text.member("exponent", adaptive.exponent)
    }
  }

  /// What tells two classes apart without an error.
  private static func separation(_ text: inout JSONText, _ fit: Fit) {
    guard let separation = fit.path.separation else { return }
    text.object("separation") { text in
      text.member(
        "columns",
        separation.terms.flatMap { fit.columns[$0] }.map { fit.schema.header.label($0) })
      text.member("lambda", separation.step.map { fit.path.points[$0].lambda })
    }
  }

  private static func choice(_ text: inout JSONText, _ fit: Fit) {
    text.object("choice") { text in
      text.member("rule", fit.criterion.label)
      text.member("step", Double(fit.selection.step + 1))
      text.member("lambda", fit.path.points[fit.selection.step].lambda)
      text.member("gamma", fit.gamma)
      for (key, value) in fit.evidence?.figures ?? [] { text.member(key, value) }
    }
  }

  private static func checks(_ text: inout JSONText, _ fit: Fit) {
    if let nested = fit.nested {
      text.object("nested") { text in
        text.member("folds", Double(nested.folds))
        text.member("cvm", nested.mean)
        text.member("cvsd", nested.standardError)
        text.member("kept", nested.kept.map { Double($0.count) })
      }
    }
    if let probe = fit.probe {
      text.object("probe") { text in
        text.member("draws", Double(probe.kept.count))
        text.member("mean_kept", probe.mean)
        text.member("false_alarms", Double(probe.falseAlarms))
      }
    }
  }
}
