internal import ArgumentParser
internal import CSVLasso
public import SparseRegression

/// What stability selection asks for: two of three numbers.
struct StabilityFlags: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("At most so many false columns on average (default: 1).", valueName: "v"))
  var pfer: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Keep what is picked in so large a share of the halves (default: 0.75).", valueName: "share"))
  var pi: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pick so many columns in each half; follows from the other two.", valueName: "n"))
  var q: Int?

  @Option(
    help:
      "What --pfer rests on: mb (supposes nothing), unimodal or r-concave (supposes more, and is tighter)."
  )
  var bound = StabilityBound.rConcave

  @Option(parsing: .unconditional, help: "How many pairs of halves are fitted.")
  var pairs = 50

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The randomized lasso: penalties are divided by random numbers from this to 1.",
      valueName: "w"))
  var weakness = 1.0

  /// - Throws: ``Failure`` of kind usage.
  func fill(_ options: inout Options) throws(Failure) {
    guard case .stability = options.criterion else {
      return try refuse([("--pfer", pfer != nil), ("--pi", pi != nil), ("--q", q != nil)]) {
        "\($0) is for --choose stable"
      }
    }
    guard pfer == nil || pi == nil || q == nil else {
      throw usage("of --pfer, --pi and --q two say the third: leave one out")
    }
    try checkIsPositive("--pfer", pfer)
    if let pi, !(pi > 0.5 && pi <= 1) { throw usage("--pi lies above 0.5 and up to 1, not \(pi)") }
    try check("--q", q, atLeast: 1)
    try check("--pairs", pairs, in: 2...1000)
    guard weakness > 0, weakness <= 1 else {
      throw usage("--weakness lies above 0 and up to 1, not \(weakness)")
    }
    var request = StabilitySelection.Request()
    (request.errorRate, request.threshold, request.picked) = (pfer, pi, q)
    (request.bound, request.pairs, request.weakness) = (bound, pairs, weakness)
    options.criterion = .stability(request)
  }
}

extension StabilityBound: Word {}

/// What is asked of the whole procedure.
struct CheckingFlags: ParsableArguments {
  @Flag(help: "Cross-validate the whole procedure, the choice included: its honest error.")
  var nested = false

  @Flag(help: "Try the procedure on targets of noise, and tell how many columns it keeps.")
  var probe = false
}
