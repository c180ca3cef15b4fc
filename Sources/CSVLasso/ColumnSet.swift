/// A set of columns of a header: a byte for each column there is, whether it is in or not.
public struct ColumnSet: Sequence, Sendable {
  private var isIn: [Bool]
  /// How many are in.
  public private(set) var count = 0

  /// The empty set.
  ///
  /// - Parameter columns: how many the header has.
  init(of columns: Int) { isIn = Array(repeating: false, count: columns) }

  public var isEmpty: Bool { count == 0 }

  public func contains(_ column: Int) -> Bool { isIn[column] }

  /// The smallest that is in.
  public func min() -> Int? { isIn.firstIndex(of: true) }

  /// Increasing.
  public func makeIterator() -> some IteratorProtocol<Int> {
    isIn.indices.lazy.filter { [isIn] in isIn[$0] }.makeIterator()
  }

  func intersection(_ other: ColumnSet) -> ColumnSet {
    var both = ColumnSet(of: isIn.count)
    for column in self where other.contains(column) { both.insert(column) }
    return both
  }

  mutating func insert(_ column: Int) {
    if !isIn[column] { count += 1 }
    isIn[column] = true
  }

  mutating func remove(_ column: Int) {
    if isIn[column] { count -= 1 }
    isIn[column] = false
  }
}
