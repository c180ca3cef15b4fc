import Foundation

@testable import SparseRegression

/// A fixture of Tests/References/families: data, the call, and what glmnet found.
struct FamilyCase {
  struct Call: Decodable {
    let family: String
    let targets: [String]
    let classes: [String]?
    let alpha: Double
    let standardize: Bool
    let intercept: Bool
    let weighted: Bool
    let offset: Bool
    let penalty: [Double]?
    let lower: [Double?]?
    let upper: [Double?]?
    let lambda: String
    let measures: [Measure]
  }

  struct Measure: Decodable {
    let measure: String
    let file: String
    let lambdaMin: Double
    let lambdaOneStandardError: Double

    private enum CodingKeys: String, CodingKey {
      case measure, file
      case lambdaMin = "lambda_min"
      case lambdaOneStandardError = "lambda_1se"
    }
  }

  let call: Call
  let predictors: [String]
  let path: Table
  private let folder: URL
  private let data: Table
  private let labels: [String]

  static let root = ReferenceCase.root.appending(path: "families")
  static let names: [String] = {
    ((try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []).sorted()
  }()

  init(_ name: String) throws {
    folder = Self.root.appending(path: name)
    call = try JSONDecoder().decode(
      Call.self, from: Data(contentsOf: folder.appending(path: "case.json")))
    let file = folder.appending(path: "data.csv")
    data = try Table(file)
    path = try Table(folder.appending(path: "path.csv"))
    let others = call.targets + ["w", "fold", "offset"]
    predictors = data.names.filter { !others.contains($0) }
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let place = data.names.firstIndex(of: call.targets[0])!
    labels = lines.dropFirst().map { String($0.split(separator: ",")[place]) }
  }

  func measured(_ measure: Measure) throws -> Table {
    try Table(folder.appending(path: measure.file))
  }

  var penalty: ElasticNet {
    ElasticNet(
      alpha: call.alpha, penalty: call.penalty, lower: call.lower, upper: call.upper,
      count: predictors.count)
  }

  var options: PathOptions {
    PathOptions(
      grid: .values(path["lambda"]), standardize: call.standardize,
      intercept: call.family == "cox" || call.intercept, tolerance: 1e-9)
  }

  func response(_ metric: Metric) -> Response {
    let p = predictors.count
    let family: Family =
      switch call.family {
      case "binomial": .binomial
      case "multinomial": .multinomial(classes: call.classes!.count)
      case "poisson": .poisson
      case "cox": .cox
      default: .multigaussian(targets: call.targets.count)
      }
    let others = family == .cox ? [] : call.targets.dropFirst().indices.map { p + $0 - 1 }
    return Response(
      family, offset: call.offset ? p + others.count : nil, event: family == .cox ? p : nil,
      others: others, metric: metric)
  }

  /// The table, one block a fold; the columns that are no predictors stand before the target.
  func matrix() throws -> ColumnMatrix {
    let more = Array(call.targets.dropFirst()) + (call.offset ? ["offset"] : [])
    let numbers = (predictors + more).map { data[$0] } + [target]
    var store = RowStore(numbers: numbers.count, limit: 1 << 30, noFiles)
    try store.append(
      blocks: data["fold"].map { Int32($0) - 1 },
      weights: call.weighted ? data["w"] : Array(repeating: 1, count: data.count), ones: [])
    for row in 0..<data.count {
      unsafe store.fill(row) { out in
        for (place, column) in numbers.enumerated() { unsafe out[place] = column[row] }
      }
    }
    return try ColumnMatrix(
      store, width: numbers.count, blockCount: Int(data["fold"].max()!), centers: call.intercept,
      threads: 1)
  }

  private var target: [Double] {
    guard let classes = call.classes else { return data[call.targets[0]] }
    return labels.map { Double(classes.firstIndex(of: $0)!) }
  }

  /// The names of the predictors' columns in the path, response by response.
  func names(_ response: Int) -> (intercept: String, coefficients: [String]) {
    switch call.family {
    case "multinomial": named(call.classes![response])
    case "mgaussian": named(call.targets[response])
    default: ("intercept", predictors)
    }
  }

  private func named(_ response: String) -> (intercept: String, coefficients: [String]) {
    ("\(response):intercept", predictors.map { "\(response):\($0)" })
  }
}
