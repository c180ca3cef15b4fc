internal import SparseRegression

/// Which columns of the file each term is made of: one, or those of a declared group.
public struct TermColumns: Sendable, RandomAccessCollection {
  /// Of one term after the other.
  private let columns: [Int]
  private let starts: [Int]

  public var startIndex: Int { 0 }
  public var endIndex: Int { starts.count - 1 }

  /// The columns of a term, increasing.
  public subscript(_ term: Int) -> ArraySlice<Int> { columns[starts[term]..<starts[term + 1]] }

  private init(_ columns: [Int], starts: [Int]) { (self.columns, self.starts) = (columns, starts) }

  /// For each of `count` columns of the file, its term and its place there; -1 for one of no term.
  func places(among count: Int) -> (term: [Int32], member: [Int32]) {
    var (terms, members) = (
      [Int32](repeating: -1, count: count), [Int32](repeating: 0, count: count)
    )
    for term in indices {
      for (member, column) in self[term].enumerated() {
        (terms[column], members[column]) = (Int32(term), Int32(member))
      }
    }
    return (terms, members)
  }

  /// Puts the terms of columns together that are in one group; it stands where its first column stood.
  ///
  /// - Parameters:
  ///   - terms: one a column.
  ///   - columns: increasing.
  ///   - groups: sets of columns, no two of which share one.
  /// - Complexity: O(columns)
  static func grouping(_ terms: [Term], of columns: [Int], by groups: [[Int]])
    -> (terms: [Term], columns: TermColumns)
  {
    guard !groups.isEmpty else {
      return (terms, TermColumns(columns, starts: Array(0...columns.count)))
    }
    var groupOf: [Int: Int] = [:]
    for (group, columns) in groups.enumerated() {
      for column in columns { groupOf[column] = group }
    }
    var members = [[Int]](repeating: [], count: groups.count)
    for (place, column) in columns.enumerated() {
      if let group = groupOf[column] { members[group].append(place) }
    }
    var (made, order, starts) = ([Term](), [Int](), [0])
    for (place, column) in columns.enumerated() {
      let some = groupOf[column].map { members[$0] } ?? [place]
      guard some[0] == place else { continue }
      made.append(some.count == 1 ? terms[place] : .group(some.map { terms[$0] }))
      order += some.map { columns[$0] }
      starts.append(order.count)
    }
    return (made, TermColumns(order, starts: starts))
  }
}
