/// A set of characters, as a regular expression names it.
struct NameClass: Sendable {
  var items: [Item]
  var isNegated = false
  var ignoresCase = false

  enum Item: Sendable {
    case any
    case notNewline
    case one(Character)
    case range(ClosedRange<Character>)
    case digit, word, space
    case named(Named)
    case category(String)
    indirect case not(Item)
  }

  /// The classes of POSIX.
  enum Named: String, Sendable {
    case alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit
  }

  init(_ item: Item, ignoresCase: Bool = false) {
    (items, self.ignoresCase) = ([item], ignoresCase)
  }

  init(_ items: [Item], isNegated: Bool, ignoresCase: Bool) {
    (self.items, self.isNegated, self.ignoresCase) = (items, isNegated, ignoresCase)
  }

  func contains(_ character: Character) -> Bool {
    var isIn = items.contains { $0.contains(character) }
    if !isIn && ignoresCase {
      let others = [Array(character.lowercased()), Array(character.uppercased())]
      isIn = others.contains { other in
        other.count == 1 && items.contains { $0.contains(other[0]) }
      }
    }
    return isIn != isNegated
  }
}

extension NameClass.Item {
  fileprivate func contains(_ character: Character) -> Bool {
    switch self {
    case .any: true
    case .notNewline: !character.isNewline
    case .one(let other): character == other
    case .range(let range): range.contains(character)
    case .digit: isDigit(character)
    case .word: isWord(character)
    case .space: character.isWhitespace
    case .named(let named): named.contains(character)
    case .category(let name): hasCategory(character, name)
    case .not(let item): !item.contains(character)
    }
  }
}

extension NameClass.Named {
  fileprivate func contains(_ character: Character) -> Bool {
    switch self {
    case .alnum: character.isLetter || isDigit(character)
    case .alpha: character.isLetter
    case .blank: character == " " || character == "\t"
    case .cntrl: hasCategory(character, "Cc")
    case .digit: isDigit(character)
    case .graph: !character.isWhitespace && !hasCategory(character, "C")
    case .lower: character.isLowercase
    case .print: character == " " || Self.graph.contains(character)
    case .punct: character.isPunctuation || character.isSymbol
    case .space: character.isWhitespace
    case .upper: character.isUppercase
    case .word: isWord(character)
    case .xdigit: character.isHexDigit
    }
  }
}

func isWord(_ character: Character) -> Bool {
  character.isLetter || isDigit(character) || character == "_"
}

private func isDigit(_ character: Character) -> Bool {
  character.unicodeScalars.first?.properties.generalCategory == .decimalNumber
}

/// Whether the general category is that of `name`, one letter or two: L, Lu, N, Nd, …
private func hasCategory(_ character: Character, _ name: String) -> Bool {
  guard let scalar = character.unicodeScalars.first else { return false }
  let own = categoryName(scalar.properties.generalCategory)
  return own == name || own.prefix(1) == name
}

let categoryNames: Set<String> = [
  "L", "M", "N", "P", "S", "Z", "C", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl",
  "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc",
  "Cf", "Cs", "Co", "Cn",
]

private func categoryName(_ category: Unicode.GeneralCategory) -> String {
  switch category {
  case .uppercaseLetter: "Lu"
  case .lowercaseLetter: "Ll"
  case .titlecaseLetter: "Lt"
  case .modifierLetter: "Lm"
  case .otherLetter: "Lo"
  case .nonspacingMark: "Mn"
  case .spacingMark: "Mc"
  case .enclosingMark: "Me"
  case .decimalNumber: "Nd"
  case .letterNumber: "Nl"
  case .otherNumber: "No"
  case .connectorPunctuation: "Pc"
  case .dashPunctuation: "Pd"
  case .openPunctuation: "Ps"
  case .closePunctuation: "Pe"
  case .initialPunctuation: "Pi"
  case .finalPunctuation: "Pf"
  case .otherPunctuation: "Po"
  case .mathSymbol: "Sm"
  case .currencySymbol: "Sc"
  case .modifierSymbol: "Sk"
  case .otherSymbol: "So"
  case .spaceSeparator: "Zs"
  case .lineSeparator: "Zl"
  case .paragraphSeparator: "Zp"
  case .control: "Cc"
  case .format: "Cf"
  case .surrogate: "Cs"
  case .privateUse: "Co"
  case .unassigned: "Cn"
  @unknown default: "Cn"
  }
}
