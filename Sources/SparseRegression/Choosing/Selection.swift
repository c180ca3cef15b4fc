/// The outcome: one λ, the columns that it keeps, and the blend that their coefficients come from.
public struct Selection: Sendable, Equatable {
  /// The index of the chosen λ in the path.
  public let step: Int
  /// The share of the penalized fit in the chosen blend; nil where the rule looks at no blends.
  public let gamma: Double?
  /// Columns with a nonzero coefficient there, increasing. For ``Criterion/columns(_:)``, the columns
  /// that entered first.
  public private(set) var kept: [Int]
  /// For ``Criterion/sparsest``, terms that have a coefficient there and are not kept: fewer training sets' fits
  /// have them than ``CrossValidation/leastVotes`` says. For each, how many have it.
  public private(set) var unsteady: [Int: Int] = [:]
  /// Whether the rule's own choice held more columns than allowed, and a larger λ was taken.
  public let isCapped: Bool
  /// Whether no λ keeps as few columns as allowed.
  private(set) var isCrowded = false

  /// Applies a rule to a path.
  ///
  /// - Parameters:
  ///   - crossValidation: on the same λ; required by the rules that look at it.
  ///   - maxColumns: at most so many columns may be kept; a larger λ is taken if needed.
  ///   - columns: how many columns a term counts.
  /// - Complexity: O(steps · support)
  public init(
    _ path: RegularizationPath, by criterion: Criterion, crossValidation: CrossValidation? = nil,
    maxColumns: Int? = nil, columns: (_ term: Int) -> Int = { _ in 1 }
  ) {
    precondition(!path.points.isEmpty)
    if case .columns(let count) = criterion {
      self = Self.firstToEnter(path, count: min(count, maxColumns ?? count), columns)
      return
    }
    let place = criterion.choosesBlend ? Self.place(path, criterion, crossValidation!) : nil
    let wished = place?.step ?? Self.step(path, criterion, crossValidation)
    var (step, isCrowded) = (wished, false)
    if let maxColumns {
      func count(_ step: Int) -> Int {
        path.points[step].support.reduce(0) { $0 + columns($1) }
      }
      while step > 0 && count(step) > maxColumns { step -= 1 }
      isCrowded = count(step) > maxColumns
    }
    self.init(
      step: step, gamma: place.map { crossValidation!.gammas[$0.blend] },
      kept: path.points[step].support, isCapped: step != wished)
    self.isCrowded = isCrowded
    if criterion == .sparsest { dropUnsteady(path, crossValidation!) }
  }

  private mutating func dropUnsteady(
    _ path: RegularizationPath, _ crossValidation: CrossValidation
  ) {
    guard let votes = crossValidation.votes?[step] else { return }
    let least = CrossValidation.leastVotes * Double(crossValidation.fits)
    for (term, votes) in zip(kept, votes)
    where path.penalty.factors[term] > 0 && Double(votes) < least {
      unsteady[term] = votes
    }
    kept.removeAll { unsteady[$0] != nil }
  }

  /// Keeps columns that were chosen by other means than the path; its step is the first by which all of
  /// them have entered, or the last.
  ///
  /// - Parameter kept: increasing.
  public init(_ path: RegularizationPath, keeping kept: [Int]) {
    let entries = path.entries
    let step = kept.lazy.map { entries[$0] ?? path.points.count - 1 }.max() ?? 0
    self.init(step: step, kept: kept, isCapped: false)
  }

  private init(step: Int, gamma: Double? = nil, kept: [Int], isCapped: Bool) {
    (self.step, self.gamma) = (step, gamma)
    (self.kept, self.isCapped) = (kept, isCapped)
  }

  private static func place(
    _ path: RegularizationPath, _ criterion: Criterion, _ crossValidation: CrossValidation
  ) -> CrossValidation.Place {
    switch criterion {
    case .relaxedMinimum: crossValidation.relaxedMinimum
    case .relaxedOneStandardError: crossValidation.relaxedOneStandardError
    case .sparsest:
      crossValidation.sparsest(
        path.points.map(\.df),
        isNull: path.points.map { point in
          point.support.allSatisfy { path.penalty.factors[$0] == 0 }
        })
    default: preconditionFailure("looks at no blends")
    }
  }

  private static func step(
    _ path: RegularizationPath, _ criterion: Criterion, _ crossValidation: CrossValidation?
  ) -> Int {
    switch criterion {
    case .minimum: return crossValidation!.minimum
    case .oneStandardError: return crossValidation!.oneStandardError
    case .relaxedMinimum, .relaxedOneStandardError, .sparsest:
      preconditionFailure("chooses a blend, too")
    case .information(let information):
      // What could have entered, counted as the nonzero coefficients are: a group by its coordinates.
      let candidates = path.exclusions.indices.reduce(0) {
        path.exclusions[$1] == nil ? $0 + path.rank($1) : $0
      }
      let parameters = path.family.parameters
      let values = path.points.indices.map { step in
        information.value(
          minusTwoLogLikelihood: path.minusTwoLogLikelihood(step), rows: path.rows,
          columns: candidates * parameters, nonzero: path.points[step].df * parameters)
      }
      return values.indices.min { values[$0] < values[$1] }!
    case .lambda(let lambda):
      return path.points.indices.min {
        abs(path.points[$0].lambda - lambda) < abs(path.points[$1].lambda - lambda)
      }!
    case .columns, .falseDiscoveryRate, .stability:
      preconditionFailure("has no single λ of its own")
    }
  }

  /// The first `count` columns by order of entry; within a step, the larger coefficient first. A term of
  /// several columns goes in whole: where there is no room for it the choice ends, with fewer.
  ///
  /// The step is the first at which all of them have entered, or the last of the path.
  private static func firstToEnter(
    _ path: RegularizationPath, count: Int, _ columns: (_ term: Int) -> Int
  ) -> Selection {
    var (order, seen) = ([Int](), Set<Int>())
    var (left, last) = (count, 0)
    func selection(_ step: Int) -> Selection {
      Selection(step: step, kept: order.sorted(), isCapped: false)
    }
    for (step, point) in path.points.enumerated() {
      let new = zip(point.support, point.norms).filter { !seen.contains($0.0) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
      for term in new {
        guard columns(term) <= left else { return selection(last) }
        left -= columns(term)
        (order, last) = (order + [term], step)
        if left == 0 { return selection(step) }
      }
      seen.formUnion(new)
    }
    return selection(path.points.count - 1)
  }
}
