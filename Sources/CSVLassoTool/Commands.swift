internal import ArgumentParser
internal import CSVLasso
internal import CSVRecords
internal import SparseRegression

/// `csvlasso [select]`: fit, then write the chosen columns.
struct Select: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select", abstract: "Fit, then write the chosen columns (the default).",
    discussion: """
      Columns of numbers and of text are candidates; text becomes one group of level indicators, kept or \
      dropped whole. Missing cells are filled with the column's mean for the fit. What each column was \
      taken for and why it was kept or dropped is in the ledger.

      A target of numbers is fitted by least squares, one of two labels, or of 0 and 1, as binomial, one \
      of more labels as multinomial; --family says otherwise, and takes counts, survival times and \
      robust fits.

      SEL names columns: name, 3, 4-7, a-c, !x (all but x), Foo[2] (the second column Foo), /regex/, \
      "a,b" (a name with a comma), separated by commas.

        csvlasso -y price houses.csv > reduced.csv
        csvlasso -y price --id id --drop /_raw$/ --ledger why.csv houses.csv
        csvlasso -y price --choose min --folds 5 --seed 7 houses.csv > reduced.csv
        csvlasso -y sales --folds forward:8 --id date weekly.csv > reduced.csv
        csvlasso -y churn --id customer --metric auc customers.csv > reduced.csv
        csvlasso --time days --event died --id patient trial.csv > reduced.csv
        csvlasso -y claims --family poisson --offset log_exposure policies.csv > reduced.csv
        csvlasso -y dose --fold-by patient --weights w trial.csv --names
        zcat big.csv.gz | csvlasso -y y --quiet | next-tool
      """)

  @OptionGroup var flags: FitFlags
  @OptionGroup(title: "Output") var output: OutputFlags

  @Flag(help: "Write the kept names, one a line, in place of the data.")
  var names = false

  @Flag(help: "Write kept columns as z-scores of the fit's centre and scale.")
  var standardized = false

  func run() throws {
    var options = try flags.options()
    options.writesTarget = !output.noTarget
    options.standardizesOutput = standardized
    options.fitsOnly = names
    options.findsUnderstudies = output.model != nil || output.ledger != nil
    let source = try flags.csv.source(options.readings(writes: !names))
    let files = try output.open(source, isReduced: !names)
    let progress = flags.general.progressLine()
    let fit = try Reduction.fit(source, options, progress: progress.show)
    try files.writeCompanions(fit)
    if names {
      try files.write(Array(fit.keptLabels.map { $0 + "\n" }.joined().utf8))
    } else {
      try Reduction.write(fit, from: source, to: files.main, progress: progress.show)
    }
    progress.clear()
    try files.commit()
    flags.general.summarize(fit, source)
  }
}

/// `csvlasso fit`: the model alone.
struct FitModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Fit, and write the model as JSON; no data are written.",
    discussion: """
      The model holds every column's role, type, status and reason, the path, the cross-validated error \
      and the choice (docs/model.md). csvlasso apply writes its columns from other data.

        csvlasso fit -y price train.csv > model.json
        csvlasso apply model.json test.csv > test-reduced.csv
      """)

  @OptionGroup var flags: FitFlags

  @Option(name: .shortAndLong, help: "Write the model here; it appears whole or not at all.")
  var output: String?

  @Option(
    help: ArgumentHelp("Also write one line a column: kept or dropped, and why.", valueName: "file")
  )
  var ledger: String?

  func run() throws {
    try flags.run(output: output, ledger: ledger, fullPath: false) {
      Model.json($0, tool: toolVersion)
    }
  }
}

/// `csvlasso path`: the path as a table.
struct Path: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Fit, and write the path: one line for each lambda, or for each knot.",
    discussion: """
      Columns: step, lambda, df (nonzero coefficients), dev_ratio (share of the deviance explained; R² \
      for numbers), cv_mean and cv_se (what --metric measures on rows not fitted), gap (relative duality \
      gap), entered and left (columns, separated by semicolons), gamma. A rule that looks at relaxed fits, as \
      the usual one does, chooses a share gamma of the penalized fit beside lambda: dev_ratio, cv_mean and \
      cv_se are those of that blend at every lambda. Gamma is 1 for the penalized fit itself, as with \
      --choose 1se. The path goes to its end, as with --full-path.

      With --exact a line is a knot of the lasso, and there are no cv_mean, cv_se and gamma: what entered is zero \
      at this lambda and not below it, what left is zero from this lambda on down. Between two lines each \
      coefficient is linear in lambda. The last lambda is 0, unless --max-features N ends the path where \
      one column more would enter.

        csvlasso path -y price houses.csv | column -s, -t | less -S
        csvlasso path --exact -y price houses.csv > knots.csv
      """)

  @OptionGroup var flags: FitFlags

  @Flag(
    help:
      "Write the knots, where a column enters or leaves; the lasso, each column one coefficient.")
  var exact = false

  @Option(name: .shortAndLong, help: "Write the path here; it appears whole or not at all.")
  var output: String?

  func run() throws {
    if exact { try flags.refuseBesideExact() }
    try flags.run(output: output, ledger: nil, fullPath: true, isExact: exact) { $0.pathTable() }
  }
}

extension FitFlags {
  /// Fits, and writes what `bytes` makes of it; the input is read for that alone.
  fileprivate func run(
    output: String?, ledger: String?, fullPath: Bool, isExact: Bool = false,
    _ bytes: (Fit) -> [UInt8]
  ) throws {
    var options = try options()
    options.isExact = isExact
    options.walksFullPath = options.walksFullPath || fullPath
    options.fitsOnly = true
    // A path has no line a column that could tell them.
    options.findsUnderstudies = !fullPath
    let source = try csv.source(options.readings(writes: false))
    let files = try Files(main: output, ledger: ledger, inputs: [source])
    let progress = general.progressLine()
    let fit = try Reduction.fit(source, options, progress: progress.show)
    progress.clear()
    try files.writeCompanions(fit)
    try files.write(bytes(fit))
    try files.commit()
    general.summarize(fit, source)
  }
}

extension GeneralFlags {
  fileprivate func summarize(_ fit: Fit, _ source: ByteSource) {
    if !quiet { Summary.show(fit, source: source.name, isVerbose: verbose) }
  }
}

/// `csvlasso apply`: the same columns from new data.
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Write the columns of a model from new data.",
    discussion: """
      Columns are found by name, in any order; without a header, by number. Columns that the model does \
      not write are left out, whether it knew them or not. A column of the model that the data lack is an \
      error, the target excepted. Cells are not looked at, so no value and no level is ever refused. Rows \
      are written as they come, and handed on whenever the input pauses.

        csvlasso apply model.json new.csv > reduced.csv
        tail -f log.csv | csvlasso apply model.json | consumer
      """)

  @Argument(
    help: "A model that fit or select --model wrote.", completion: .file(extensions: ["json"]))
  var model: String

  @OptionGroup(title: "Input") var csv: CSVFlags

  @Option(name: .shortAndLong, help: "Write here; the file appears whole or not at all.")
  var output: String?

  @Flag(help: "Leave the target out.")
  var noTarget = false

  func run() throws {
    let stored = try ByteSource.opened(model, .once)
    let saved = try SavedModel(stored)
    var options = Options(target: "")
    options.dialect = try saved.dialect(csv.dialect())
    options.skipsRagged = csv.ragged == .skip
    options.writesTarget = !noTarget
    options.streams()
    let source = try csv.source(.once)
    let files = try Files(main: output, inputs: [stored], reduced: source)
    try Reduction.apply(saved, to: source, output: files.main, options)
    try files.commit()
  }
}

/// Where `select` writes.
struct OutputFlags: ParsableArguments {
  @Option(name: .shortAndLong, help: "Write here; the file appears whole or not at all.")
  var output: String?

  @Option(help: ArgumentHelp("Also write the model as JSON.", valueName: "file"))
  var model: String?

  @Option(
    help: ArgumentHelp("Also write one line a column: kept or dropped, and why.", valueName: "file")
  )
  var ledger: String?

  @Flag(help: "Leave the target out of the output.")
  var noTarget = false

  /// - Parameter isReduced: whether what is written is the input, reduced, which may take its place.
  func open(_ source: ByteSource, isReduced: Bool) throws(Failure) -> Files {
    try Files(
      main: output, model: model, ledger: ledger, inputs: isReduced ? [] : [source],
      reduced: isReduced ? source : nil)
  }
}
