internal import ArgumentParser
public import CSVLasso
internal import CSVRecords
internal import SparseRegression

/// How the CSV is spelled.
struct CSVFlags: ParsableArguments {
  @Argument(help: "The CSV; - or nothing for standard input.", completion: .file())
  var file: String?

  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: "One character between fields; 'tab' for a tab.")
  var delimiter: String?

  @Flag(help: "Fields are separated by tabs; so it is for a FILE named .tsv.")
  var tabs = false

  @Flag(name: [.customShort("H"), .long], help: "The first record is data; columns are numbers.")
  var noHeader = false

  @Option(
    parsing: .unconditional,
    help: "The character that quotes fields; 'none' if quotes are plain text.")
  var quote = "\""

  @Option(help: "What to do with a record of the wrong length: error or skip.")
  var ragged = Ragged.error

  enum Ragged: String, Word { case error, skip }

  func dialect() throws(Failure) -> Dialect {
    let delimiter =
      tabs || (self.delimiter == nil && isNamedForTabs)
      ? "\t" : self.delimiter ?? ","
    let (separator, mark) = (
      try Self.byte(delimiter, option: "--delimiter"),
      quote == "none" ? 0 : try Self.byte(quote, option: "--quote")
    )
    guard Dialect.isValid(delimiter: separator, quote: mark) else {
      throw Failure(.usage, "--delimiter and --quote must differ, and neither can be a line end")
    }
    return Dialect(delimiter: separator, quote: mark, hasHeader: !noHeader)
  }

  /// Whether FILE is a .tsv, compressed or not.
  private var isNamedForTabs: Bool {
    [".tsv", ".tsv.gz", ".tsv.zst"].contains { file?.hasSuffix($0) == true }
  }

  private static func byte(_ text: String, option: String) throws(Failure) -> UInt8 {
    if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
    guard text.utf8.count == 1 else {
      throw Failure(.usage, "\(option) takes one ASCII character, not '\(text)'")
    }
    return text.utf8.first!
  }

  /// The input, unless it is a terminal where nobody meant to type a CSV.
  func source(_ readings: ByteSource.Readings) throws(Failure) -> ByteSource {
    if file == nil && Terminal.standardInputIsTerminal {
      throw Failure(.usage, "no FILE, and standard input is a terminal (see csvlasso --help)")
    }
    return try ByteSource.opened(file, readings)
  }
}

/// What the columns are for.
struct RoleFlags: ParsableArguments {
  @Option(
    name: [.customShort("y"), .long], parsing: .unconditional,
    help: ArgumentHelp(
      "The column to predict; several of numbers are predicted together.", valueName: "col"))
  var target: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("In place of a target: the time until an event (cox).", valueName: "col"))
  var time: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "1 where the time is that of an event, 0 where it ended without one.", valueName: "col"))
  var event: String?

  @Option(
    name: [.customShort("x"), .long], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Candidates; all other columns if not given.", valueName: "sel"))
  var features: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns to copy and never fit.", valueName: "sel"))
  var id: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns that are always in: fitted, not penalized.", valueName: "sel"))
  var keep: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns to leave out of fit and output.", valueName: "sel"))
  var drop: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The column that weighs the rows.", valueName: "col"))
  var weights: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A column that is added to the linear predictor as it is, such as the log of an exposure.",
      valueName: "col"))
  var offset: String?
}

/// What the columns hold.
struct TypeFlags: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Columns that are categorical though they look like numbers.", valueName: "sel"))
  var categorical: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Columns that are numbers: text in them is an error.", valueName: "sel"))
  var numeric: [String] = []

  @Option(parsing: .unconditional, help: "A categorical with more levels is no candidate.")
  var maxLevels = 64

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A text that means a missing cell; may be repeated (default: empty, NA, N/A, NaN, nan, null, NULL, None, . and ?).",
      valueName: "text"))
  var na: [String] = []

  @Option(
    help: ArgumentHelp(
      "What becomes of missing cells in the fit: mean (of the column's other cells), indicator (the mean, and whether the cell is missing), drop-row (their rows are not fitted) or error. Output cells never change.",
      valueName: "how"))
  var missing = Options.Missing.mean
}

extension Options.Missing: Word {}
extension Options.Family: Word {}

/// How the columns are chosen.
struct ChoiceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "sparsest, relaxed-min, relaxed-1se, min, 1se, aic, bic, aicc, ebic, k=N, lambda=L, fdr=Q or stable (default: sparsest, the fewest columns that predict as well as any, of those that training sets agree on).",
      valueName: "rule"))
  var choose: String?

  @Flag(
    help:
      "Refit the columns of each lambda without a penalty: min and 1se choose among blends of the two fits, other rules among the refits."
  )
  var relax = false

  @Option(
    parsing: .unconditional,
    help: "The number of folds, or forward:K for K steps forward in time (default: 10).")
  var folds: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Average the error over N random partitions into folds (default: 5 for sparsest, else 1).",
      valueName: "n"))
  var repeats: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A column that names the fold of each row.", valueName: "col"))
  var foldColumn: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Rows that share a value of this column share a fold.", valueName: "col"))
  var foldBy: String?

  @Option(
    help:
      "What cross-validation measures: deviance (for numbers the squared error), class-error or auc (one minus the area under the curve)."
  )
  var metric = Metric.deviance

  @Option(parsing: .unconditional, help: "The seed of the folds.")
  var seed: UInt64 = 1

  @Option(
    parsing: .unconditional,
    help: "Keep at most so many columns; a larger lambda is taken if needed.")
  var maxFeatures: Int?
}

extension Options.Engine: Word {}
extension Metric: Word {}

/// The machine, and what is told.
struct GeneralFlags: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Threads; the result never depends on them (default: one a processor).")
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Memory for moments and for the copy of a pipe, which then goes to TMPDIR (default: a quarter of the machine's).",
      valueName: "size"))
  var memory: String?

  @Option(help: "A line on standard error for long work: auto, on or off.")
  var progress = Switch.auto

  @Flag(name: .shortAndLong, help: "No summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Tell more: every column that was left out, and why.")
  var verbose = false

  enum Switch: String, Word { case auto, on, off }

  func progressLine() -> ProgressLine {
    ProgressLine(
      isShown: progress == .on
        || (progress == .auto && !quiet && Terminal.standardErrorIsTerminal))
  }
}

extension ByteSource {
  static func opened(_ path: String?, _ readings: Readings) throws(Failure) -> ByteSource {
    do throws(ReadError) { return try ByteSource(path: path, readings: readings) } catch {
      throw Failure(error, source: path ?? "stdin")
    }
  }
}
