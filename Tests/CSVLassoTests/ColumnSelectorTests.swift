import Testing

@testable import CSVLasso

@Suite struct ColumnSelectorTests {
  private let header = Header(names: [
    "id", "a", "b", "c", "Foo", "Foo", "fixed-acidity", "2019", "x,y", "say \"hi\"", "/slash", "",
  ])

  private func columns(_ text: String) throws -> [Int] {
    try ColumnSelector(text, option: "--id").columns(in: header)
  }

  @Test(arguments: [
    ("a", [1]), ("a,c", [1, 3]), ("c,a,a", [1, 3]),
    ("2", [1]), ("2-4", [1, 2, 3]), ("4-2", [1, 2, 3]), ("10-", [9, 10, 11]),
    ("a-c", [1, 2, 3]), ("c-a", [1, 2, 3]), ("a-3", [1, 2]), ("a,4-5", [1, 3, 4]),
    ("Foo", [4, 5]), ("Foo[2]", [5]), ("Foo[1]", [4]), ("Foo[1]-2019", [4, 5, 6, 7]),
    ("fixed-acidity", [6]), ("c-fixed-acidity", [3, 4, 5, 6]), ("fixed-acidity-2019", [6, 7]),
    ("2019", [7]), ("\"2019\"", [7]), ("\"x,y\"", [8]), ("\"x,y\",a", [1, 8]),
    ("\"say \\\"hi\\\"\"", [9]), ("\"/slash\"", [10]),
    ("/^[abc]$/", [1, 2, 3]), ("/o{2}/", [4, 5]), ("/^x,y$/,a", [1, 8]), ("/\\/slash/", [10]),
    ("!a", [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), ("!a,b-x", [] as [Int]),
    ("1-6,!Foo", [0, 1, 2, 3]), ("1-4,!b,!id", [1, 3]), ("!2-12", [0]), ("!a,!b,3-12", [0]),
  ])
  func means(text: String, expected: [Int]) throws {
    if expected.isEmpty {
      #expect(throws: Failure.self) { try columns(text) }
    } else {
      #expect(try columns(text) == expected)
    }
  }

  @Test(arguments: [
    ("d", "--id names 'd', which is no column (did you mean 'id'?)"),
    ("fo", "--id names 'fo', which is no column (did you mean 'Foo'?)"),
    ("zzzzzz", "--id names 'zzzzzz', which is no column"),
    ("13", "--id names column 13, but there are 12"),
    ("0", "--id names column 0, but there are 12"),
    ("Foo[3]", "--id names Foo[3], but 'Foo' stands 2 times"),
    ("a,,b", "--id has an empty item"), ("", "--id chooses no column"),
    ("/(/", "--id has a regular expression that is not one: /(/"),
    ("/nothing/", "--id matches no column: /nothing/"),
    ("\"a", "--id has a \" that is never closed"),
    ("\"1\"", "--id names '1', which is no column (did you mean 'a'?)"),
    ("Foo-c", "--id has a range that ends at 'Foo', which stands 2 times"),
  ])
  func isRefused(text: String, message: String) {
    #expect(throws: Failure(.usage, message)) { try columns(text) }
  }

  @Test func columnsThatShareANameAreToldApart() {
    #expect(header.label(4) == "Foo[1]")
    #expect(header.label(5) == "Foo[2]")
    #expect(header.label(6) == "fixed-acidity")
    #expect(header.label(11) == "[12]")
  }
}
