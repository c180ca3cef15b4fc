public import CSVRecords
internal import SparseRegression

/// Why the work stopped, in words for a person, and what kind of fault it is.
public struct Failure: Error, Equatable, Sendable {
  /// The kind of fault; the tool's exit status follows it (sysexits).
  public enum Kind: Sendable, Equatable {
    /// A wrong call: 64.
    case usage
    /// Wrong data: 65.
    case data
    /// An input that cannot be opened: 66.
    case noInput
    /// An output that cannot be created: 73.
    case cannotCreate
    /// The system gives no memory for the work: 71.
    case system
    /// Reading or writing failed: 74.
    case io
  }

  public let kind: Kind
  /// One line, with the place and the remedy.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension Failure {
  /// - Parameters:
  ///   - source: what messages call the input.
  ///   - schema: the columns' names and roles, where they are known.
  public init(_ error: ReadError, source: String, schema: Schema? = nil) {
    func name(_ column: Int) -> String {
      guard let schema, column <= schema.roles.count else { return "column \(column)" }
      return "column '\(schema.header.label(column - 1))'"
    }
    switch error {
    case .empty:
      self.init(.data, "\(source): the input is empty; a CSV with a header is needed")
    case .notUTF8:
      self.init(.data, "\(source): the text is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8")
    case .nul(let line):
      self.init(.data, "\(source):\(line): a NUL byte; this is no text, or it is damaged")
    case .unclosedQuote(let line):
      self.init(
        .data,
        "\(source):\(line): a quoted field opens here and never closes (use --quote none if quotes are plain text)"
      )
    case .textAfterQuote(let line, let column):
      self.init(
        .data,
        "\(source):\(line): \(name(column)): text follows the closing quote (a quote inside a quoted field is doubled; use --quote none if quotes are plain text)"
      )
    case .ragged(let line, let expected, let found):
      self.init(
        .data,
        "\(source):\(line): \(found) \(found == 1 ? "field" : "fields") where the first record has \(expected) (use --ragged skip to pass such records over)"
      )
    case .cell(let line, let column, let text, let fault):
      let what =
        switch fault {
        case .empty: "the cell is empty, not a number"
        case .missing: "the cell is missing"
        case .negative: "'\(text)' is negative"
        case .neitherZeroNorOne: "'\(text)' is neither 0 nor 1"
        case .notANumber: "'\(text)' is not a number"
        case .notFinite: "'\(text)' is not a finite number"
        }
      self.init(
        .data,
        "\(source):\(line): \(name(column)): \(what)\(schema?.remedy(forCellOf: column - 1) ?? "")")
    case .cannotOpen(let errno):
      self.init(.noInput, "\(source): cannot be opened: \(errorText(errno))")
    case .cannotRead(let errno):
      self.init(.io, "\(source): cannot be read: \(errorText(errno))")
    case .cannotSpool(let directory, let errno):
      self.init(
        .io,
        "\(source): the copy of the pipe in \(directory) failed: \(errorText(errno)) (set TMPDIR to a roomier directory, raise --memory, or give a file)"
      )
    case .truncated:
      self.init(.data, "\(source): the compressed input is cut short")
    case .damaged:
      self.init(.data, "\(source): the compressed input is damaged")
    case .changed:
      self.init(.io, "\(source): the file was changed while it was being read")
    case .longRecord(let line, let limit):
      self.init(
        .data,
        "\(source):\(line): a record of more than \(limit >> 20) MB starts here (use --quote none if quotes are plain text)"
      )
    case .tooLarge(let limit):
      self.init(.data, "\(source): more than \(limit >> 20) MB, which is more than is read at once")
    case .noRecord(let line):
      self.init(
        .data,
        "\(source):\(line): blank lines with ends of several kinds, and no record yet; this is no CSV"
      )
    }
  }

  /// - Parameter source: what messages call the input.
  init(_ error: RowStore.Failure, source: String) {
    switch error {
    case .noRoom(let errno):
      self.init(
        .io,
        "\(source): no room for the columns in memory or in \(temporaryDirectory): \(errorText(errno)) (set TMPDIR to a roomier directory, or raise --memory)"
      )
    }
  }

  public init(_ error: WriteError) {
    switch error {
    case .cannotCreate(let path, let errno):
      self.init(.cannotCreate, "\(path): cannot be created: \(errorText(errno))")
    case .cannotWrite(let path, let errno):
      self.init(.io, "\(path): cannot be written: \(errorText(errno))")
    }
  }
}

extension Schema {
  private var targetRemedy: String {
    switch family {
    case .poisson: "a count is a number from 0 on in every row"
    case .cox: "a time is a number from 0 on in every row"
    default: "the target must be a number in every row"
    }
  }

  /// What to do about a cell that is no number.
  fileprivate func remedy(forCellOf column: Int) -> String {
    switch roles[column] {
    case .target: " (\(targetRemedy))"
    case .event: " (an event is 1, a row without one 0: code the column so)"
    case .offset: " (an offset is a number in every row)"
    case .weights: " (a weight is a number from 0 on in every row)"
    default: " (leave the column out of the fit with --id or --drop '\(header.label(column))')"
    }
  }
}

extension Failure {
  /// Runs what reads `source`. What is wrong with a file that changed meanwhile is that it changed.
  package static func readingWhole<Value>(
    _ source: ByteSource, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    do throws(Failure) { return try body() } catch {
      guard error.kind == .data, !source.isUnchanged else { throw error }
      throw Failure(.changed, source: source.name)
    }
  }

  /// Runs a step that reads, and puts its error in words.
  static func reading<Value>(
    _ source: String, _ schema: Schema? = nil, _ body: () throws(ReadError) -> Value
  ) throws(Failure) -> Value {
    do throws(ReadError) { return try body() } catch {
      throw Failure(error, source: source, schema: schema)
    }
  }

  /// Runs a step that writes, and puts its error in words.
  package static func writing<Value>(_ body: () throws(WriteError) -> Value) throws(Failure)
    -> Value
  {
    do throws(WriteError) { return try body() } catch { throw Failure(error) }
  }
}
