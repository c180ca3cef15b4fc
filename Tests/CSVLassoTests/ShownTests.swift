import Testing

@testable import CSVLasso

/// What a terminal would obey is written out.
@Suite struct ShownTests {
  @Test(arguments: [
    ("plain 'text'", "plain 'text'"), ("é ± R² 名前 🙂", "é ± R² 名前 🙂"),
    ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\r\n", "\\r\\n"), ("\u{1B}[31m", "\\u{1B}[31m"),
    ("\u{0}\u{7}\u{7F}", "\\u{0}\\u{7}\\u{7F}"), ("\u{9B}31m", "\\u{9B}31m"),
    ("a\u{202E}b", "a\\u{202E}b"), ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
    ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"), ("\u{200B}\u{FEFF}", "\\u{200B}\\u{FEFF}"),
    ("é\u{202E}", "é\\u{202E}"), ("\u{E0041}", "\\u{E0041}"),
  ])
  func isWrittenOut(text: String, expected: String) { #expect(shown(text) == expected) }
}
