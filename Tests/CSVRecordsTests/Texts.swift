@testable import CSVRecords

/// The texts that every law is tried on.
struct Text: CustomStringConvertible, Sendable {
  let bytes: [UInt8]
  var dialect = Dialect()

  var description: String { String(decoding: bytes.prefix(60), as: UTF8.self).debugDescription }

  init(_ text: String, _ dialect: Dialect = Dialect()) {
    bytes = Array(text.utf8)
    self.dialect = dialect
  }

  private static let tabs = Dialect(delimiter: UInt8(ascii: "\t"))
  private static let bare = Dialect(hasHeader: false)
  private static let long = String(repeating: "0123456789", count: 9)

  static let all: [Text] = [
    // Line ends
    Text("a,b\n1,2\n3,4\n"),
    Text("a,b\r\n1,2\r\n3,4\r\n"),
    Text("a,b\r1,2\r3,4\r"),
    Text("a,b\n1,2\r\n3,4\r5,6\n7,8\r\n"),
    Text("a,b\n1,2\n3,4"),
    Text("a,b\r\n1,2\r\n3,4"),
    Text("a,b\r1,2\r3,4"),
    Text("a,b"),
    Text("a,b\n"),
    // Blank lines
    Text("\n\na,b\n1,2\n"),
    Text("\r\n\r\na,b\r\n1,2\r\n"),
    Text("a,b\n\n\n1,2\n\n3,4\n"),
    Text("a,b\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n"),
    Text("a,b\n1,2\n\n\n\n"),
    Text("a,b\r1,2\r\r3,4\r\r"),
    Text("\n\r\n\ra,b\n\r\n\r1,2\n\r3,4\n\r\n\n"),
    Text("a,b\n\n\n\n\"1\",2\n\n\"3\",4\n\n\n"),
    // A byte-order mark
    Text("\u{FEFF}a,b\n1,2\n"),
    Text("\u{FEFF}\n\na,b\n1,2\n"),
    Text("\u{FEFF}\"a\",b\n1,2\n"),
    Text("\u{FEFF}1,2\n3,4\n", bare),
    // Quotes
    Text("\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"\n"),
    Text("a,b\n\"x, y\",2\n\"1\",\"2,3\"\n"),
    Text("a,b\n\"say \"\"hi\"\"\",2\n\"\"\"\",\"\"\"\"\"\"\n"),
    Text("a,b\n\"x\ny\",2\n\"\n\n\",\"\n\"\n5,6\n"),
    Text("a,b\r\n\"x\r\ny\",2\r\n\"\r\n\r\n\",\"\r\"\r\n5,6\r\n"),
    Text("a,b\n\"\",2\n1,\"\"\n\"\",\"\"\n"),
    Text("a,b\n\"1\",\"2\"\n\"3\",\"4\""),
    Text("a,b\n1,2\n3,\"\""),
    Text("\"a\nb\",\"c\r\nd\"\n1,2\n"),
    Text("a,b\n 5\",6\"\"7\nx\"y\"z, \"q\"\n"),
    Text("a,b\n1,2\n3,4\n5,6\n7,8\n\"9\",10\n11,12\n13,14\n"),
    Text("a,b\n\"\(long)\n\(long)\",\"\(long)\"\n1,2\n"),
    Text(
      "a;b\n'x;''y''';2\n'1';\"\n", Dialect(delimiter: UInt8(ascii: ";"), quote: UInt8(ascii: "'"))),
    Text("a,b\n\"1\",\"2\n", Dialect(quote: 0)),
    // Fields
    Text("a,b,\n1,2,\n3,4,\n"),
    Text("a,b,c\n,,\n1,,3\n,2,\n,,"),
    Text("a\n1\n2\n\n3\n"),
    Text("a\n\"\"\n\"1\"\n  \n"),
    Text("a , b\n 1 , 2 \n  , \n-1e3 , +.5\n"),
    Text("a\tb\n1\t2\n \t 3 \n\"x\ty\"\t4\n", tabs),
    Text("a,b\n\(long),2\n1,\(long)\(long)\n"),
    Text("ä,β\né,λ\n1,2\n"),
    Text("1,2\n3,4\n", bare),
    Text("\n\n1,2\n\"3\",4\n\n", bare),
    Text("1", bare),
  ]
}
