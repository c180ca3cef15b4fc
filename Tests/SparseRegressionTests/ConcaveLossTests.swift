import Foundation
import Testing

@testable import SparseRegression

/// MCP and SCAD for losses that are no squares: the conditions of a stationary point, with pulls and curvatures
/// by their definitions.
@Suite struct ConcaveLossTests {
  /// A loss, the target that it takes, and what it says of its rows.
  struct Case: CustomStringConvertible, Sendable {
    let family: Family
    /// The target of a row, from one that is a number around 3.
    let target: @Sendable (Double) -> Double
    /// −∂ℓ/∂η of the rows, one array a response; of the targets, the events and the linear predictors.
    let pulls: @Sendable ([Double], [Double], [[Double]]) -> [[Double]]
    /// The mean of ∂²ℓ/∂η² over the rows and responses, of the targets, the events and the null model.
    let curvature: @Sendable ([Double], [Double], [Double]) -> Double

    var description: String { "\(family)" }
    var responses: Int { family.responses }
  }

  static let cases: [Case] = [
    Case(
      family: .binomial, target: { $0 > 3 ? 1 : 0 },
      pulls: { y, _, eta in
        [zip(y, eta[0]).map { $0 - 1 / (1 + exp(-$1)) }]
      },
      curvature: { y, _, _ in
        mean(y) * (1 - mean(y))
      }),
    Case(
      family: .poisson, target: { max(0, ($0 / 2).rounded()) },
      pulls: { y, _, eta in
        [zip(y, eta[0]).map { $0 - exp($1) }]
      },
      curvature: { y, _, _ in
        mean(y)
      }),
    Case(
      family: .huber(delta: 1.5), target: { $0 },
      pulls: { y, _, eta in
        [zip(y, eta[0]).map { min(max($0 - $1, -1.5), 1.5) }]
      },
      curvature: { y, _, null in
        mean(y.map { min(1, 1.5 / abs($0 - null[0])) })
      }),
    Case(
      family: .multinomial(classes: 3), target: { $0 > 5 ? 2 : $0 > 2 ? 1 : 0 },
      pulls: { y, _, eta in
        let sums = y.indices.map { row in eta.reduce(0) { $0 + exp($1[row]) } }
        return eta.indices.map { k in
          y.indices.map { (y[$0] == Double(k) ? 1 : 0) - exp(eta[k][$0]) / sums[$0] }
        }
      },
      curvature: { y, _, _ in
        mean(
          (0..<3).map { k in mean(y.map { $0 == Double(k) ? 1 : 0 }) }.map { $0 * (1 - $0) })
      }),
    Case(
      family: .cox, target: { exp($0 / 5) },
      pulls: { y, events, eta in
        let definition = SurvivalDefinition(time: y, event: events, weights: y.map { _ in 1 })
        return [definition.evaluate(eta[0], y.map { _ in true }).pull]
      },
      curvature: { _, events, _ in
        mean(events)
      }),
  ]

  private static func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }

  /// The last column but one is no term: it tells which times are those of events.
  private static func table(_ one: Case, columns: Int, seed: UInt64) -> BothWays {
    var data = BothWays(n: 150, numbers: columns + 1, seed: seed)
    data.terms.removeLast()
    for i in data.rows.indices {
      data.rows[i][columns] = data.rows[i][columns] > -1 ? 1 : 0
      data.rows[i][columns + 1] = one.target(data.rows[i][columns + 1])
    }
    return data
  }

  @Test(arguments: cases, [PenaltyKind.mcp(gamma: 3), .scad(gamma: 3.7), .mcp(gamma: 1.5)])
  func everyPointIsStationary(_ one: Case, kind: PenaltyKind) throws {
    try check(one, kind, columns: 14, alpha: kind == .mcp(gamma: 3) ? 0.7 : 1)
  }

  /// Columns are let in as they ask.
  @Test func everyPointOfAWideTableIsStationary() throws {
    try check(Self.cases[0], .mcp(gamma: 3), columns: 420, alpha: 1)
    try check(Self.cases[4], .scad(gamma: 3.7), columns: 420, alpha: 1)
  }

  private func check(_ one: Case, _ kind: PenaltyKind, columns: Int, alpha: Double) throws {
    let data = Self.table(one, columns: columns, seed: 70)
    let factors = (0..<columns).map { [1, 0.5, 2, 1, 1][$0 % 5] }
    let path = try PathFit(
      data.matrix(),
      Response(one.family, event: one.family == .cox ? columns : nil), terms: data.terms,
      ElasticNet(alpha: alpha, factors: factors, bounds: Array(repeating: .free, count: columns)),
      PathOptions(
        grid: .automatic(count: 15, ratio: columns > 400 ? 0.4 : 0.05), tolerance: 1e-11, kind: kind
      )
    ).path
    let (target, events) = (data.rows.map { $0[columns + 1] }, data.rows.map { $0[columns] })
    let null = (0..<one.responses).map { path.original(0, response: $0).intercept }
    let curvature = one.curvature(target, events, null)
    #expect(path.points.last!.support.count > 3)
    for step in path.points.indices {
      #expect(path.points[step].gap <= 1e-11)
      let fits = (0..<one.responses).map { path.original(step, response: $0) }
      let eta = fits.map { fit in
        data.rows.map { row in
          zip(fit.columns, fit.values).reduce(fit.intercept) { $0 + $1.1 * row[$1.0] }
        }
      }
      let pulls = one.pulls(target, events, eta)
      for term in data.terms.indices {
        let (center, scale) = (path.design.center[term], path.design.scale[term])
        let g = pulls.map { pull in
          Self.mean(zip(data.rows, pull).map { ($0[term] - center) / scale * $1 })
        }
        let b = fits.map { fit in
          fit.columns.firstIndex(of: term).map { fit.values[$0] * scale } ?? 0
        }
        let lambda = path.points[step].lambda * path.penalty.factors[term]
        let t = length(b)
        let slope = kind.derivatives(curvature * t, price: lambda * alpha).slope
        let off =
          t > 0
          ? length(zip(g, b).map { $0 - $1 / t * slope - lambda * (1 - alpha) * $1 })
          : length(g) - lambda * alpha
        // What a coefficient that is nearly zero is off by, the gap counts times its length.
        #expect(off <= 1e-5 || off * t <= 1e-10, "\(columns) columns, step \(step), term \(term)")
      }
    }
  }

  private func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// Convex as long as the Hessian on the columns that are in, by its definition, less the bend of the penalty
  /// has only positive eigenvalues: of two classes, and of residuals of which large ones have no curvature.
  @Test(arguments: [cases[0], cases[2]])
  func convexityIsThatOfTheHessian(_ one: Case) throws {
    var found = Set<Bool>()
    for (seed, gamma) in [(UInt64(71), 1.5), (72, 2), (73, 4), (74, 20)] {
      let kind = PenaltyKind.mcp(gamma: gamma)
      let data = Self.table(one, columns: 10, seed: seed)
      let path = try PathFit(
        data.matrix(), Response(one.family), terms: data.terms, ElasticNet(count: 10),
        PathOptions(grid: .automatic(count: 20, ratio: 0.05), kind: kind)
      ).path
      let y = data.rows.map { $0[11] }
      let bend = kind.concavity * one.curvature(y, [], [path.original(0).intercept])
      let design = path.design
      var (before, isConvex) = ([Int](), true)
      for (step, point) in path.points.enumerated() {
        let fit = path.original(step)
        let curvatures = zip(data.rows, y).map { row, y in
          let eta = zip(fit.columns, fit.values).reduce(fit.intercept) { $0 + $1.1 * row[$1.0] }
          if one.family != .binomial { return abs(y - eta) <= 1.5 ? 1.0 : 0 }
          let chance = 1 / (1 + exp(-eta))
          return chance * (1 - chance)
        }
        let columns = Set(before).union(point.support).sorted()
        let x =
          [y.map { _ in 1 }]
          + columns.map { j in data.rows.map { ($0[j] - design.center[j]) / design.scale[j] } }
        var hessian = x.indices.flatMap { j in
          x.indices.map { k in
            Self.mean(curvatures.indices.map { curvatures[$0] * x[j][$0] * x[k][$0] })
              - (j == k && j > 0 ? bend : 0)
          }
        }
        isConvex =
          isConvex && LinearAlgebra.factorize(&hessian, stride: x.count, count: x.count)
        #expect(point.isConvex == isConvex, "step \(step)")
        before = point.support
      }
      found.insert(isConvex)
    }
    #expect(found.count == 2)
  }
}
