import CFuzz

@testable import CSVLasso
@testable import CSVRecords

/// The reader of model files, compressed ones too: any bytes are a model, or are refused in one line; and a model
/// writes a subset of a table's columns, or says what the table lacks.
///
/// The first byte says which table, and how; the rest is the file.
func take(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 0 else { return -1 }
  bound_processor_time(10)
  defer { bound_processor_time(0) }
  let way = data[0]
  do throws(Failure) {
    let model = try read(data + 1, size - 1)
    try apply(model, way)
  } catch {
    if error.message.isEmpty || error.message.contains(where: \.isNewline) {
      fatalError("the refusal is not one line: \(error.message.debugDescription)")
    }
  }
  return 0
}

private func read(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws(Failure) -> SavedModel {
  memory_set_input(bytes, count, memory_manner_t())
  let contents = try Failure.reading("model.json") { () throws(ReadError) in
    try ByteSource(path: nil, readings: .once).contents()
  }
  return try SavedModel(contents, name: "model.json")
}

/// Tables that a model may go with, cell by cell.
private let tables: [[[String]]] = [
  [["a", "b", "y"], ["1", "2", "3"], ["4", "5", "6"]],
  [["y", "a", "a", ""], ["1", "x", "3", "4"]],
  [["id", "time", "event", "b", "a", "c", "y"], ["1", "2", "3", "4", "5", "6", "7"]],
]

/// Their bytes, which are read for as long as the program runs.
nonisolated(unsafe) private let texts = tables.map { table in
  let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 100)
  let text = table.map { $0.joined(separator: ",") + "\n" }.joined()
  let end = bytes.initialize(fromContentsOf: text.utf8)
  return UnsafeBufferPointer(rebasing: bytes[..<end])
}

private func apply(_ model: SavedModel, _ way: UInt8) throws(Failure) {
  let number = Int(way & 127) % tables.count
  var options = Options(target: "")
  options.dialect = model.dialect(Dialect())
  options.writesTarget = way & 128 == 0
  memory_set_input(texts[number].baseAddress, texts[number].count, memory_manner_t())
  memory_clear_output()
  let source = try Failure.reading("table.csv") { () throws(ReadError) in
    try ByteSource(path: nil, readings: .once)
  }
  let output = try Failure.writing { () throws(WriteError) in try OutputFile(path: nil) }
  try Reduction.apply(model, to: source, output: output, options)
  check(tables[number])
}

/// Whether what was written is some of the table's columns, in their order.
private func check(_ table: [[String]]) {
  var count = 0
  let start = memory_output(&count)
  let output = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let subsets = (0..<1 << table[0].count).lazy.map { kept -> String in
    kept == 0
      ? ""
      : table.map { row in
        let fields = row.indices.filter { kept >> $0 & 1 == 1 }.map { row[$0] }
        return (fields == [""] ? "\"\"" : fields.joined(separator: ",")) + "\n"
      }.joined()
  }
  if !subsets.contains(output) { fatalError("no columns of the table: \(output.debugDescription)") }
}
