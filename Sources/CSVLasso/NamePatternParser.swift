/// What a regular expression is made of.
indirect enum NameNode {
  case `class`(NameClass)
  case place(NamePattern.Place)
  case sequence([NameNode])
  case alternatives([NameNode])
  /// From the lower bound to the upper, or without end.
  case repetition(NameNode, ClosedRange<Int>, isOpen: Bool)
}

/// Reads a regular expression in the usual spelling, that of Perl.
struct NamePatternParser {
  private typealias Refusal = NamePattern.Refusal
  private var rest: Substring
  private var depth = 0
  private var flags = Flags()

  private struct Flags {
    var ignoresCase = false
    var dotIsAny = false
    var isByLine = false
  }

  init(_ text: String) { rest = text[...] }

  mutating func pattern() throws(NamePattern.Refusal) -> NameNode {
    let node = try alternatives()
    guard rest.isEmpty else { throw .notOne }
    return node
  }

  private mutating func takes(_ text: String) -> Bool {
    guard rest.hasPrefix(text) else { return false }
    rest.removeFirst(text.count)
    return true
  }

  private mutating func next() throws(Refusal) -> Character {
    guard let character = rest.popFirst() else { throw .notOne }
    return character
  }

  // MARK: Structure

  private mutating func alternatives() throws(Refusal) -> NameNode {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw .tooLarge }
    var parts = [try sequence()]
    while takes("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence() throws(Refusal) -> NameNode {
    var parts: [NameNode] = []
    while let character = rest.first, character != "|", character != ")" {
      guard let part = try part() else { continue }
      parts.append(try repeated(part))
    }
    return .sequence(parts)
  }

  private mutating func repeated(_ part: NameNode) throws(Refusal) -> NameNode {
    var part = part
    var count = 0
    while let (range, isOpen) = try quantifier() {
      // Which of the ways is tried first does not matter to whether there is one.
      if takes("+") { throw .unsupported("a possessive quantifier") }
      _ = takes("?")
      count += 1
      guard count < 10 else { throw .tooLarge }
      part = .repetition(part, range, isOpen: isOpen)
    }
    return part
  }

  private mutating func quantifier() throws(Refusal) -> (ClosedRange<Int>, isOpen: Bool)? {
    if takes("*") { return (0...0, true) }
    if takes("+") { return (1...1, true) }
    if takes("?") { return (0...1, false) }
    guard rest.first == "{", let close = rest.firstIndex(of: "}") else { return nil }
    let ends = rest[..<close].dropFirst().split(separator: ",", omittingEmptySubsequences: false)
    let numbers = ends.map { Int($0) }
    // Braces that hold no numbers are text.
    let areNumbers = zip(ends, numbers).allSatisfy { end, number in
      end.allSatisfy { ("0"..."9").contains($0) } && (number != nil || end.isEmpty)
    }
    guard (1...2).contains(ends.count), areNumbers, numbers.contains(where: { $0 != nil }) else {
      return nil
    }
    rest = rest[close...].dropFirst()
    let low = numbers[0] ?? 0
    let high = ends.count == 1 ? low : numbers[1] ?? low
    guard low <= high else { throw .notOne }
    guard high <= 1000 else { throw .tooLarge }
    return (low...high, ends.count == 2 && ends[1].isEmpty)
  }

  /// One thing that may be repeated; nil for what only sets a flag.
  private mutating func part() throws(Refusal) -> NameNode? {
    switch try next() {
    case "(": return try group()
    case "[": return .class(try set())
    case ".": return .class(NameClass(flags.dotIsAny ? .any : .notNewline))
    case "^": return .place(flags.isByLine ? .lineStart : .start)
    case "$": return .place(flags.isByLine ? .lineEnd : .end)
    case "*", "+", "?": throw .notOne
    case "\\": return try escaped()
    case let other: return one(other)
    }
  }

  private func one(_ character: Character) -> NameNode {
    .class(NameClass(.one(character), ignoresCase: flags.ignoresCase))
  }

  // MARK: Groups

  private mutating func group() throws(Refusal) -> NameNode? {
    let outer = flags
    if takes("?") {
      for (mark, what) in [
        ("=", "looking ahead"), ("!", "looking ahead"), ("<=", "looking behind"),
        ("<!", "looking behind"), (">", "an atomic group"), ("(", "a condition"),
      ] where takes(mark) { throw .unsupported(what) }
      if takes("#") {
        while try next() != ")" {}
        return nil
      }
      if takes("P<") || takes("<") {
        while try next() != ">" {}
      } else if try !takeFlags() {
        return nil
      }
    }
    let inner = try alternatives()
    guard takes(")") else { throw .notOne }
    flags = outer
    return inner
  }

  /// - Returns: whether they are for a group that follows; else they hold up to the end of this one.
  private mutating func takeFlags() throws(Refusal) -> Bool {
    var isOn = true
    while true {
      switch try next() {
      case ":": return true
      case ")": return false
      case "-": isOn = false
      case "i": flags.ignoresCase = isOn
      case "s": flags.dotIsAny = isOn
      case "m": flags.isByLine = isOn
      case let other: throw .unsupported("the flag \(other)")
      }
    }
  }

  // MARK: Escapes

  private mutating func escaped() throws(Refusal) -> NameNode {
    if rest.first == "Q" { return try literal() }
    let mark = rest.first
    switch mark {
    case "b", "B", "A", "z", "Z":
      rest.removeFirst()
      return .place(
        mark == "b" ? .wordEdge : mark == "B" ? .noWordEdge : mark == "A" ? .start : .end)
    default:
      return .class(NameClass(try item(), ignoresCase: flags.ignoresCase))
    }
  }

  /// `\Q…\E`: text, whatever it holds.
  private mutating func literal() throws(Refusal) -> NameNode {
    rest.removeFirst()
    var parts: [NameNode] = []
    while !rest.isEmpty && !takes("\\E") { parts.append(one(try next())) }
    return .sequence(parts)
  }

  /// What a backslash makes of the character behind it.
  private mutating func item() throws(Refusal) -> NameClass.Item {
    let character = try next()
    switch character {
    case "d": return .digit
    case "D": return .not(.digit)
    case "w": return .word
    case "W": return .not(.word)
    case "s": return .space
    case "S": return .not(.space)
    case "h": return .named(.blank)
    case "p", "P": return try category(isNegated: character == "P")
    case "t": return .one("\t")
    case "n": return .one("\n")
    case "r": return .one("\r")
    case "f": return .one("\u{C}")
    case "e": return .one("\u{1B}")
    case "x": return .one(try scalar(digits: 2))
    case "u": return .one(try scalar(digits: 4))
    case "0"..."9", "k", "g": throw .unsupported("a back-reference")
    default:
      guard !character.isLetter else { throw .unsupported("\\\(character)") }
      return .one(character)
    }
  }

  private mutating func category(isNegated: Bool) throws(Refusal) -> NameClass.Item {
    guard takes("{"), let close = rest.firstIndex(of: "}") else { throw .notOne }
    let name = String(rest[..<close])
    rest = rest[close...].dropFirst()
    guard categoryNames.contains(name) else { throw .unsupported("\\p{\(name)}") }
    return isNegated ? .not(.category(name)) : .category(name)
  }

  /// A character by its number: so many digits, or any in braces.
  private mutating func scalar(digits: Int) throws(Refusal) -> Character {
    var text: Substring
    if takes("{") {
      guard let close = rest.firstIndex(of: "}") else { throw .notOne }
      text = rest[..<close]
      rest = rest[close...].dropFirst()
    } else {
      text = rest.prefix(digits)
      rest = rest.dropFirst(digits)
    }
    guard let number = UInt32(text, radix: 16), let scalar = Unicode.Scalar(number) else {
      throw .notOne
    }
    return Character(scalar)
  }

  // MARK: Sets

  /// What stands in brackets.
  private mutating func set() throws(Refusal) -> NameClass {
    let isNegated = takes("^")
    var items: [NameClass.Item] = []
    while items.isEmpty || rest.first != "]" {
      let low = try member()
      guard case .one(let start) = low, rest.first == "-", rest.dropFirst().first != "]" else {
        items.append(low)
        continue
      }
      rest.removeFirst()
      guard case .one(let end) = try member(), start <= end else { throw .notOne }
      items.append(.range(start...end))
    }
    rest.removeFirst()
    return NameClass(items, isNegated: isNegated, ignoresCase: flags.ignoresCase)
  }

  private mutating func member() throws(Refusal) -> NameClass.Item {
    if takes("[:") {
      let isNegated = takes("^")
      let name = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard takes(":]"), let named = NameClass.Named(rawValue: String(name)) else {
        throw .unsupported("[:\(name):]")
      }
      return isNegated ? .not(.named(named)) : .named(named)
    }
    if takes("\\") { return takes("b") ? .one("\u{8}") : try item() }
    return .one(try next())
  }
}
