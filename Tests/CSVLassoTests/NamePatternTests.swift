import Testing

@testable import CSVLasso

/// A regular expression says of every name what Swift's own engine says, and soon.
@Suite struct NamePatternTests {
  private static let names = [
    "", "a", "b", "ab", "aa", "aaa", "abc", "aaab", "foo", "a foo b", "foobar", "Tax", "tax", "TAX",
    "1", "12a", "_", "a+b", "a.b", "a{x}", "]", "-", "é", "e\u{301}", "x", "axc", "a\nc", " ",
    "Zebra", "fixed-acidity", "x,y",
  ]

  @Test(arguments: [
    "a", "^a", "a$", "^a+$", "a|b", "^(a|b)*c$", "a{2}", "a{2,}", "^a{1,3}$", "[abc]", "[^abc]",
    "[a-c]+x", "\\d+", "^\\w+$", "\\bfoo\\b", "\\Boo", "(?i)tax", "(?i:t)ax", "^.$", "x?",
    "^(?:ab)+$", "[[:digit:]]", "[a-]", "a.c", "(?s)a.c", "^$", "()", "^(a?){3}a{3}$", "\\.",
    "a\\+b", "[\\d_]", "^[^\\s]+$", "\\p{Lu}", "\\P{L}", "a{x}", "(?<n>a)b", "é", "^[à-ï]$",
    "\\Qa.b\\E", "^\\D$", "a||b", "(|a)b", "[A-Z]", "(?i)[A-Z]", "a*?b", "\\x61b", "\\u{61}b",
    "(a|ab)(c|bcd)?$", "[[:upper:]][[:lower:]]+",
  ])
  func saysWhatSwiftSays(text: String) throws {
    let swift = try Regex(text)
    let places = try NamePattern(text).places(in: Self.names)
    #expect(places.map { Self.names[$0] } == Self.names.filter { $0.contains(swift) })
  }

  /// An engine that goes back takes 2^100,000 steps for these.
  @Test(.timeLimit(.minutes(1)), arguments: ["(a+)+$", "^(a|a)*$", "(a*)*b", "^(a|aa)+$"])
  func longNameTakesNoLonger(text: String) throws {
    let name = String(repeating: "a", count: 100_000) + "!"
    #expect(try NamePattern(text).places(in: [name, "aaab", "b"]).contains(0) == false)
  }

  @Test(
    arguments: [
      ("(", .notOne), ("a)", .notOne), ("[", .notOne), ("*", .notOne), ("[z-a]", .notOne),
      ("a{3,2}", .notOne), ("\\", .notOne), ("\\x{zz}", .notOne),
      ("(?=a)", .unsupported("looking ahead")), ("(?<!a)", .unsupported("looking behind")),
      ("(a)\\1", .unsupported("a back-reference")),
      ("a++", .unsupported("a possessive quantifier")),
      ("(?>a)", .unsupported("an atomic group")), ("\\p{Foo}", .unsupported("\\p{Foo}")),
      ("\\y", .unsupported("\\y")), ("(a{1000}){1000}", .tooLarge), ("a{2000}", .tooLarge),
      (String(repeating: "(", count: 100_000), .tooLarge),
    ] as [(String, NamePattern.Refusal)])
  func isRefused(text: String, refusal: NamePattern.Refusal) {
    #expect(throws: refusal) { try NamePattern(text) }
  }

  @Test func nothingRepeatedIsNothing() throws {
    #expect(try NamePattern("^(){1000}{1000}{1000}{1000}a").places(in: ["ab", "ba"]) == [0])
  }
}
