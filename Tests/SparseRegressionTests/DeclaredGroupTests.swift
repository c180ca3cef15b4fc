import Testing

@testable import SparseRegression

/// Groups that somebody declared: what holds of them whatever the data.
@Suite struct DeclaredGroupTests {
  private static let groups: [Term] = [
    .group([.number(0), .number(1), .number(2)]), .number(3), .group([.number(4), .number(5)]),
    .number(6), .number(7),
  ]

  private static func path(
    _ data: MadeData, _ terms: [Term], _ options: PathOptions = PathOptions()
  )
    throws -> RegularizationPath
  {
    try RegularizationPath(data.moments(), terms: terms, ElasticNet(count: terms.count), options)
  }

  private static func expectSame(
    _ a: RegularizationPath, _ b: RegularizationPath, _ termOf: (Int) -> Int = { $0 }
  ) throws {
    try #require(a.points.count == b.points.count)
    for (x, y) in zip(a.points, b.points) {
      #expect(isClose(x.lambda, y.lambda, 1e-10))
      #expect(isClose(x.devianceRatio, y.devianceRatio, 1e-9))
      let (left, right) = (
        Dictionary(uniqueKeysWithValues: zip(x.support.map(termOf), x.norms)),
        Dictionary(uniqueKeysWithValues: zip(y.support, y.norms))
      )
      #expect(Set(left.keys) == Set(right.keys))
      for (term, norm) in left { #expect(abs(norm - (right[term] ?? 0)) <= 1e-8) }
    }
  }

  /// Only what the columns of a group span matters: combine them, scale and move them.
  @Test(arguments: [UInt64(31), 32, 33])
  func theBasisOfAGroupChangesNothing(seed: UInt64) throws {
    let data = MadeData(n: 80, p: 8, seed: seed, weighted: true)
    var other = data
    for i in data.rows.indices {
      let x = data.rows[i]
      other.rows[i][0] = 1e3 * (x[0] - 2 * x[1]) + 7
      other.rows[i][1] = x[0] + x[1] + 0.5 * x[2]
      other.rows[i][2] = -1e-2 * x[2] - 4
      other.rows[i][4] = x[5]
      other.rows[i][5] = 3 * x[4] + x[5]
    }
    try Self.expectSame(Self.path(data, Self.groups), Self.path(other, Self.groups))
    let fitted = try [data, other].map { data in
      let path = try Self.path(data, Self.groups)
      let (intercept, columns, values) = path.original(path.points.count / 2)
      return data.rows.map { row in
        zip(columns, values).reduce(intercept) { $0 + $1.1 * row[$1.0] }
      }
    }
    for (x, y) in zip(fitted[0], fitted[1]) { #expect(isClose(x, y, 1e-7)) }
  }

  @Test func theOrderOfTermsAndMembersChangesNothing() throws {
    let data = MadeData(n: 70, p: 8, seed: 34)
    let permuted: [Term] = [
      .number(7), .group([.number(5), .number(4)]), .number(3), .number(6),
      .group([.number(2), .number(0), .number(1)]),
    ]
    try Self.expectSame(Self.path(data, Self.groups), Self.path(data, permuted)) {
      [4, 2, 1, 3, 0][$0]
    }
  }

  /// Indicators of all levels but one are what a categorical is, and as many.
  @Test func dummiesInAGroupAreTheCategorical() throws {
    let data = MadeData(n: 90, p: 3, seed: 35)
    var accumulator = MomentAccumulator(width: 8)
    for (i, row) in data.rows.enumerated() {
      let level = i * 7 % 4
      accumulator.add(
        row + (0..<4).map { $0 == level ? 1 : 0 } + [data.target[i] + Double(level * level) / 2])
    }
    let moments = accumulator.finish()
    let numbers = (0..<3).map { Term.number($0) }
    let penalty = ElasticNet(count: 4)
    try Self.expectSame(
      RegularizationPath(
        moments, terms: numbers + [.levels([3, 4, 5, 6])], penalty, PathOptions()),
      RegularizationPath(
        moments, terms: numbers + [.group([.number(4), .number(5), .number(6)])], penalty,
        PathOptions()))
  }

  /// Orthonormal columns: the group's length is a soft threshold of the pull, √m the factor.
  @Test func anOrthonormalGroupIsASoftThreshold() throws {
    var accumulator = MomentAccumulator(width: 4)
    for i in 0..<8 {
      let x = (0..<3).map { i >> $0 & 1 == 0 ? -1.0 : 1 }
      accumulator.add(x + [0.6 * x[0] - 0.8 * x[1] + 0.3 * x[2] + x[0] * x[1] * x[2]])
    }
    let path = try RegularizationPath(
      accumulator.finish(), terms: [.group([.number(0), .number(1)]), .number(2)],
      ElasticNet(count: 2), PathOptions(grid: .values([0.6, 0.4, 0.2, 0])))
    for (step, lambda) in [0.6, 0.4, 0.2, 0].enumerated() {
      let beta = Dictionary(
        uniqueKeysWithValues: zip(path.original(step).columns, path.original(step).values))
      let shrink = max(0, 1 - lambda * 2.0.squareRoot() / 1)
      #expect(isClose(beta[0] ?? 0, 0.6 * shrink, 1e-12))
      #expect(isClose(beta[1] ?? 0, -0.8 * shrink, 1e-12))
      #expect(isClose(beta[2] ?? 0, max(0, 0.3 - lambda), 1e-12))
    }
  }

  /// A member that says nothing, or what others say, takes nothing and gives nothing but the factor.
  @Test func constantAndDependentMembersSpanNothing() throws {
    var data = MadeData(n: 60, p: 5, seed: 36)
    for i in data.rows.indices {
      data.rows[i][1] = 4
      data.rows[i][2] = 2 - data.rows[i][0]
    }
    let path = try Self.path(
      data, [.group([.number(0), .number(1), .number(2)]), .number(3), .number(4)])
    #expect(path.design.coordinates[0].count == 1)
    #expect(path.design.isConstant(0, member: 1) && !path.design.isConstant(0, member: 2))
    #expect(path.entries[0] != nil)
    for point in path.points { #expect(point.gap <= 1e-7) }
    let none = try Self.path(data, [.group([.number(1)]), .number(3)])
    #expect(none.exclusions == [.constant, nil])
  }

  /// Two groups that span the same space are twins, whatever their columns.
  @Test func groupsOfOneSpanAreTwins() throws {
    var data = MadeData(n: 60, p: 6, seed: 37)
    for i in data.rows.indices {
      data.rows[i][2] = data.rows[i][0] + data.rows[i][1]
      data.rows[i][3] = data.rows[i][0] - 5 * data.rows[i][1] + 1
    }
    let terms: [Term] = [
      .group([.number(0), .number(1)]), .number(4), .group([.number(2), .number(3)]), .number(5),
    ]
    #expect(try Self.path(data, terms).exclusions == [nil, nil, .twin(of: 0), nil])
  }

  @Test func columnsAreCountedWhereTermsAreCapped() throws {
    let path = try Self.path(MadeData(n: 100, p: 8, seed: 38), Self.groups)
    let columns = { (term: Int) in Self.groups[term].columns.count }
    for most in 1...8 {
      for criterion in [Criterion.columns(most), .information(.aic)] {
        let selection = Selection(path, by: criterion, maxColumns: most, columns: columns)
        #expect(selection.kept.reduce(0) { $0 + columns($1) } <= most)
      }
      // Terms of one column: the same rule that it always was.
      let first = Selection(path, by: .columns(most))
      #expect(first.kept.count == min(most, 5))
    }
    let all = Selection(path, by: .columns(8), columns: columns)
    #expect(all.kept == [0, 1, 2, 3, 4])
  }
}
