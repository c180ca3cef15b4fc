/// A column as the fit sees it: one unit of selection, made of one or more columns of the moments.
///
/// The moments hold raw columns only: numbers, indicators of missing cells, indicators of levels. How
/// these combine, with which centre and scale, is decided from the rows that are fitted, so that nothing
/// of a test row enters.
public enum Term: Sendable, Equatable {
  /// A number.
  case number(Int)
  /// A number with missing cells: column `value` holds `origin` where the cell is missing and column
  /// `missing` holds 1 there. The mean of the other cells takes their place: with μ that mean, the
  /// column is value + (μ − origin) · missing, so it costs no second pass.
  case imputed(value: Int, missing: Int, origin: Double)
  /// The same, and the indicator of missing cells with it as one group.
  case indicated(value: Int, missing: Int, origin: Double)
  /// A categorical: one indicator column a level. The group's span, and so the fit, does not depend on
  /// the order of levels or on which of them would be the reference.
  case levels([Int])
  /// Terms that are selected together, none of them such a group itself: columns that somebody declared to
  /// be one.
  case group([Term])

  /// The columns of the moments that the term is made of.
  public var columns: [Int] {
    switch self {
    case .number(let column): [column]
    case .imputed(let value, let missing, _), .indicated(let value, let missing, _):
      [value, missing]
    case .levels(let columns): columns
    case .group(let members): members.flatMap(\.columns)
    }
  }

  /// The terms that a group is made of, each with its places among ``columns``; any other term itself.
  package var members: [(term: Term, places: Range<Int>)] {
    guard case .group(let members) = self else { return [(self, 0..<columns.count)] }
    var next = 0
    return members.map { member in
      let places = next..<next + member.columns.count
      next = places.upperBound
      return (member, places)
    }
  }

  /// The same over columns that have other numbers.
  package func renumbered(_ number: (Int) -> Int) -> Term {
    switch self {
    case .number(let column): .number(number(column))
    case .imputed(let value, let missing, let origin):
      .imputed(value: number(value), missing: number(missing), origin: origin)
    case .indicated(let value, let missing, let origin):
      .indicated(value: number(value), missing: number(missing), origin: origin)
    case .levels(let columns): .levels(columns.map(number))
    case .group(let members): .group(members.map { $0.renumbered(number) })
    }
  }

  /// The group's size m: its penalty is λ √m ‖b‖.
  public var size: Int {
    switch self {
    case .number, .imputed: 1
    case .indicated: 2
    case .levels(let columns): max(1, columns.count - 1)
    case .group(let members): members.reduce(0) { $0 + $1.size }
    }
  }
}
