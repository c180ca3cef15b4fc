package import CSVRecords

/// The columns' names, in order.
public struct Header: Sendable, Equatable {
  /// As the first record has them, quotes removed and spaces around them too; without a header, the
  /// columns' numbers from 1.
  public let names: [String]
  private let index: NameIndex

  public init(names: [String]) {
    self.names = names
    index = NameIndex(names)
  }

  package init(_ first: FirstRecord, hasHeader: Bool) {
    var names: [String] = []
    first.forEachField { field in
      names.append(
        hasHeader ? trimmed(String(decoding: field, as: UTF8.self)) : String(names.count + 1))
    }
    self.init(names: names)
  }

  public static func == (a: Header, b: Header) -> Bool { a.names == b.names }

  /// The columns of that name, increasing; nil if there are none.
  func columns(named name: String) -> [Int]? { index.columns(named: name, in: names) }

  /// What messages and lists call a column: its name, with its place among those that share it; its
  /// number in brackets if it has none.
  ///
  /// - Complexity: O(1)
  public func label(_ column: Int) -> String {
    let name = names[column]
    if name.isEmpty { return "[\(column + 1)]" }
    return index.place(of: column).map { "\(name)[\($0)]" } ?? name
  }

  /// The name that takes fewest edits to become `text`, if these are few.
  func nearest(to text: String) -> String? {
    let limit = max(1, text.count / 3)
    let lowercased = text.lowercased()
    let best = names.lazy.filter { !$0.isEmpty }
      .map { (name: $0, distance: editDistance($0.lowercased(), lowercased)) }
      .min { $0.distance < $1.distance }
    return best.flatMap { $0.distance <= limit ? $0.name : nil }
  }
}

/// Columns by name: a hash table of column numbers, which takes a tenth of the memory of a dictionary.
private struct NameIndex: Sendable {
  /// The first column of a name, or -1; a power of two of places, searched from that of the hash on.
  private var slots: [Int32]
  /// For each column, the next of the same name, or -1; empty if no name stands twice.
  private var next: [Int32] = []
  /// For each column, its place among those of the same name, from 1, or 0 if there is no other; empty if
  /// no name stands twice.
  private var places: [Int32] = []

  init(_ names: [String]) {
    var size = 4
    while size < names.count + names.count / 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    // The last first, so that a chain grows at its head and increases.
    for column in names.indices.reversed() {
      let slot = slot(of: names[column], in: names)
      if slots[slot] >= 0 {
        if next.isEmpty { next = Array(repeating: -1, count: names.count) }
        next[column] = slots[slot]
      }
      slots[slot] = Int32(column)
    }
    guard !next.isEmpty else { return }
    places = Array(repeating: 0, count: names.count)
    for column in names.indices where next[column] >= 0 {
      if places[column] == 0 { places[column] = 1 }
      places[Int(next[column])] = places[column] + 1
    }
  }

  func columns(named name: String, in names: [String]) -> [Int]? {
    var column = Int(slots[slot(of: name, in: names)])
    guard column >= 0 else { return nil }
    var columns = [column]
    while !next.isEmpty && next[column] >= 0 {
      column = Int(next[column])
      columns.append(column)
    }
    return columns
  }

  /// From 1; nil if no other column has the same name.
  func place(of column: Int) -> Int? {
    places.isEmpty || places[column] == 0 ? nil : Int(places[column])
  }

  /// Where a name stands, or would.
  private func slot(of name: String, in names: [String]) -> Int {
    var slot = name.hashValue & (slots.count - 1)
    while slots[slot] >= 0 && names[Int(slots[slot])] != name {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}

func trimmed(_ text: String) -> String {
  // Most names are: a look at two bytes is a tenth of a look at two characters.
  let isPrinted = { (byte: UInt8?) in byte.map { $0 > 0x20 && $0 < 0x7F } ?? false }
  if isPrinted(text.utf8.first) && isPrinted(text.utf8.last) { return text }
  // As is one byte of many; what a mark may follow is looked at as a character.
  let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
  let bytes = text.utf8
  var (start, end) = (bytes.startIndex, bytes.endIndex)
  while start < end, isSpace(bytes[start]) {
    let next = bytes.index(after: start)
    guard next == end || bytes[next] < 0x80 else { break }
    start = next
  }
  while start < end, isSpace(bytes[bytes.index(before: end)]) { end = bytes.index(before: end) }
  var rest = text[start..<end]
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
