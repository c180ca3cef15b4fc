/// What each column is for.
public struct Schema: Sendable {
  /// A column's part in the work.
  public enum Role: String, Sendable {
    /// May be selected.
    case candidate
    /// Always in the model, without a penalty, and always written.
    case keep
    /// Predicted.
    case target
    /// Written, never fitted.
    case id
    /// Weighs the rows.
    case weights
    /// Says which rows share a fold.
    case fold
    /// Neither fitted nor written.
    case dropped
  }

  public let header: Header
  /// One role a column.
  public let roles: [Role]
  /// Columns that are copied whatever else they are for.
  public let copied: ColumnSet
  /// The fitted columns, candidates and kept ones, in the order of the file.
  public let predictors: [Int]
  public let target: Int
  let weights: Int?
  let fold: Int?

  /// Gives each column its role.
  ///
  /// - Parameter source: what messages call the input.
  /// - Throws: ``Failure`` for a name that is no column, a column with two roles that exclude each
  ///   other, or no column to fit.
  public init(_ header: Header, _ options: Options, source: String) throws(Failure) {
    let count = header.names.count
    let target = try Self.single(options.target, option: "--target", header)
    let weights = try options.weights.map { name throws(Failure) in
      try Self.single(name, option: "--weights", header)
    }
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

    let single = [
      (target, "--target"), (weights, "--weights"),
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
    if ids.contains(target) {
      throw Failure(.usage, "--id names the target '\(header.label(target))'")
    }
    if let both = keep.intersection(drop).min() {
      throw Failure(.usage, "'\(header.label(both))' is named by --keep and by --drop")
    }
    if let both = ids.intersection(drop).min() {
      throw Failure(.usage, "'\(header.label(both))' is named by --id and by --drop")
    }
    roles = (0..<count).map { column in
      if column == target { return .target }
      if column == weights { return .weights }
      if column == fold { return .fold }
      if drop.contains(column) { return .dropped }
      if keep.contains(column) { return .keep }
      if ids.contains(column) { return .id }
      return features?.contains(column) ?? true ? .candidate : .dropped
    }
    for selector in options.factors.map(\.columns) + options.nonnegative + options.nonpositive {
      // A name that is no column is told before the data are read.
      _ = try selector.columns(in: header)
    }
    self.header = header
    self.target = target
    self.weights = weights
    self.fold = fold
    copied = ids
    predictors = (0..<count).filter { [roles] in roles[$0] == .candidate || roles[$0] == .keep }
    guard !predictors.isEmpty else {
      throw Failure(
        .data, "\(source): no column is left to choose from besides the target")
    }
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
