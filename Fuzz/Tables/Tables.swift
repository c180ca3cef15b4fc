import ArgumentParser
import CFuzz
import Glibc
import SparseRegression

@testable import CSVLasso
@testable import CSVRecords

/// Options and a table, through all of csvlasso: an answer that can be defended, or a refusal in one line.
///
/// The first 56 bytes of an input are options, the next 6 say what the table looks like, four a column what it holds;
/// with what is left cells and records are spoilt.
func take(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 62 else { return -1 }
  let bytes = UnsafeBufferPointer(start: data, count: size)
  var options = Choices(bytes[..<56])
  var shape = Choices(bytes[56..<62])
  let columns = 4 * (2 + Int(bytes[57]) % 9)
  var kinds = Choices(bytes[62...].prefix(columns))
  var spoilers = Choices(bytes[62...].dropFirst(columns))
  let table = MadeTable(&shape, &kinds, &spoilers)
  let trial = Trial(table, Call(&options, table))
  trial.show()
  bound_processor_time(60)
  do throws(Failure) { try trial.run() } catch { trial.check(error) }
  bound_processor_time(0)
  return 0
}

/// A call on a table.
private struct Trial {
  private let table: MadeTable
  private let call: Call
  private let text: [UInt8]

  init(_ table: MadeTable, _ call: Call) {
    (self.table, self.call) = (table, call)
    text = table.bytes
  }

  /// Where FUZZ_SHOW names a file, the table goes there, and the command to standard error.
  func show() {
    guard let path = getenv("FUZZ_SHOW") else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = text.withUnsafeBytes { write(file, $0.baseAddress!, $0.count) }
    close(file)
    let words = (command + [String(cString: path)]).map { word in
      word.contains { !$0.isLetter && !$0.isNumber && !"-_/.:=,".contains($0) } || word.isEmpty
        ? "'\(word)'" : word
    }
    Terminal.write(words.joined(separator: " ") + "\n")
  }

  private var command: [String] {
    ["csvlasso"] + (call.isExact ? ["path", "--exact"] : []) + call.arguments
      + (call.isStandardized ? ["--standardized"] : [])
  }

  func run() throws(Failure) {
    // What is no option at all is refused before anything of ours is called.
    guard let flags = try? FitFlags.parse(call.arguments) else {
      fatalError("a call that is not understood: \(call.arguments)")
    }
    if call.isExact { try flags.refuseBesideExact() }
    var options = try flags.options()
    options.isExact = call.isExact
    options.standardizesOutput = call.isStandardized
    options.findsUnderstudies = !call.isExact
    options.fitsOnly = call.isExact
    setInput(isPipe: call.isPiped)
    let source = try ByteSource.opened(nil, options.readings(writes: true))
    let fit = try Reduction.fit(source, options)
    check(fit.pathTable(), "path")
    guard !call.isExact else { return }  // it writes the path alone
    check(fit.ledger(), "ledger")
    if let nested = fit.nested, !nested.mean.isFinite { disagree("the nested error is not finite") }
    memory_clear_output()
    try Reduction.write(
      fit, from: source, to: Failure.writing { () throws(WriteError) in try OutputFile(path: nil) })
    check(output, of: fit)
  }

  private func setInput(isPipe: Bool) {
    text.withUnsafeBufferPointer {
      memory_set_input(
        $0.baseAddress, $0.count, memory_manner_t(chunk: 0, is_pipe: isPipe ? 1 : 0, pauses: 0))
    }
  }

  private var output: [UInt8] {
    var count = 0
    let start = memory_output(&count)
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  // MARK: What must hold

  func check(_ failure: Failure) {
    if failure.message.isEmpty || failure.message.contains(where: \.isNewline) {
      disagree("the refusal is not one line: \(failure.message.debugDescription)")
    }
  }

  /// No number of a table is NaN or infinite.
  private func check(_ table: [UInt8], _ name: String) {
    for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
      let numbers = line.split(separator: ",").dropFirst(2)
      if numbers.contains(where: { ["nan", "-nan", "inf", "-inf"].contains($0) }) {
        disagree("the \(name) is not finite: \(line)")
      }
    }
  }

  /// The columns that are written, byte for byte; and the same from the model.
  private func check(_ output: [UInt8], of fit: Fit) {
    guard !call.isStandardized else {
      let cells = String(decoding: output, as: UTF8.self).split { $0.isNewline || $0 == "," }
      if cells.contains("-nan") { disagree("z-scores are not numbers") }
      return
    }
    let expected = self.expected(fit)
    if output != expected { disagree("the output is not of the input", output, expected) }
    do throws(Failure) {
      let model = try SavedModel(Model.json(fit, tool: "fuzz"), name: "model")
      var options = fit.options
      options.dialect = model.dialect(options.dialect)
      setInput(isPipe: false)
      memory_clear_output()
      let source = try ByteSource.opened(nil, .once)
      let file = try Failure.writing { () throws(WriteError) in try OutputFile(path: nil) }
      try Reduction.apply(model, to: source, output: file, options)
    } catch { disagree("the model is refused: \(error.message)") }
    if self.output != expected { disagree("apply writes otherwise", self.output, expected) }
  }

  private func expected(_ fit: Fit) -> [UInt8] {
    let keeps = fit.written
    guard keeps.contains(true) else { return [] }
    func line(_ fields: [String]) -> String {
      let kept = zip(fields, keeps).filter(\.1).map(\.0)
      return kept == [""] ? "\"\"" : kept.joined(separator: table.delimiter)
    }
    var text = table.hasHeader ? line(table.names) + table.records[0].tail : ""
    for record in table.records {
      if record.fields.count == keeps.count {
        text += line(record.fields) + record.tail
      } else {
        // Of a record that is passed over only blank lines behind it are left; one without a byte is such a line.
        text += record.fields == [""] ? record.tail : String(record.tail.dropFirst())
      }
    }
    return Array(text.utf8)
  }

  private func disagree(_ what: String, _ found: [UInt8] = [], _ expected: [UInt8] = []) -> Never {
    for bytes in [text, found, expected] where !bytes.isEmpty {
      Terminal.write(String(decoding: bytes, as: UTF8.self).debugDescription + "\n")
    }
    fatalError("\(command.joined(separator: " ")): \(what)")
  }
}
