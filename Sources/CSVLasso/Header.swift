package import CSVRecords

/// The columns' names, in order.
public struct Header: Sendable, Equatable {
  /// As the first record has them, quotes removed and spaces around them too; without a header, the
  /// columns' numbers from 1.
  public let names: [String]
  private let columnsByName: [String: [Int]]

  public init(names: [String]) {
    self.names = names
    columnsByName = Dictionary(grouping: names.indices) { names[$0] }
  }

  package init(_ first: FirstRecord, hasHeader: Bool) {
    self.init(
      names: first.fields.enumerated().map { index, field in
        hasHeader ? trimmed(String(decoding: field, as: UTF8.self)) : String(index + 1)
      })
  }

  /// The columns of that name, increasing; nil if there are none.
  func columns(named name: String) -> [Int]? { columnsByName[name] }

  /// What messages and lists call a column: its name, with its place among those that share it; its
  /// number in brackets if it has none.
  public func label(_ column: Int) -> String {
    let name = names[column]
    let same = columnsByName[name]!
    if name.isEmpty { return "[\(column + 1)]" }
    return same.count == 1 ? name : "\(name)[\(same.firstIndex(of: column)! + 1)]"
  }

  /// The name that takes fewest edits to become `text`, if these are few.
  func nearest(to text: String) -> String? {
    let limit = max(1, text.count / 3)
    let best = names.lazy.filter { !$0.isEmpty }
      .map { (name: $0, distance: editDistance($0.lowercased(), text.lowercased())) }
      .min { $0.distance < $1.distance }
    return best.flatMap { $0.distance <= limit ? $0.name : nil }
  }
}

func trimmed(_ text: String) -> String {
  var rest = text[...]
  while let first = rest.first, first.isWhitespace { rest.removeFirst() }
  while let last = rest.last, last.isWhitespace { rest.removeLast() }
  return String(rest)
}

/// Insertions, deletions and replacements that turn one text into the other (Levenshtein, 1966).
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  guard abs(a.count - b.count) <= 8 else { return max(a.count, b.count) }
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
      (diagonal, row[j + 1]) = (row[j + 1], next)
    }
  }
  return row[b.count]
}
