internal import ArgumentParser
internal import CSVLasso
internal import CSVRecords
internal import CStart
internal import SparseRegression

/// Flags that a fit takes, turned into its options.
struct FitFlags: ParsableArguments {
  @OptionGroup(title: "Input") var csv: CSVFlags
  @OptionGroup(title: "Columns") var roles: RoleFlags
  @OptionGroup(title: "Types") var types: TypeFlags
  @OptionGroup(title: "Model") var model: ModelFlags
  @OptionGroup(title: "Choice") var choice: ChoiceFlags
  @OptionGroup(title: "Choice: stable") var stability: StabilityFlags
  @OptionGroup(title: "Checks of the choice") var checks: CheckingFlags
  @OptionGroup(title: "General") var general: GeneralFlags

  /// - Throws: ``Failure`` of kind usage for a value that means nothing.
  func options() throws(Failure) -> Options {
    var options = Options(target: "")
    options.dialect = try csv.dialect()
    options.skipsRagged = csv.ragged == .skip
    options.features = selectors(roles.features, "--features")
    options.ids = selectors(roles.id, "--id")
    options.keep = selectors(roles.keep, "--keep")
    options.drop = selectors(roles.drop, "--drop")
    options.weights = roles.weights
    options.offset = roles.offset
    options.categorical = selectors(types.categorical, "--categorical")
    options.numeric = selectors(types.numeric, "--numeric")
    try check("--max-levels", types.maxLevels, atLeast: 2)
    options.maxLevels = types.maxLevels
    if !types.na.isEmpty { options.missingTexts = types.na }
    options.missing = types.missing
    try model.fill(&options)
    try roles.fillTarget(&options)
    try choice.fill(&options, lambdas: model.lambda)
    try stability.fill(&options)
    (options.isNested, options.isProbed) = (checks.nested, checks.probe)
    try general.fill(&options)
    try reserve(&options)
    return options
  }

  /// Sees to it that each thread can do linear algebra where memory is limited, and takes fewer where not all can.
  ///
  /// - Throws: ``Failure`` of kind system.
  private func reserve(_ options: inout Options) throws(Failure) {
    let threads = Int(cstart_reserve(Int32(options.threads)))
    guard threads > 0 else {
      throw Failure(
        .system,
        "the limit on memory (ulimit -v or -d) leaves no room for the 128 MB that linear algebra needs; raise it to 512 MB or more"
      )
    }
    options.threads = min(options.threads, threads)
  }
}

extension RoleFlags {
  /// What is predicted; a time and an event say the family.
  fileprivate func fillTarget(_ options: inout Options) throws(Failure) {
    guard time != nil || event != nil else {
      guard options.family != .cox else { throw usage("--family cox needs --time and --event") }
      guard let target else {
        throw usage("no target: -y names the column to predict (see csvlasso help select)")
      }
      options.target = target
      return
    }
    guard let time, let event else { throw usage("--time and --event go together") }
    guard options.family == .auto || options.family == .cox else {
      throw usage("--time and --event are for --family cox, not \(options.family.rawValue)")
    }
    guard target == nil || target == time else {
      throw usage("--time is what is predicted: leave --target out")
    }
    (options.target, options.event, options.family) = (time, event, .cox)
  }
}

extension FitFlags {
  /// Refuses what exact knots have no use for.
  ///
  /// - Throws: ``Failure`` of kind usage.
  func refuseBesideExact() throws(Failure) {
    guard model.alpha == 1 else {
      throw usage(
        "--exact takes the lasso, --alpha 1: with a ridge part the path is curved between its knots"
      )
    }
    guard model.family == .auto || model.family == .gaussian, roles.time == nil else {
      throw usage("--exact is for least squares; leave --family out")
    }
    guard model.penaltyKind == .lasso else {
      throw usage(
        "--exact takes the lasso; leave --penalty-kind out: with a concave penalty the path may jump"
      )
    }
    guard model.engine != .columns else {
      throw usage("--exact works on moments; leave --engine columns out")
    }
    try refuse([
      ("--bounds", !model.bounds.isEmpty)
    ]) { "--exact goes from knot to knot of the lasso with signs at most; leave \($0) out" }
    try refuse([
      ("--lambda", model.lambda != nil), ("--lambda-ratio", model.lambdaRatio != nil),
      ("--nlambda", model.nlambda != ModelFlags.usualCount), ("--choose", choice.choose != nil),
      ("--folds", choice.folds != nil), ("--fold-column", choice.foldColumn != nil),
      ("--fold-by", choice.foldBy != nil), ("--repeats", choice.repeats != nil),
      ("--nested", checks.nested), ("--probe", checks.probe), ("--relax", choice.relax),
    ]) { "--exact has no grid and chooses nothing; leave \($0) out" }
  }
}

extension ChoiceFlags {
  fileprivate func fill(_ options: inout Options, lambdas: String?) throws(Failure) {
    options.seed = seed
    options.metric = metric
    try check("--max-features", maxFeatures, atLeast: 1)
    options.maxFeatures = maxFeatures
    if let choose {
      options.criterion = try Self.criterion(choose)
    } else if case .values(let values) = options.path.grid, values.count == 1 {
      options.criterion = .lambda(values[0])
    } else if options.alpha == 0 {
      // Ridge keeps all columns, so there are none to be sparing of.
      options.criterion = .oneStandardError
    }
    options.isRelaxed = relax
    if relax {
      if options.criterion == .minimum { options.criterion = .relaxedMinimum }
      if options.criterion == .oneStandardError { options.criterion = .relaxedOneStandardError }
    }
    guard [folds, foldColumn, foldBy].count(where: { $0 != nil }) <= 1 || foldColumn == nil else {
      throw usage("--fold-column names the folds; --folds and --fold-by cannot be given with it")
    }
    options.alwaysCrossValidates = folds != nil || foldColumn != nil || foldBy != nil
    if let foldColumn {
      options.folds = .column(foldColumn)
    } else {
      options.folds = try plan()
    }
    guard let repeats else { return }
    try check("--repeats", repeats, in: 1...100)
    if repeats > 1 {
      try refuse([
        ("--fold-column is", foldColumn != nil),
        ("forward folds are", folds?.hasPrefix("forward:") == true),
      ]) { "--repeats draws partitions; \($0) one (leave one of them out)" }
    }
    options.repeats = repeats
  }

  private func plan() throws(Failure) -> Options.Folds {
    let text = folds ?? "10"
    let isForward = text.hasPrefix("forward:")
    guard let count = Int(isForward ? text.dropFirst(8) : text[...]), (2...1000).contains(count)
    else { throw usage("--folds takes a number from 2 to 1000, or forward:K, not '\(text)'") }
    if let foldBy {
      guard !isForward else { throw usage("--fold-by and --folds forward:K exclude each other") }
      return .by(foldBy, count)
    }
    return isForward ? .forward(count) : .permuted(count)
  }

  private static func criterion(_ text: String) throws(Failure) -> Criterion {
    switch text {
    case "sparsest": return .sparsest
    case "relaxed-min": return .relaxedMinimum
    case "relaxed-1se": return .relaxedOneStandardError
    case "min": return .minimum
    case "1se": return .oneStandardError
    default: break
    }
    if let information = InformationCriterion(rawValue: text) { return .information(information) }
    if text.hasPrefix("k="), let count = Int(text.dropFirst(2)), count >= 1 {
      return .columns(count)
    }
    if text.hasPrefix("lambda="), let value = Double(text.dropFirst(7)), value >= 0, value.isFinite
    {
      return .lambda(value)
    }
    if text.hasPrefix("fdr="), let rate = Double(text.dropFirst(4)), rate > 0, rate < 1 {
      return .falseDiscoveryRate(rate)
    }
    if text == "stable" { return .stability(StabilitySelection.Request()) }
    throw usage(
      "--choose takes sparsest, relaxed-min, relaxed-1se, min, 1se, aic, bic, aicc, ebic, k=N, lambda=L, fdr=Q or stable, not '\(text)'"
    )
  }
}

extension GeneralFlags {
  func fill(_ options: inout Options) throws(Failure) {
    try check("--threads", threads, in: 1...Terminal.mostThreads)
    options.threads = threads ?? Terminal.processors
    options.sizes = BatchReader.Sizes(threads: options.threads)
    options.memory =
      try memory.map { text throws(Failure) in try Self.size(text) } ?? Terminal.defaultMemory
  }

  /// Bytes, or a number with K, M, G or T.
  private static func size(_ text: String) throws(Failure) -> Int {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    var digits = text.uppercased()
    if digits.hasSuffix("B") { digits.removeLast() }
    let shift = digits.last.flatMap { units[$0] }
    if shift != nil { digits.removeLast() }
    guard let value = Double(digits), value > 0, value < 1e6 || shift == nil else {
      throw usage("--memory takes a size such as 512M or 4G, not '\(text)'")
    }
    let bytes = value * Double(1 << (shift ?? 0))
    guard bytes < 9e18 else { throw usage("--memory is too large: '\(text)'") }
    return Int(bytes)
  }
}
