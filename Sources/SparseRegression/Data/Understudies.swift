/// A term that is out and could stand in for one that is in.
public struct Understudy: Sendable, Equatable {
  public let term: Int
  /// The multiple correlation of the one that is in with this one, in `[0, 1]`: between two numbers the size of
  /// their correlation.
  public let correlation: Double
}

/// Which terms that are out could stand in for those that are in.
///
/// Where columns say nearly the same, a rule keeps one of them, and which may be chance. An understudy of a
/// term A is a term B that explains most of it: with coordinates Q orthonormal over the fitted rows,
///
///     R = √(‖Q_A'Q_B‖² / rank A),
///
/// the multiple correlation of A with B, averaged over what A spans, is at least ``least``. Correlations are
/// taken about means, over the weights, whether the fit has an intercept or not.
public struct Understudies: Sendable {
  /// The smallest correlation of an understudy: a share of 0.81 of the variance.
  public static let least = 0.9
  /// At most so many understudies of one term are told, the most alike first.
  public static let most = 3
  /// At most so many terms are looked at, so that a dense model costs no more than a path does.
  public static let mostLeads = 256

  /// Below so many sums of products they are there before a thread wakes up.
  private static let aloneBelow = 1 << 15

  private let found: [Int: [Understudy]]

  /// Those of a term, the most alike first; empty if there are none or it was not looked at.
  public subscript(_ term: Int) -> [Understudy] { found[term] ?? [] }

  /// From moments.
  ///
  /// - Parameters:
  ///   - leads: terms that are in; the first ``mostLeads`` are looked at.
  ///   - isOut: for each term, whether it is out and may be an understudy.
  /// - Complexity: O(blocks · p) for each coordinate of the leads
  public init(
    _ blocks: [Moments], terms: [Term], of leads: [Int], isOut: [Bool], threads: Int
  ) {
    let moments = TrainingMoments(blocks)
    let design = Design(moments, terms)
    let loss = design.quadratic(moments)
    let leads = Array(leads.prefix(isOut.contains(true) ? Self.mostLeads : 0))
    let products = leads.count * design.count * blocks.count
    let found = concurrentMap(
      leads.count, threads: products < Self.aloneBelow ? 1 : threads
    ) { index in
      var (loss, squares) = (loss, [Double](repeating: 0, count: terms.count))
      let lead = design.coordinates[leads[index]]
      for j in lead {
        loss.prepare(j)
        for term in terms.indices where isOut[term] {
          for k in design.coordinates[term] {
            let product = loss.gram(j, k)
            squares[term] += product * product
          }
        }
      }
      return Self.best(
        terms.indices.lazy.map { Understudy($0, squares[$0], rank: lead.count) })
    }
    self.found = Dictionary(uniqueKeysWithValues: zip(leads, found))
  }

  /// From columns, whatever the family of the target.
  ///
  /// - Complexity: O(n) for each coordinate of the leads and each column, and for each column by itself
  public init(
    _ matrix: ColumnMatrix, terms: [Term], of leads: [Int], isOut: [Bool], threads: Int
  ) {
    let leads = Array(leads.prefix(isOut.contains(true) ? Self.mostLeads : 0))
    guard !leads.isEmpty else {
      found = [:]
      return
    }
    let count = terms.count
    let penalty = ElasticNet(
      factors: Array(repeating: 1, count: count), bounds: Array(repeating: .free, count: count))
    let problem = ColumnsProblem(matrix, terms, penalty, PathOptions())
    var rows = RowStatistics(
      matrix, blocks: matrix.used)
    let screens = Screens(problem, [rows], everyRow: &rows, threads: threads).stretches
    let vectors = leads.map { Likeness.vectors($0, problem, rows) }
    var found: [Int: [Understudy]] = [:]
    var first = 0
    while first < leads.count {
      // Whole leads, as many as one reading of a column serves well.
      var last = first + 1
      var size = vectors[first].count
      while last < leads.count, size + vectors[last].count <= Self.atOnce {
        size += vectors[last].count
        last += 1
      }
      let batch = vectors[first..<last]
      let lengths = Likeness.lengths(
        Array(batch.joined()), problem, rows, screens, threads: threads)
      var start = 0
      for (lead, vectors) in zip(leads[first..<last], batch) {
        found[lead] = Self.best(
          terms.indices.lazy.filter { isOut[$0] }.map { term in
            let square = vectors.indices.reduce(0.0) {
              let length = lengths[term, start + $1]
              return $0 + length * length
            }
            return Understudy(term, square, rank: vectors.count)
          })
        start += vectors.count
      }
      first = last
    }
    self.found = found
  }

  /// Vectors that go past the columns at once.
  private static let atOnce = 16

  private static func best(_ some: some Sequence<Understudy>) -> [Understudy] {
    some.filter { $0.correlation >= least }
      .sorted { (-$0.correlation, $0.term) < (-$1.correlation, $1.term) }
      .prefix(most).map { $0 }
  }
}

extension Understudy {
  /// - Parameter square: ‖Q_A'Q_B‖²
  fileprivate init(_ term: Int, _ square: Double, rank: Int) {
    (self.term, correlation) = (term, min(1, (square / Double(max(1, rank))).squareRoot()))
  }
}
