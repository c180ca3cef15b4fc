internal import SparseRegression

/// The columns of the input, what they were taken for and what became of them.
extension Model {
  static func columns(_ text: inout JSONText, _ fit: Fit) {
    let reports = fit.columnReports()
    text.key("columns", indent: 2)
    text.nested("[", "]", indent: 2) { text in
      for report in reports {
        text.separate(4)
        text.nested("{", "}") { column(&$0, report) }
      }
    }
    groups(&text, fit)
    text.member("kept", fit.keptLabels, indent: 2)
    text.member(
      "written",
      reports.indices.lazy.filter { reports.isWritten($0) }.map { fit.schema.header.label($0) },
      indent: 2)
  }

  private static func column(_ text: inout JSONText, _ report: Fit.ColumnReport) {
    text.member("name", report.label)
    text.member("index", Double(report.index + 1))
    text.member("role", report.role.rawValue)
    text.member("status", report.isKept ? "kept" : "dropped")
    text.member("reason", report.reason)
    guard let type = report.type else { return }
    text.member("type", type.label)
    text.member("missing", report.missing.map(Double.init))
    text.member("center", report.center)
    text.member("scale", report.scale)
    text.member("entry_step", report.entryStep.map(Double.init))
    text.member("entry_lambda", report.entryLambda)
    text.member("coefficient", report.coefficient)
    text.member("standardized_coefficient", report.standardizedCoefficient)
    text.objectsIfAny("levels", report.levels) { text, one in
      text.key("level")
      if let level = one.level { text.string(level) } else { text.raw("null") }
      text.member("coefficient", one.value)
    }
    text.memberIfAny("penalty_factor", report.factor)
    text.memberIfAny("group", report.group)
    text.memberIfAny("frequency", report.frequency)
    text.memberIfAny("warning", report.warning)
    text.memberIfAny("twin", report.twin)
    text.objectsIfAny("understudies", report.understudies) { text, one in
      text.member("column", one.label)
      text.member("correlation", one.correlation)
    }
  }

  /// The groups that were declared.
  private static func groups(_ text: inout JSONText, _ fit: Fit) {
    guard !fit.schema.groups.isEmpty else { return }
    text.object("groups", isLong: true) { text in
      for group in fit.schema.groups {
        text.member(group.name, group.columns.map { fit.schema.header.label($0) }, indent: 4)
      }
    }
  }
}
