internal import SparseRegression

/// The path of solutions, and what was cross-validated along it.
extension Model {
  static func path(_ text: inout JSONText, _ fit: Fit) {
    let points = fit.path.points
    text.object("path", isLong: true) { text in
      text.member("gamma", fit.gamma, indent: 4)
      text.member("lambda", points.map(\.lambda), indent: 4)
      text.member("df", points.map { Double($0.df) }, indent: 4)
      text.member("dev_ratio", points.map(\.devianceRatio), indent: 4)
      text.member("gap", points.map(\.gap), indent: 4)
      let labels = fit.responseLabels
      guard !labels.isEmpty else { return solutions(&text, fit, response: 0, indent: 4) }
      text.object(
        fit.path.family.hasClasses ? "classes" : "targets", indent: 4, isLong: true
      ) { text in
        for (response, label) in labels.enumerated() {
          text.object(label, indent: 6, isLong: true) { text in
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
    if path.family != .cox { text.member("intercept", original.map(\.intercept), indent: indent) }
    text.object("coefficients", indent: indent, isLong: true) { text in
      for slot in coefficients.keys.sorted() {
        guard let label = labels[slot] else { continue }
        text.member(label, coefficients[slot]!, indent: indent + 2)
      }
    }
  }

  static func crossValidation(_ text: inout JSONText, _ fit: Fit) {
    guard let cv = fit.crossValidation else { return }
    let points = fit.path.points
    text.object("cross_validation", isLong: true) { text in
      text.member("folds", Double(cv.folds), indent: 4)
      text.member("repeats", Double(cv.repeats), indent: 4)
      if !fit.path.family.isSquared {
        text.member("metric", fit.options.metric.rawValue, indent: 4)
      }
      text.member("lambda", points.map(\.lambda), indent: 4)
      text.member("cvm", cv.mean, indent: 4)
      text.member("cvsd", cv.standardError, indent: 4)
      text.member("lambda_min", points[cv.minimum].lambda, indent: 4)
      text.member("lambda_1se", points[cv.oneStandardError].lambda, indent: 4)
      if cv.gammas.count > 1 { relaxed(&text, cv, points) }
    }
  }

  /// The errors of the blends.
  private static func relaxed(
    _ text: inout JSONText, _ cv: CrossValidation, _ points: [RegularizationPath.Point]
  ) {
    text.object("relaxed", indent: 4, isLong: true) { text in
      text.member("gamma", cv.gammas, indent: 6)
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
        text.member("lambda_\(name)", points[place.step].lambda, indent: 6)
        text.member("gamma_\(name)", cv.gammas[place.blend], indent: 6)
      }
    }
  }
}

extension Fit {
  /// What the linear predictors are called where there are several: classes or targets.
  var responseLabels: [String] {
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
