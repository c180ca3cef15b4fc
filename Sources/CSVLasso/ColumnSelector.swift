/// Columns named on a command line: `name`, `3`, `4-7`, `a-c`, `!x`, `Foo[2]`, `/regex/`, separated by
/// commas.
///
/// - An item that is a column's name means that column, though it could also be a number or a range; in
///   quotes, `"a,b"`, it is only ever a name. A name that stands more than once means all its columns;
///   `Foo[2]` is the second of them.
/// - A number counts columns from 1. A range takes names or numbers at its ends, and may be left open:
///   `5-`.
/// - `!x` takes `x` out of what the items before it chose. A selector that starts with `!` chooses
///   everything but its items.
/// - `/regex/` is every column whose name it matches anywhere.
public struct ColumnSelector: Sendable {
  private let text: String
  private let option: String

  /// - Parameters:
  ///   - text: the selector as given.
  ///   - option: the option it was given to, for messages.
  public init(_ text: String, option: String) {
    self.text = text
    self.option = option
  }

  /// The columns of `header` that are chosen, from 0, increasing.
  ///
  /// - Throws: ``Failure`` of kind usage for an item that is no column, with the nearest name.
  /// - Complexity: O(columns · patterns + columns chosen)
  public func columns(in header: Header) throws(Failure) -> [Int] {
    let items = try split()
    guard let first = items.first else { throw usage("chooses no column") }
    let isInverted = first.isNegated
    var chosen = ColumnSet(of: header.names.count)
    for item in items {
      let takesOut = item.isNegated && !isInverted
      for column in try resolve(item, header) {
        if takesOut { chosen.remove(column) } else { chosen.insert(column) }
      }
    }
    return isInverted ? header.names.indices.filter { !chosen.contains($0) } : Array(chosen)
  }

  private struct Item {
    var text = ""
    var isNegated = false
    var isQuoted = false
    var isPattern = false
  }

  /// Cuts the text at commas outside quotes and patterns.
  private func split() throws(Failure) -> [Item] {
    var items: [Item] = []
    var rest = text[...]
    while !rest.isEmpty {
      var item = Item()
      rest = rest.drop(while: \.isWhitespace)
      if rest.first == "!" {
        item.isNegated = true
        rest.removeFirst()
      }
      if let mark = rest.first, mark == "\"" || mark == "/" {
        rest.removeFirst()
        guard let (body, after) = Self.body(of: rest, endingAt: mark) else {
          throw usage("has a \(mark) that is never closed")
        }
        (item.text, rest) = (body, after)
        item.isQuoted = mark == "\""
        item.isPattern = mark == "/"
        guard rest.isEmpty || rest.first == "," else {
          throw usage("lacks a comma before '\(rest)'")
        }
      } else {
        let text = rest.prefix { $0 != "," }
        rest = rest.dropFirst(text.count)
        item.text = trimmed(String(text))
      }
      if !rest.isEmpty { rest.removeFirst() }
      if item.text.isEmpty && !item.isQuoted { throw usage("has an empty item") }
      items.append(item)
    }
    return items
  }

  /// The text up to a closing mark that no backslash escapes and that ends the item.
  private static func body(of text: Substring, endingAt mark: Character)
    -> (String, Substring)?
  {
    var body = ""
    var rest = text
    while let next = rest.popFirst() {
      if next == "\\", rest.first == mark {
        body.append(rest.removeFirst())
      } else if next == mark && (rest.isEmpty || rest.first == ",") {
        return (body, rest)
      } else {
        body.append(next)
      }
    }
    return nil
  }

  private func resolve(_ item: Item, _ header: Header) throws(Failure) -> [Int] {
    if item.isPattern { return try match(item.text, header) }
    if let named = header.columns(named: item.text) { return named }
    if !item.isQuoted {
      if let single = try single(item.text, header) { return [single] }
      if let range = try range(item.text, header) { return Array(range) }
    }
    throw unknown(item.text, header)
  }

  private func match(_ pattern: String, _ header: Header) throws(Failure) -> [Int] {
    let columns: [Int]
    do throws(NamePattern.Refusal) {
      columns = try NamePattern(pattern).places(in: header.names)
    } catch {
      switch error {
      case .notOne: throw usage("has a regular expression that is not one: /\(pattern)/")
      case .tooLarge: throw usage("has a regular expression that is too large: /\(pattern)/")
      case .unsupported(let what):
        throw usage("has \(what) in a regular expression, which is not known here: /\(pattern)/")
      }
    }
    guard !columns.isEmpty else { throw usage("matches no column: /\(pattern)/") }
    return columns
  }

  /// `Foo[2]` or a number.
  private func single(_ text: String, _ header: Header) throws(Failure) -> Int? {
    if let number = Int(text), text.allSatisfy(\.isNumber) {
      guard (1...header.names.count).contains(number) else {
        throw usage("names column \(number), but there are \(header.names.count)")
      }
      return number - 1
    }
    guard text.hasSuffix("]"), let bracket = text.lastIndex(of: "["),
      let number = Int(text[text.index(after: bracket)...].dropLast()), number >= 1,
      let named = header.columns(named: String(text[..<bracket]))
    else { return nil }
    guard number <= named.count else {
      throw usage("names \(text), but '\(text[..<bracket])' stands \(named.count) times")
    }
    return named[number - 1]
  }

  /// `a-c`, `4-7`, `5-`: at whichever hyphen leaves columns on both sides.
  private func range(_ text: String, _ header: Header) throws(Failure) -> ClosedRange<Int>? {
    for hyphen in text.indices where text[hyphen] == "-" && hyphen != text.startIndex {
      let (from, to) = (String(text[..<hyphen]), String(text[text.index(after: hyphen)...]))
      guard let low = try end(from, header) else { continue }
      guard let high = to.isEmpty ? header.names.count - 1 : try end(to, header) else { continue }
      return min(low, high)...max(low, high)
    }
    return nil
  }

  private func end(_ text: String, _ header: Header) throws(Failure) -> Int? {
    if let named = header.columns(named: text) {
      guard named.count == 1 else {
        throw usage("has a range that ends at '\(text)', which stands \(named.count) times")
      }
      return named[0]
    }
    return try single(text, header)
  }

  private func unknown(_ text: String, _ header: Header) -> Failure {
    let nearest = header.nearest(to: text)
    return usage(
      "names '\(text)', which is no column" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""))
  }

  private func usage(_ message: String) -> Failure { Failure(.usage, "\(option) \(message)") }
}

extension Header {
  /// The columns that any of `selectors` chooses.
  func columns(_ selectors: [ColumnSelector]) throws(Failure) -> ColumnSet {
    var chosen = ColumnSet(of: names.count)
    for selector in selectors {
      for column in try selector.columns(in: self) { chosen.insert(column) }
    }
    return chosen
  }
}
