/// The arguments of a call that goes with a table.
struct Call {
  private(set) var arguments: [String] = []
  private(set) var isStandardized = false
  private(set) var isExact = false
  /// Whether the table comes through a pipe.
  let isPiped: Bool
  private let labels: [String]

  /// - Parameter choices: one byte an option, in this order.
  init(_ choices: inout Choices, _ table: MadeTable) {
    labels = (1...table.names.count).map(String.init)
    isPiped = choices.byte() >= 200
    roles(&choices)
    types(&choices)
    model(&choices)
    penalties(&choices)
    choice(&choices)
    if table.delimiter != "," { arguments += ["-d", table.delimiter == "\t" ? "tab" : ";"] }
    if !table.hasHeader { arguments.append("-H") }
    if choices.byte() >= 64 { arguments += ["--ragged", "skip"] }
    add("--memory", choices.sometimes(["1", "1K", "64K", "1M"]))
    isStandardized = choices.byte() >= 220
    isExact = choices.byte() >= 235
    arguments += ["--threads", "1"]
  }

  private mutating func add(_ option: String, _ value: String?) {
    guard let value else { return }
    arguments += value.hasPrefix("-") ? ["\(option)=\(value)"] : [option, value]
  }

  private mutating func flag(_ option: String, _ choices: inout Choices) {
    if choices.byte() >= 216 { arguments.append(option) }
  }

  private mutating func roles(_ choices: inout Choices) {
    let target = choices.below(labels.count)
    let others = labels.indices.filter { $0 != target }.map { labels[$0] }
    let second = choices.among(others)
    switch choices.byte() {
    case 208..<256: arguments += ["--time", labels[target], "--event", second]
    case 192..<208: arguments += ["-y", "\(labels[target]),\(second)"]
    default: arguments += ["-y", labels[target]]
    }
    for option in ["--weights", "--offset", "--id", "--keep", "--drop"] {
      add(option, choices.sometimes(others))
    }
    add("-x", choices.sometimes(["1-3", "2-", "!1", "/./", second, "1,2,\(second)"]))
  }

  private mutating func types(_ choices: inout Choices) {
    add("--categorical", choices.sometimes(labels + ["1-9", "/./"]))
    add("--numeric", choices.sometimes(labels))
    add("--max-levels", choices.sometimes(["2", "3", "5", "100", "1000"]))
    add("--na", choices.sometimes(["", "0", "-9", "l1", "low"]))
    add("--missing", choices.sometimes(["mean", "indicator", "drop-row", "error"]))
  }

  private mutating func model(_ choices: inout Choices) {
    add(
      "--family",
      choices.sometimes(["gaussian", "binomial", "multinomial", "poisson", "huber", "auto"]))
    add("--huber-delta", choices.sometimes(["0.1", "1", "1e-8", "1e8"]))
    add("--alpha", choices.sometimes(["0", "0.5", "0.01", "0.999", "1", "1e-6"]))
    add("--lambda", choices.sometimes(["0", "0.1", "1,0.1,0.01", "1e9", "1e-9", "0.5,0"]))
    add("--nlambda", choices.sometimes(["1", "2", "5", "20", "300"]))
    add("--lambda-ratio", choices.sometimes(["0.5", "0.01", "1e-6", "1e-12"]))
    for option in ["--no-standardize", "--no-intercept", "--full-path", "--relax"] {
      flag(option, &choices)
    }
    add("--engine", choices.sometimes(["moments", "columns", "auto"]))
    add("--tol", choices.sometimes(["1e-3", "1e-10", "1e-14", "0.5"]))
  }

  private mutating func penalties(_ choices: inout Choices) {
    let column = choices.among(labels)
    let factor = choices.sometimes(["0", "1e-6", "2", "1e6", "0.5"])
    add("--penalty", factor.map { "\(column)=\($0)" })
    let kind = choices.sometimes(["mcp", "scad"])
    add("--penalty-kind", kind)
    if kind != nil { add("--concavity", choices.sometimes(["2.5", "3.7", "100", "2.0001"])) }
    add("--adaptive", choices.sometimes(["ols", "ridge", "ridge:0.5", "ols:3"]))
    for name in ["g", "h"] {
      add("--group", choices.sometimes(["1-3", "2,4", "3-", column]).map { "\(name)=\($0)" })
    }
    add("--positive", choices.sometimes(labels + ["/./"]))
    add("--negative", choices.sometimes(labels + ["/./"]))
    let range = choices.sometimes(["-1:1", "0:", ":0.5", "-1e-9:1e-9", "-1e9:"])
    add("--bounds", range.map { "\(column)=\($0)" })
  }

  private mutating func choice(_ choices: inout Choices) {
    let rule = choices.sometimes([
      "sparsest", "min", "1se", "relaxed-min", "relaxed-1se", "aic", "bic", "aicc", "ebic", "k=1",
      "k=3", "lambda=0.1", "lambda=0", "fdr=0.2", "fdr=0.9", "stable",
    ])
    add("--choose", rule)
    if rule == "stable" {
      arguments += ["--pairs", "3"]
      add("--q", choices.sometimes(["1", "2", "9"]))
      add("--weakness", choices.sometimes(["0.5", "0.01"]))
    }
    let column = choices.among(labels)
    switch choices.byte() {
    case 192..<224: arguments += ["--folds", choices.among(["2", "3", "5", "60", "1000"])]
    case 224..<232: arguments += ["--folds", choices.among(["forward:2", "forward:5"])]
    case 232..<244: arguments += ["--fold-by", column]
    case 244..<256: arguments += ["--fold-column", column]
    default: break
    }
    add("--repeats", choices.sometimes(["1", "2", "3"]))
    add("--metric", choices.sometimes(["deviance", "class-error", "auc"]))
    add("--seed", choices.sometimes(["2", "18446744073709551615"]))
    add("--max-features", choices.sometimes(["1", "2", "5"]))
    if choices.byte() >= 240 { arguments.append("--nested") }
    if choices.byte() >= 248 { arguments.append("--probe") }
  }
}
