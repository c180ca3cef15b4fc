internal import SparseRegression

/// What the options ask of coefficients, column by column, becomes the penalty on terms.
extension Schema {
  /// The penalty on some terms.
  func penalty(_ options: Options, _ columns: TermColumns, _ terms: [Term]) throws(Failure)
    -> ElasticNet
  {
    var factors = [Double](repeating: 1, count: header.names.count)
    for factor in options.factors {
      for column in try factor.columns.columns(in: header) { factors[column] = factor.value }
    }
    for (name, columns) in groups {
      guard let odd = columns.first(where: { factors[$0] != factors[columns[0]] }) else { continue }
      throw Failure(
        .usage,
        "--penalty gives '\(header.label(columns[0]))' and '\(header.label(odd))' different factors, but --group \(name) has one for all its columns"
      )
    }
    for column in roles.indices where roles[column] == .keep { factors[column] = 0 }
    let bounds = try bounds(options, columns, terms)
    return ElasticNet(
      alpha: options.alpha, factors: columns.map { factors[$0.first!] },
      bounds: columns.map { bounds[$0.first!] })
  }
  /// Between what the coefficient of each column lies.
  private func bounds(_ options: Options, _ columns: TermColumns, _ terms: [Term]) throws(Failure)
    -> [ElasticNet.Bounds]
  {
    var bounds = [ElasticNet.Bounds](repeating: .free, count: header.names.count)
    var option = [String?](repeating: nil, count: bounds.count)
    let signs = [
      ("--positive", options.nonnegative, ElasticNet.Bounds.nonnegative),
      ("--negative", options.nonpositive, .nonpositive),
    ]
    for (name, selectors, wanted) in signs
      + options.limits.map({ ("--bounds", [$0.columns], $0.bounds) })
    {
      for column in try header.columns(selectors).sorted() {
        if let other = option[column] {
          let label = header.label(column)
          throw Failure(
            .usage,
            other == name
              ? "'\(label)' is named by two \(name)"
              : "'\(label)' is named by \(other) and by \(name)")
        }
        (bounds[column], option[column]) = (wanted, name)
      }
    }
    for (columns, term) in zip(columns, terms) where !term.isSingle {
      guard let column = columns.first(where: { option[$0] != nil }) else { continue }
      let (named, has) =
        option[column] == "--bounds" ? ("--bounds", "bounds") : ("--positive or --negative", "sign")
      let what =
        columns.count > 1
        ? "but it is in --group \(group(of: column)!), and a group has no \(has)"
        : "but a group of several coefficients has no \(has)"
      throw Failure(.usage, "'\(header.label(column))' is named by \(named), \(what)")
    }
    return bounds
  }
}
