import Foundation
import Testing

@testable import SparseRegression

/// The figures of R's glmnet, made with a convergence threshold of 1e-24 (Tests/References).
@Suite struct ReferenceTests {
  @Test func allCasesAreThere() { #expect(ReferenceCase.names.count >= 16) }

  @Test(arguments: ReferenceCase.names)
  func pathEqualsGlmnet(name: String) throws {
    let reference = try ReferenceCase(name)
    let path = try RegularizationPath(
      reference.moments(), reference.penalty, reference.options)
    let lambda = reference.path["lambda"]
    try #require(path.points.count == lambda.count)
    let columns = reference.predictors.map { reference.path[$0] }
    // To 1e-6 of the largest coefficient: scales differ, so a column counts in its own unit.
    let scale = path.design.scale
    // At α = 0 glmnet's first row is not the solution at the λ it shows, but at 1e36 of it.
    for step in lambda.indices.dropFirst(reference.call.alpha == 0 ? 1 : 0) {
      let beta = path.dense(step)
      let largest = beta.indices.map { abs(columns[$0][step]) * scale[$0] }.max()!
      for j in beta.indices {
        #expect(
          abs(beta[j] - columns[j][step]) * scale[j] <= 1e-6 * largest,
          "step \(step), \(reference.predictors[j])")
      }
      #expect(abs(path.points[step].lambda - lambda[step]) <= 1e-10 * lambda[step])
      #expect(abs(path.points[step].devianceRatio - reference.path["dev_ratio"][step]) <= 1e-7)
      let intercept = reference.path["intercept"][step]
      #expect(abs(path.original(step).intercept - intercept) <= 1e-6 * max(1, abs(intercept)))
      #expect(path.points[step].gap <= 1e-7)
    }
  }

  @Test(arguments: ReferenceCase.names)
  func crossValidationEqualsGlmnet(name: String) throws {
    let reference = try ReferenceCase(name)
    guard let expected = reference.crossValidation else { return }
    let lambda = expected["lambda"]
    let cv = try CrossValidation(
      reference.blocks, lambda: lambda, reference.penalty, reference.options, threads: 2)
    for step in lambda.indices {
      #expect(
        abs(cv.mean[step] - expected["cvm"][step]) <= 1e-7 * expected["cvm"][step], "step \(step)")
      #expect(
        abs(cv.standardError[step] - expected["cvsd"][step]) <= 1e-7 * expected["cvsd"][step],
        "step \(step)")
    }
    #expect(lambda[cv.minimum] == reference.call.lambdaMin)
    #expect(lambda[cv.oneStandardError] == reference.call.lambdaOneStandardError)
  }
}

/// scikit-learn's solutions and the order of the LARS paper (Efron, Hastie, Johnstone & Tibshirani, 2004).
@Suite struct DiabetesTests {
  private static let folder = ReferenceCase.root.appending(path: "sklearn/diabetes")

  @Test(arguments: [("knots-path", 1.0), ("path-alpha1", 1), ("path-alpha0.5", 0.5)])
  func pathEqualsScikitLearn(name: String, alpha: Double) throws {
    let reference = try ReferenceCase("diabetes")
    let expected = try Table(Self.folder.appending(path: "\(name).csv"))
    let path = try RegularizationPath(
      reference.moments(), ElasticNet(alpha: alpha, count: 10),
      PathOptions(grid: .values(expected["lambda"])))
    try #require(path.points.count == expected.count)
    for step in path.points.indices {
      let beta = path.dense(step)
      let columns = reference.predictors.map { expected[$0][step] }
      let scale = path.design.scale
      let largest = zip(columns, scale).map { abs($0 * $1) }.max()!
      for j in beta.indices {
        #expect(
          abs(beta[j] - columns[j]) * scale[j] <= 1e-6 * largest + 1e-9,
          "step \(step), \(reference.predictors[j])")
      }
    }
  }

  @Test func columnsEnterInTheOrderOfThePaper() throws {
    let reference = try ReferenceCase("diabetes")
    // A fine grid that is given is never cut short; age enters late.
    let grid = (0..<2000).map { 46 * pow(10, -Double($0) / 500) }
    let path = try RegularizationPath(
      reference.moments(), ElasticNet(count: 10), PathOptions(grid: .values(grid)))
    let entries = path.entries.map { $0! }
    let order = entries.indices.sorted { entries[$0] < entries[$1] }
    #expect(Set(entries).count == 10)
    #expect(
      order.map { reference.predictors[$0] }
        == ["bmi", "s5", "bp", "s3", "sex", "s6", "s1", "s4", "s2", "age"])
  }
}

/// adelie's group lasso, polished to the last digits (Tests/References/make-adelie.py).
@Suite struct AdelieTests {
  private struct Case: Decodable {
    let alpha: Double
  }

  @Test(arguments: ["one-factor", "three-factors", "all-groups", "enet-groups", "wide-groups"])
  func groupPathEqualsAdelie(name: String) throws {
    let folder = ReferenceCase.root.appending(path: "adelie/\(name)")
    let alpha = try JSONDecoder().decode(
      Case.self, from: Data(contentsOf: folder.appending(path: "case.json"))
    ).alpha
    let lines = try String(contentsOf: folder.appending(path: "data.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let names = lines[0].filter { $0 != "y" && $0 != "fold" }
    func cells(_ name: String) -> [String] {
      let column = lines[0].firstIndex(of: name)!
      return lines.dropFirst().map { $0[column] }
    }
    var (columns, terms) = ([[Double]](), [Term]())
    for name in names {
      let cells = cells(name)
      if let numbers = cells.map(Double.init) as? [Double] {
        terms.append(.number(columns.count))
        columns.append(numbers)
      } else {
        let levels = Set(cells).sorted()
        terms.append(.levels(Array(columns.count..<columns.count + levels.count)))
        for level in levels { columns.append(cells.map { $0 == level ? 1 : 0 }) }
      }
    }
    columns.append(cells("y").map { Double($0)! })
    var accumulator = MomentAccumulator(width: columns.count)
    for row in columns[0].indices { accumulator.add(columns.map { $0[row] }) }

    let expected = try Table(folder.appending(path: "path.csv"))
    let path = try RegularizationPath(
      accumulator.finish(), terms: terms, ElasticNet(alpha: alpha, count: terms.count),
      PathOptions(grid: .values(expected["lambda"])))
    try #require(path.points.count == expected.count)
    for step in path.points.indices {
      let norms = Dictionary(
        uniqueKeysWithValues: zip(path.points[step].support, path.points[step].norms))
      for (term, name) in names.enumerated() {
        #expect(abs((norms[term] ?? 0) - expected[name][step]) <= 1e-9, "step \(step), \(name)")
      }
      #expect(isClose(path.original(step).intercept, expected["intercept"][step], 1e-9))
    }
  }
}
