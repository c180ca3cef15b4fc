internal import ArgumentParser
internal import CSVLasso
internal import SparseRegression

/// What is fitted.
struct ModelFlags: ParsableArguments {
  @Option(
    help:
      "What the target is: a number (gaussian, huber), one of two values (binomial), one of several (multinomial), a count (poisson), a time (cox); auto tells gaussian, binomial and multinomial from the cells."
  )
  var family = Options.Family.auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Residuals beyond D count by their length (huber; default: 1.345 times the target's scale).",
      valueName: "d"))
  var huberDelta: Double?

  @Option(
    parsing: .unconditional, help: "1 is the lasso, 0 is ridge, between them the elastic net.")
  var alpha = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Use these lambdas, separated by commas.", valueName: "l,l,…"))
  var lambda: String?

  @Option(parsing: .unconditional, help: "The number of lambdas.")
  var nlambda = ModelFlags.usualCount

  static let usualCount = 100

  @Option(
    parsing: .unconditional,
    help: "Smallest lambda over largest (default: 1e-4, or 1e-2 if rows < columns).")
  var lambdaRatio: Double?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Multiply the penalty of columns; may be repeated.", valueName: "sel=f"))
  var penalty: [String] = []

  @Option(
    help:
      "How the penalty goes on: lasso (straight), mcp or scad (level, so that large coefficients are not shrunk)."
  )
  var penaltyKind = Kind.lasso

  enum Kind: String, Word { case lasso, mcp, scad }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How soon mcp or scad are level: at G times the price (default: 3 for mcp, 3.7 for scad).",
      valueName: "g"))
  var concavity: Double?

  @Option(
    help: ArgumentHelp(
      "The adaptive lasso: a column costs 1/|b|^G, with b from an initial fit to the same rows, ols or ridge (G is 1 if not given).",
      valueName: "ols|ridge[:g]"))
  var adaptive: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Columns to keep or drop together; may be repeated.", valueName: "name=sel"))
  var group: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns whose coefficient may not be negative.", valueName: "sel"))
  var positive: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns whose coefficient may not be positive.", valueName: "sel"))
  var negative: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Columns whose coefficient lies between L and U, in units of the column; L is at most 0, U at least 0, and either may be left out; may be repeated.",
      valueName: "sel=l:u"))
  var bounds: [String] = []

  @Flag(help: "Do not divide columns by their standard deviation.")
  var noStandardize = false

  @Flag(help: "Fit without an intercept.")
  var noIntercept = false

  @Flag(
    help:
      "Go on to the last lambda, also where the minimum of the cross-validated error is certain before."
  )
  var fullPath = false

  @Option(
    help:
      "What solves: moments (tall tables), columns (wide ones) or auto, the cheaper of the two; the result is the same."
  )
  var engine = Options.Engine.auto

  @Option(parsing: .unconditional, help: "The relative duality gap that every lambda must reach.")
  var tol = 1e-7
}

extension ModelFlags {
  func fill(_ options: inout Options) throws(Failure) {
    guard (0...1).contains(alpha) else { throw usage("--alpha lies between 0 and 1, not \(alpha)") }
    try check("--nlambda", nlambda, in: 1...100_000)
    guard tol > 0, tol < 1 else { throw usage("--tol lies between 0 and 1") }
    if let lambdaRatio, !(lambdaRatio > 0 && lambdaRatio < 1) {
      throw usage("--lambda-ratio lies between 0 and 1")
    }
    options.family = family
    try checkIsPositive("--huber-delta", huberDelta)
    options.huberDelta = huberDelta
    options.alpha = alpha
    options.nonnegative = selectors(positive, "--positive")
    options.nonpositive = selectors(negative, "--negative")
    options.walksFullPath = fullPath
    guard engine != .columns || alpha > 0 else {
      throw usage("--engine columns does not take --alpha 0: ridge keeps every column")
    }
    options.engine = engine
    for text in penalty { options.factors.append(try Self.factor(text)) }
    for text in bounds { options.limits.append(try Self.limits(text)) }
    for text in group { options.groups.append(try Self.group(text)) }
    options.path = PathOptions(
      grid: try grid(), standardize: !noStandardize, intercept: !noIntercept, tolerance: tol,
      adaptive: try adaptive.map { text throws(Failure) in try Self.weights(text) },
      kind: try kind())
  }

  private func grid() throws(Failure) -> LambdaGrid {
    guard let lambda else { return .automatic(count: nlambda, ratio: lambdaRatio) }
    var values: [Double] = []
    for item in lambda.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Double(item), value >= 0, value.isFinite else {
        throw usage("--lambda takes numbers from 0 on, not '\(item)'")
      }
      values.append(value)
    }
    return .values(values)
  }

  private static func factor(_ text: String) throws(Failure) -> Options.Factor {
    guard let (columns, factor) = sides(text, ofLast: true), let value = Double(factor),
      value >= 0, value.isFinite
    else {
      throw usage(
        "--penalty takes SEL=F with F from 0 on, not '\(text)' (give it once for each factor)")
    }
    return Options.Factor(columns: ColumnSelector(columns, option: "--penalty"), value: value)
  }

  private static func limits(_ text: String) throws(Failure) -> Options.Limits {
    func end(_ text: Substring, _ missing: Double) -> Double? {
      text.isEmpty ? missing : Double(text)
    }
    guard let (columns, range) = sides(text, ofLast: true) else { throw refusal(text) }
    let ends = range.split(separator: ":", omittingEmptySubsequences: false)
    guard ends.count == 2, let lower = end(ends[0], -.infinity),
      let upper = end(ends[1], .infinity),
      lower <= 0, upper >= 0, lower < upper
    else { throw refusal(text) }
    return Options.Limits(
      columns: ColumnSelector(columns, option: "--bounds"),
      bounds: ElasticNet.Bounds(lower, upper))
  }

  private static func refusal(_ text: String) -> Failure {
    usage(
      "--bounds takes SEL=L:U with L at most 0 and U at least 0, not '\(text)' (give it once for each range)"
    )
  }

  /// - Throws: ``Failure`` for what does not go with a penalty that is concave.
  private func kind() throws(Failure) -> PenaltyKind {
    let name = "--penalty-kind \(penaltyKind.rawValue)"
    let (least, usual): (Double, Double)
    switch penaltyKind {
    case .lasso:
      guard concavity == nil else { throw usage("--concavity is for --penalty-kind mcp or scad") }
      return .lasso
    case .mcp: (least, usual) = (1, 3)
    case .scad: (least, usual) = (2, 3.7)
    }
    let gamma = concavity ?? usual
    guard gamma > least, gamma.isFinite else {
      throw usage("--concavity is above \(Int(least)) for \(penaltyKind.rawValue), not \(gamma)")
    }
    guard alpha > 0 else { throw usage("\(name) selects; leave --alpha 0, which is ridge, out") }
    guard !noStandardize else {
      throw usage("\(name) takes columns of one scale; leave --no-standardize out")
    }
    guard bounds.isEmpty else {
      throw usage("\(name) takes no --bounds; --positive and --negative hold a sign")
    }
    guard adaptive == nil else {
      throw usage(
        "\(name) and --adaptive exclude each other: each is to shrink little what is large")
    }
    return penaltyKind == .mcp ? .mcp(gamma: gamma) : .scad(gamma: gamma)
  }

  private static func weights(_ text: String) throws(Failure) -> AdaptiveWeights {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let initial = AdaptiveWeights.Initial(rawValue: String(parts[0])),
      let exponent = parts.count > 1 ? Double(parts[1]) : 1, exponent > 0, exponent.isFinite
    else {
      throw usage(
        "--adaptive takes ols or ridge, and an exponent above 0 behind a colon, not '\(text)'")
    }
    return AdaptiveWeights(initial, exponent: exponent)
  }

  private static func group(_ text: String) throws(Failure) -> Options.Group {
    guard let (name, columns) = sides(text), !name.isEmpty else {
      throw usage("--group takes NAME=SEL, not '\(text)' (give it once for each group)")
    }
    return Options.Group(
      name: name, columns: ColumnSelector(String(columns), option: "--group \(name)"))
  }
}
