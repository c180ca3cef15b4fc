import Foundation
import Testing

@testable import SparseRegression

/// Several responses: what is let in, and steps that know what responses share, against what knows nothing of it.
@Suite struct ResponseTests {
  /// G ⊗ I, or any matrix, as it is.
  private struct Whole: GramSource {
    let gram: [[Double]]

    var isDear: Bool { false }

    func products(_ some: [Int], with others: [Int]) -> [[Double]] {
      some.map { j in others.map { gram[j][$0] } }
    }

    func product(_ j: Int, _ k: Int) -> Double { gram[j][k] }
  }

  /// Coordinates of an intercept a response, then of terms, response by response.
  private struct Problem {
    let responses: Int
    var groups: [Range<Int>]
    /// For each coordinate, its response and its place among those of one response.
    var places: [(response: Int, place: Int)]

    init(responses: Int, ranks: [Int]) {
      self.responses = responses
      groups = (0..<responses).map { $0..<$0 + 1 }
      places = (0..<responses).map { ($0, 0) }
      var (first, place) = (responses, 1)
      for rank in ranks {
        groups.append(first..<first + responses * rank)
        for k in 0..<responses { places += (0..<rank).map { (k, place + $0) } }
        (first, place) = (first + responses * rank, place + rank)
      }
    }

    var width: Int { places.map(\.place).max()! + 1 }

    func coordinates(_ source: any GramSource, _ correlation: [Double]) -> NewCoordinates {
      var factors = places.map { _ in 1.0 }
      for k in 0..<responses { factors[k] = 0 }
      return NewCoordinates(
        source: source, diagonal: places.map { _ in .nan }, correlation: correlation,
        factors: factors, bounds: places.map { _ in .free }, groups: groups)
    }
  }

  private static func products(_ x: [[Double]]) -> [[Double]] {
    x.map { a in x.map { LinearAlgebra.dot(a, $0) / Double(a.count) } }
  }

  private static func columns(_ count: Int, rows: Int, _ random: inout SplitMix64) -> [[Double]] {
    var columns = [[Double](repeating: 1, count: rows)]
    for j in 1..<count {
      columns.append(
        (0..<rows).map { i in
          Double.random(in: -1...1, using: &random) + (j > 1 ? 0.5 * columns[j - 1][i] : 0)
        })
    }
    return columns
  }

  /// What some coefficients and noise of length 1 make: c = G w and ‖y‖².
  private static func target(_ gram: [[Double]], _ random: inout SplitMix64) -> (
    correlation: [Double], square: Double
  ) {
    let w = gram.indices.map { _ in Double.random(in: -1...1, using: &random) }
    let c = gram.map { LinearAlgebra.dot($0, w) }
    return (c, 1 + LinearAlgebra.dot(c, w))
  }

  @Test(arguments: [2, 5], [[1, 1, 1, 1], [1, 3, 1, 2, 1]])
  func leastSquaresIsThatOfTheWholeHessian(responses: Int, ranks: [Int]) {
    var random = SplitMix64(seed: UInt64(responses), stream: 5)
    let problem = Problem(responses: responses, ranks: ranks)
    let x = Self.columns(problem.width, rows: 40, &random)
    let own = Self.products(x)
    let gram = problem.places.map { a in
      problem.places.map { $0.response == a.response ? own[a.place][$0.place] : 0 }
    }
    let (correlation, rest) = Self.target(gram, &random)
    let new = problem.coordinates(Whole(gram: gram), correlation)
    var some = ResponseActiveSet(new.source, alpha: 0.9, responses: responses)
    let loss = Quadratic(new.source, diagonal: [], correlation: [])
    var whole = GroupActiveSet(
      loss, ElasticNet(alpha: 0.9, count: 0), groups: [], isOrthonormal: false)
    some.extend(new)
    whole.extend(new)
    let zeros = correlation.map { _ in 0.0 }
    some.recenter(at: zeros, gradient: correlation, rest: rest)
    whole.recenter(at: zeros, gradient: correlation, rest: rest)
    for lambda in [1.5, 1, 0.6, 0.3, 0.1, 0.01] {
      let outcome = some.solve(lambda: lambda, tolerance: 1e-12)
      _ = whole.solve(lambda: lambda, tolerance: 1e-12)
      #expect(outcome.gap <= 1e-10)
      for (a, b) in zip(some.b, whole.b) { #expect(abs(a - b) <= 1e-6) }
      for (a, b) in zip(some.g, some.loss.residualCorrelation(some.b)) {
        #expect(abs(a - b) <= 1e-10)
      }
    }
    let (free, expected) = (some.solveFree(), whole.solveFree())
    for (a, b) in zip(free.b, expected.b) { #expect(abs(a - b) <= 1e-8) }
    for (a, b) in zip(free.g, expected.g) { #expect(abs(a - b) <= 1e-8) }
  }

  /// Blocks that mix, as those of classes do: conjugate gradients end where a factor does.
  @Test(arguments: [3, 8]) func directionsAreThoseOfTheWholeHessian(responses: Int) {
    var random = SplitMix64(seed: UInt64(responses), stream: 6)
    let problem = Problem(responses: responses, ranks: Array(repeating: 1, count: 30) + [3, 2])
    let x = Self.columns(problem.width, rows: 120, &random)
    // The curvature of classes in each row: diag(p) − p p'.
    let chances = (0..<120).map { _ -> [Double] in
      let raw = (0..<responses).map { _ in exp(Double.random(in: -1...1, using: &random)) }
      return raw.map { $0 / raw.reduce(0, +) }
    }
    let gram = problem.places.map { a in
      problem.places.map { b in
        (0..<120).reduce(0.0) { sum, row in
          let (p, q) = (chances[row][a.response], chances[row][b.response])
          let curvature = a.response == b.response ? p * (1 - p) : -p * q
          return sum + curvature * x[a.place][row] * x[b.place][row] / 120
        }
      }
    }
    let (correlation, rest) = Self.target(gram, &random)
    let new = problem.coordinates(Whole(gram: gram), correlation)
    let loss = Quadratic(new.source, diagonal: [], correlation: [])
    // Intercepts have no price, and those of classes no optimum: a little of one decides.
    var penalized = new
    for k in 0..<responses { penalized.factors[k] = 0.05 }
    var (some, whole) = (
      GroupActiveSet(
        loss, ElasticNet(alpha: 0.9, count: 0), groups: [], isOrthonormal: false,
        responses: responses),
      GroupActiveSet(loss, ElasticNet(alpha: 0.9, count: 0), groups: [], isOrthonormal: false)
    )
    some.extend(penalized)
    whole.extend(penalized)
    let zeros = correlation.map { _ in 0.0 }
    some.recenter(at: zeros, gradient: correlation, rest: rest)
    whole.recenter(at: zeros, gradient: correlation, rest: rest)
    for lambda in [0.2, 0.1, 0.05, 0.02, 0.01] {
      let (one, other) = (
        some.solve(lambda: lambda, tolerance: 1e-13), whole.solve(lambda: lambda, tolerance: 1e-13)
      )
      #expect(one.gap <= 1e-11 && other.gap <= 1e-11)
      for (a, b) in zip(some.b, whole.b) { #expect(abs(a - b) <= 1e-5) }
    }
    #expect(some.b.count { $0 != 0 } > 64, "the factor of few coordinates is the whole one's")
  }

  /// A target that is there twice: ‖(b, b)‖ = √2 |b|, so a path with one of them is the same at λ/√2.
  @Test func aTargetTwiceIsTheTargetOnce() throws {
    var data = BothWays(
      n: 90, numbers: 400, imputed: 20, indicated: 10, factors: 12, weighted: true, seed: 31)
    let copy = 399
    for row in data.rows.indices { data.rows[row][copy] = data.rows[row][data.numbers - 1] }
    data.terms.removeAll { if case .number(copy) = $0 { true } else { false } }
    let penalty = ElasticNet(count: data.terms.count)
    let once = try PathFit(
      data.matrix(), plan: .leaveOneOut, terms: data.terms, penalty,
      PathOptions(grid: .automatic(count: 25, ratio: 0.1), tolerance: 1e-10, gammas: [0, 1]))
    let twice = try PathFit(
      data.matrix(), Response(.multigaussian(targets: 2), others: [copy]), plan: .leaveOneOut,
      terms: data.terms, penalty,
      PathOptions(
        grid: .values(once.path.points.map { $0.lambda * 2.0.squareRoot() }), tolerance: 1e-10,
        gammas: [0, 1]))
    #expect(once.path.points.count == twice.path.points.count)
    for (step, (a, b)) in zip(once.path.points, twice.path.points).enumerated() {
      #expect(a.support == b.support, "step \(step)")
      let (expected, found) = (once.path.original(step), twice.path.original(step, response: 1))
      for (x, y) in zip(expected.values, found.values) { #expect(isClose(x, y, 1e-5)) }
    }
    let (one, other) = (try #require(once.crossValidation), try #require(twice.crossValidation))
    for (a, b) in zip(one.curves, other.curves) {
      #expect(zip(a.mean, b.mean).allSatisfy { isClose(2 * $0, $1, 1e-5) })
    }
  }

  /// Of classes in a wide table, every column's pulls, told from the rows, are at most its price, and as much
  /// where it is in.
  @Test(arguments: [3, 9]) func columnsOfAWideTableComeInAsTheyAsk(classes: Int) throws {
    var data = BothWays(n: 120, numbers: 420, seed: 33)
    for i in data.rows.indices {
      let y = data.rows[i][data.numbers - 1]
      data.rows[i][data.numbers - 1] = Double(min(classes - 1, max(0, Int(y) + i % 2)))
    }
    let y = data.rows.map { $0[data.numbers - 1] }
    let labels = Set(y).sorted()
    for i in data.rows.indices {
      data.rows[i][data.numbers - 1] = Double(labels.firstIndex(of: y[i])!)
    }
    let count = labels.count
    let path = try PathFit(
      data.matrix(), Response(.multinomial(classes: count)), terms: data.terms,
      ElasticNet(count: data.terms.count),
      PathOptions(grid: .automatic(count: 12, ratio: 0.3), tolerance: 1e-10)
    ).path
    #expect(path.points.last!.support.count > 5)
    for step in path.points.indices {
      #expect(path.points[step].gap <= 1e-10)
      let fits = (0..<count).map { path.original(step, response: $0) }
      let pulls = data.rows.map { row -> [Double] in
        let eta = fits.map { fit in
          zip(fit.columns, fit.values).reduce(fit.intercept) { $0 + $1.1 * row[$1.0] }
        }
        let sum = eta.reduce(0) { $0 + exp($1) }
        return eta.indices.map {
          (row[data.numbers - 1] == Double($0) ? 1 : 0) - exp(eta[$0]) / sum
        }
      }
      for term in data.terms.indices {
        let (center, scale) = (path.design.center[term], path.design.scale[term])
        let square = (0..<count).reduce(0.0) { sum, k in
          let g = data.rows.indices.reduce(0.0) {
            $0 + (data.rows[$1][term] - center) / scale * pulls[$1][k]
          }
          return sum + g * g / 14400
        }
        let (pull, price) = (square.squareRoot(), path.points[step].lambda)
        #expect(pull <= price * (1 + 1e-4))
        if path.points[step].support.contains(term) { #expect(pull >= price * (1 - 1e-4)) }
      }
    }
  }
}
