public import SparseRegression

/// What the target turned out to be.
public struct FittedTarget: Sendable {
  /// As the rows are fitted.
  public let family: Family
  /// The values that are classes, in order: numbers by size, text by its bytes. Also the two labels of
  /// text that is fitted as 0 and 1 by least squares.
  public let labels: [String]
  /// Whether the family was told from the cells.
  public let isTold: Bool
  /// For each value as it was read, what it is fitted as; empty where it is fitted as it is.
  private let places: [Double: Double]

  /// A target of numbers.
  init(_ family: Family, isTold: Bool = false) {
    (self.family, self.isTold) = (family, isTold)
    (labels, places) = ([], [:])
  }

  /// - Parameter classes: values as they were read, in the order of what they are fitted as.
  init(_ family: Family, classes: [(value: Double, label: String)], isTold: Bool) {
    (self.family, self.isTold) = (family, isTold)
    labels = classes.map(\.label)
    places = Dictionary(
      uniqueKeysWithValues: classes.enumerated().map { ($1.value, Double($0)) })
  }

  /// What a value is fitted as.
  func value(_ read: Double) -> Double { places[read] ?? read }

  /// Whether two values, read as 0 and 1, change places.
  var isReversed: Bool { places[1] == 0 && places[0] == 1 }

}

extension Family {
  /// As it is given on the command line and stands in a model.
  public var label: String {
    switch self {
    case .gaussian: "gaussian"
    case .binomial: "binomial"
    case .multinomial: "multinomial"
    case .poisson: "poisson"
    case .cox: "cox"
    case .huber: "huber"
    case .multigaussian: "multigaussian"
    }
  }

  /// Whether the target's values are classes.
  public var hasClasses: Bool {
    switch self {
    case .binomial, .multinomial: true
    default: false
    }
  }

  /// Whether the loss is a square, so that errors are squares, too.
  public var isSquared: Bool {
    switch self {
    case .gaussian, .multigaussian: true
    default: false
    }
  }
}

extension PenaltyKind {
  /// As it is given on the command line and stands in a model.
  public var label: String {
    switch self {
    case .lasso: "lasso"
    case .mcp: "mcp"
    case .scad: "scad"
    }
  }
}

extension Options {
  /// Refuses options that go with no family, or with another than the one that was asked for.
  func refuseWhatNoFamilyTakes() throws(Failure) {
    if criterion.choosesColumns && !limits.isEmpty {
      throw Failure(
        .usage,
        "--choose \(criterion.label) takes no --bounds; --positive and --negative hold a sign")
    }
    guard (family == .cox) == (event != nil) else {
      throw Failure(
        .usage,
        family == .cox
          ? "--family cox needs --time and --event" : "--event is for --family cox")
    }
    guard huberDelta == nil || family == .huber else {
      throw Failure(.usage, "--huber-delta is for --family huber")
    }
    switch family {
    case .auto: break
    case .gaussian: try refuseWhatIsNot(for: .gaussian)
    case .binomial: try refuseWhatIsNot(for: .binomial)
    case .multinomial: try refuseWhatIsNot(for: .multinomial(classes: 2))
    case .poisson: try refuseWhatIsNot(for: .poisson)
    case .cox: try refuseWhatIsNot(for: .cox)
    case .huber: try refuseWhatIsNot(for: .huber(delta: huberDelta))
    }
  }

  /// Refuses options that `family` does not take.
  func refuseWhatIsNot(for family: SparseRegression.Family) throws(Failure) {
    func refuse(_ option: String, _ remedy: String) -> Failure {
      Failure(.usage, "\(option) is not for \(family.label), the family here (\(remedy))")
    }
    switch metric {
    case .auc where family != .binomial:
      throw refuse(
        "--metric auc", "use --metric deviance\(family.hasClasses ? " or class-error" : "")")
    case .error where !family.hasClasses:
      throw refuse("--metric class-error", "use --metric deviance")
    case .auc, .error, .deviance: break
    }
    if offset != nil && family.isSquared {
      throw refuse("--offset", "subtract it from the target")
    }
    if engine == .moments && family != .gaussian {
      throw refuse("--engine moments", "leave --engine out: the rows themselves are needed")
    }
    let several = "a column has several coefficients there, of either sign"
    if family.responses > 1 && !(nonnegative + nonpositive).isEmpty {
      throw refuse("--positive or --negative", several)
    }
    if family.responses > 1 && !limits.isEmpty { throw refuse("--bounds", several) }
  }
}
