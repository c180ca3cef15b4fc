import Foundation

@testable import SparseRegression

/// A fixture of Tests/References: data, the call, and what the reference found.
struct ReferenceCase {
  struct Call: Decodable {
    let alpha: Double
    let standardize: Bool
    let intercept: Bool
    let weighted: Bool
    let penalty: [Double]?
    let lower: [Double?]?
    let upper: [Double?]?
    let lambda: String
    let lambdaMin: Double?
    let lambdaOneStandardError: Double?

    private enum CodingKeys: String, CodingKey {
      case alpha, standardize, intercept, weighted, penalty, lower, upper, lambda
      case lambdaMin = "lambda_min"
      case lambdaOneStandardError = "lambda_1se"
    }
  }

  let call: Call
  let predictors: [String]
  let data: Table
  let path: Table
  let crossValidation: Table?

  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "References")

  /// All cases made by glmnet.
  static let names: [String] = {
    let folder = root.appending(path: "glmnet")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted()
  }()

  init(_ name: String) throws {
    let folder = Self.root.appending(path: "glmnet").appending(path: name)
    call = try JSONDecoder().decode(
      Call.self, from: Data(contentsOf: folder.appending(path: "case.json")))
    data = try Table(folder.appending(path: "data.csv"))
    path = try Table(folder.appending(path: "path.csv"))
    crossValidation = try? Table(folder.appending(path: "cv.csv"))
    predictors = data.names.filter { !["y", "w", "fold"].contains($0) }
  }

  var penalty: ElasticNet {
    ElasticNet(
      alpha: call.alpha, penalty: call.penalty, lower: call.lower, upper: call.upper,
      count: predictors.count)
  }

  var options: PathOptions {
    PathOptions(
      grid: call.lambda == "auto" ? .automatic() : .values(path["lambda"]),
      standardize: call.standardize, intercept: call.intercept)
  }

  /// The moments of the rows that `included` lets in.
  func moments(where included: (Int) -> Bool = { _ in true }) -> Moments {
    var accumulator = MomentAccumulator(width: predictors.count + 1)
    let columns = (predictors + ["y"]).map { data[$0] }
    for row in 0..<data.count where included(row) {
      accumulator.add(columns.map { $0[row] }, weight: call.weighted ? data["w"][row] : 1)
    }
    return accumulator.finish()
  }

  /// One block a fold, in the order of their numbers.
  var blocks: [Moments] {
    let fold = data["fold"]
    return Set(fold).sorted().map { k in moments { fold[$0] == k } }
  }
}

extension ElasticNet {
  /// As the cases spell it: no factors for 1 each, and null for no limit.
  init(alpha: Double, penalty: [Double]?, lower: [Double?]?, upper: [Double?]?, count: Int) {
    self.init(
      alpha: alpha, factors: penalty ?? Array(repeating: 1, count: count),
      bounds: (0..<count).map { Bounds(lower?[$0] ?? -.infinity, upper?[$0] ?? .infinity) })
  }
}

/// Columns of numbers by name.
struct Table {
  let names: [String]
  let count: Int
  private let columns: [String: [Double]]

  init(_ url: URL) throws {
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let names = lines[0].split(separator: ",").map { String($0.replacing("\"", with: "")) }
    let rows = lines.dropFirst().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    }
    self.names = names
    count = rows.count
    columns = Dictionary(
      uniqueKeysWithValues: names.enumerated().map { j, name in (name, rows.map { $0[j] }) })
  }

  subscript(name: String) -> [Double] { columns[name]! }
}

extension RegularizationPath {
  /// All coefficients on the original scale at `step`, zeros included.
  func dense(_ step: Int, response: Int = 0) -> [Double] {
    var beta = [Double](repeating: 0, count: count)
    let original = original(step, response: response)
    for (j, value) in zip(original.columns, original.values) { beta[j] = value }
    return beta
  }
}
