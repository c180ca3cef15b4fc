internal import ArgumentParser
internal import CSVLasso
internal import CSVRecords

/// `csvlasso check`: what a CSV holds, before anything is fitted.
struct CheckTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tell each column's type, range and traps.",
    discussion: """
      Shows an aligned table on a terminal and writes CSV to a pipe or file. Problems are columns that \
      are empty, constant, the same as another, text with too many levels, or whole numbers in order, as \
      ids are, and names that are missing or stand more than once. Distinct counts above 1,000 are \
      estimates, marked ~.

        csvlasso check houses.csv
        csvlasso check --strict houses.csv > /dev/null || echo look at it first
      """)

  @OptionGroup(title: "Input") var csv: CSVFlags

  @Option(parsing: .unconditional, help: "A categorical with more levels is no candidate.")
  var maxLevels = 64

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A text that means a missing cell; may be repeated.", valueName: "text"))
  var na: [String] = []

  @Flag(help: "Exit with status 1 if any column has a problem.")
  var strict = false

  @OptionGroup(title: "General") var general: GeneralFlags

  @Option(name: .shortAndLong, help: "Write here; the file appears whole or not at all.")
  var output: String?

  func run() throws {
    var options = Options(target: "")
    options.dialect = try csv.dialect()
    options.skipsRagged = csv.ragged == .skip
    options.maxLevels = maxLevels
    if !na.isEmpty { options.missingTexts = na }
    try general.fill(&options)
    let source = try csv.source(.once)
    let files = try Files(main: output, inputs: [source])
    let progress = general.progressLine()
    let check = try Failure.readingWhole(source) { () throws(Failure) in
      try Check(source, options, progress: progress.show)
    }
    progress.clear()
    let isForPerson = files.main.isStandard && Terminal.standardOutputIsTerminal
    try files.write(isForPerson ? Array(check.aligned().utf8) : check.csv())
    try files.commit()
    let troubled = check.troubled.count
    if !general.quiet {
      Terminal.message(
        "\(source.name): \(counted(check.rows, "row")), \(counted(check.columns.count, "column")); \(troubled == 0 ? "no problems" : "\(troubled) with problems")"
      )
    }
    if strict && troubled > 0 { throw ExitCode(1) }
  }
}
