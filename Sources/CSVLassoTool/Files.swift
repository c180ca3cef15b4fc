internal import CSVLasso
internal import CSVRecords

/// The outputs of one run, which appear one after the other at its end.
struct Files {
  let main: OutputFile
  private let model: OutputFile?
  private let ledger: OutputFile?

  /// Opens them, unless one would destroy another or an input.
  ///
  /// - Parameters:
  ///   - inputs: what no output may take the place of.
  ///   - reduced: the input that the main output is a part of: a file may be reduced in place.
  init(
    main: String?, model: String? = nil, ledger: String? = nil, inputs: [ByteSource],
    reduced: ByteSource? = nil
  ) throws(Failure) {
    let outputs = [("-o", main ?? "-"), ("--model", model), ("--ledger", ledger)].compactMap {
      option, path in path.map { Output(option: option, path: $0) }
    }
    try Self.refuseCollisions(outputs)
    for input in inputs { try Self.refuse(outputs[...], input) }
    if let reduced {
      // In one step, once all of it was read. Standard output is written as it is read.
      try Self.refuse(outputs[0].isStandard ? outputs[...] : outputs.dropFirst(), reduced)
    }
    func open(_ path: String?) throws(Failure) -> OutputFile {
      try Failure.writing { () throws(WriteError) in try OutputFile(path: path) }
    }
    self.main = try open(main)
    self.model = model == nil ? nil : try open(model)
    self.ledger = ledger == nil ? nil : try open(ledger)
  }

  private struct Output {
    let option: String
    let path: String
    let isStandard: Bool
    let identity: FileIdentity?

    init(option: String, path: String) {
      (self.option, self.path) = (option, path)
      isStandard = path == "-" || FileIdentity.isStandardOutput(path: path)
      identity = isStandard ? FileIdentity.standardOutput : FileIdentity(path: path)
    }

    var text: String { isStandard ? "standard output" : "\(option) \(path)" }
  }

  private static func refuseCollisions(_ outputs: [Output]) throws(Failure) {
    guard outputs.count(where: \.isStandard) <= 1 else {
      throw Failure(.usage, "only one output can go to standard output")
    }
    for (place, output) in outputs.enumerated() {
      for other in outputs[..<place] where output.identity != nil {
        guard output.identity != other.identity else {
          throw Failure(.usage, "\(other.text) and \(output.text) are the same file")
        }
      }
    }
  }

  private static func refuse(_ outputs: ArraySlice<Output>, _ input: ByteSource) throws(Failure) {
    guard let identity = input.identity else { return }
    for output in outputs where output.identity == identity {
      throw Failure(
        .usage, "\(output.text) is the same file as the input \(input.name) (write to another)")
    }
  }

  func write(_ bytes: [UInt8], to file: OutputFile? = nil) throws(Failure) {
    try Failure.writing { () throws(WriteError) in try (file ?? main).write(bytes) }
  }

  /// Model and ledger, if asked for.
  func writeCompanions(_ fit: Fit) throws(Failure) {
    if let model { try write(Model.json(fit, tool: toolVersion), to: model) }
    if let ledger { try write(fit.ledger(), to: ledger) }
  }

  func commit() throws(Failure) {
    for file in [main, model, ledger] {
      try Failure.writing { () throws(WriteError) in try file?.commit() }
    }
  }
}
