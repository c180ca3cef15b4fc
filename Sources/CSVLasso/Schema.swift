/// What each column is for.
public struct Schema: Sendable {
  /// A column's part in the work.
  public enum Role: String, Sendable {
    /// May be selected.
    case candidate
    /// Always in the model, without a penalty, and always written.
    case keep
    /// Predicted; for `cox` the time.
    case target
    /// Says whether the time is that of an event.
    case event
    /// Added to the linear predictor.
    case offset
    /// Written, never fitted.
    case id
    /// Weighs the rows.
    case weights
    /// Says which rows share a fold.
    case fold
    /// Neither fitted nor written.
    case dropped

    /// Why a column is no candidate.
    fileprivate var reasonAgainst: String {
      switch self {
      case .candidate: "it is one"
      case .keep: "--keep has it always in, without a penalty"
      case .target: "it is the target"
      case .event: "it is the event"
      case .offset: "it is the offset"
      case .id: "--id copies it and never fits it"
      case .weights: "it weighs the rows"
      case .fold: "it deals the rows into folds"
      case .dropped: "--drop or --features leaves it out"
      }
    }

    /// Whether the column is part of what is predicted.
    var isPredicted: Bool { self == .target || self == .event }
  }

  public let header: Header
  /// One role a column.
  public let roles: [Role]
  /// Columns that are copied whatever else they are for.
  public let copied: ColumnSet
  /// The fitted columns, candidates and kept ones, in the order of the file.
  public let predictors: [Int]
  /// Columns that are kept or dropped together, in the order that they were declared in.
  public let groups: [(name: String, columns: [Int])]
  /// More than one only where several numbers are predicted together; in the order of the file.
  public let targets: [Int]
  public let event: Int?
  public let offset: Int?
  let weights: Int?
  let fold: Int?
  /// As asked for.
  let family: Options.Family

  /// The first target.
  public var target: Int { targets[0] }

  /// Columns that are numbers of a row beside the target: further targets, the event, the offset.
  var companions: [Int] { targets.dropFirst() + [event, offset].compactMap { $0 } }

  /// Gives each column its role.
  ///
  /// - Parameter source: what messages call the input.
  /// - Throws: ``Failure`` for a name that is no column, a column with two roles that exclude each
  ///   other, or no column to fit.
  public init(_ header: Header, _ options: Options, source: String) throws(Failure) {
    let count = header.names.count
    try options.refuseWhatNoFamilyTakes()
    let targetOption = options.family == .cox ? "--time" : "--target"
    let targets = try Self.targets(options, option: targetOption, header)
    func column(_ name: String?, _ option: String) throws(Failure) -> Int? {
      try name.map { name throws(Failure) in try Self.single(name, option: option, header) }
    }
    let weights = try column(options.weights, "--weights")
    let event = try column(options.event, "--event")
    let offset = try column(options.offset, "--offset")
    let fold: Int?
    switch options.folds {
    case .column(let name): fold = try Self.single(name, option: "--fold-column", header)
    case .by(let name, _): fold = try Self.single(name, option: "--fold-by", header)
    case .permuted, .forward: fold = nil
    }
    let (ids, keep, drop) =
      (
        try header.columns(options.ids), try header.columns(options.keep),
        try header.columns(options.drop)
      )
    let features = options.features.isEmpty ? nil : try header.columns(options.features)

    let single =
      targets.map { ($0, targetOption) }
      + [
        (event, "--event"), (offset, "--offset"), (weights, "--weights"),
        (fold, options.folds.isColumn ? "--fold-column" : "--fold-by"),
      ].compactMap { column, option in column.map { ($0, option) } }
    for (place, (column, option)) in single.enumerated() {
      let others =
        single[..<place]
        + [(keep, "--keep"), (drop, "--drop")].compactMap { set, other in
          set.contains(column) ? (column, other) : nil
        }
      if let other = others.first(where: { $0.0 == column }) {
        throw Failure(
          .usage, "'\(header.label(column))' is named by \(other.1) and by \(option)")
      }
    }
    for column in targets + [event].compactMap({ $0 }) where ids.contains(column) {
      throw Failure(
        .usage,
        "--id names the \(column == event ? "event" : "target") '\(header.label(column))'")
    }
    if let both = keep.intersection(drop).min() {
      throw Failure(.usage, "'\(header.label(both))' is named by --keep and by --drop")
    }
    if let both = ids.intersection(drop).min() {
      throw Failure(.usage, "'\(header.label(both))' is named by --id and by --drop")
    }
    roles = (0..<count).map { column in
      if targets.contains(column) { return .target }
      if column == event { return .event }
      if column == offset { return .offset }
      if column == weights { return .weights }
      if column == fold { return .fold }
      if drop.contains(column) { return .dropped }
      if keep.contains(column) { return .keep }
      if ids.contains(column) { return .id }
      return features?.contains(column) ?? true ? .candidate : .dropped
    }
    for selector in options.factors.map(\.columns) + options.limits.map(\.columns)
      + options.nonnegative + options.nonpositive
    {
      // A name that is no column is told before the data are read.
      _ = try selector.columns(in: header)
    }
    groups = try Self.groups(options, header, roles)
    self.header = header
    (self.targets, self.event, self.offset) = (targets, event, offset)
    family = options.family
    self.weights = weights
    self.fold = fold
    copied = ids
    predictors = (0..<count).filter { [roles] in roles[$0] == .candidate || roles[$0] == .keep }
    guard !predictors.isEmpty else {
      throw Failure(
        .data,
        "\(source): no column is left to choose from besides the target (see --features and --drop)"
      )
    }
  }

  /// The one column to predict, or several of different names.
  private static func targets(_ options: Options, option: String, _ header: Header)
    throws(Failure) -> [Int]
  {
    let columns = try ColumnSelector(options.target, option: option).columns(in: header)
    let isSeveral = Set(columns.map { header.names[$0] }).count > 1
    guard isSeveral && (options.family == .auto || options.family == .gaussian) else {
      return [try single(options.target, option: option, header)]
    }
    return columns
  }

  /// The groups that were declared.
  ///
  /// - Throws: ``Failure`` for a column that is no candidate or in two groups, and for a name that stands
  ///   twice.
  private static func groups(_ options: Options, _ header: Header, _ roles: [Role])
    throws(Failure) -> [(name: String, columns: [Int])]
  {
    var groups: [(name: String, columns: [Int])] = []
    var nameOf: [Int: String] = [:]
    for group in options.groups {
      let columns = try group.columns.columns(in: header)
      guard !groups.contains(where: { $0.name == group.name }) else {
        throw Failure(
          .usage, "--group \(group.name) is given twice; one SEL takes all columns of a group")
      }
      for column in columns {
        let label = header.label(column)
        if roles[column] != .candidate {
          throw Failure(
            .usage,
            "--group \(group.name) names '\(label)', which is no candidate: \(roles[column].reasonAgainst)"
          )
        }
        if let other = nameOf[column] {
          throw Failure(
            .usage, "'\(label)' is in --group \(other) and in --group \(group.name)")
        }
        nameOf[column] = group.name
      }
      groups.append((group.name, columns))
    }
    return groups
  }

  /// The one column that `name` means.
  private static func single(_ name: String, option: String, _ header: Header)
    throws(Failure) -> Int
  {
    let columns = try ColumnSelector(name, option: option).columns(in: header)
    guard columns.count == 1 else {
      let isRepeated = Set(columns.map { header.names[$0] }).count == 1
      throw Failure(
        .usage,
        "\(option) '\(name)' means \(columns.count) columns; one is needed"
          + (isRepeated ? " (say which: '\(name)[1]' or '\(name)[2]')" : ""))
    }
    return columns[0]
  }
}

extension Options.Folds {
  fileprivate var isColumn: Bool { if case .column = self { true } else { false } }
}
