/// Terms that say the same: pairs that span the same space, to rounding. For two numbers that is a
/// correlation of ±1; for two groups, canonical correlations that are all 1.
///
/// Of such terms the lasso may use any one. The rule here: the one with the smaller penalty factor is
/// kept, and between equals the first in the file. A column with a sign constraint has no twin.
///
/// Twins project any vector to the same length. So the lengths of a few projections, which cost little,
/// are sorted, and only terms that agree in all of them are compared with one another.
enum Twins {
  /// How far from 1 a correlation may be by rounding alone.
  static let tolerance = 1e-12
  /// Terms that a task goes through.
  private static let stretch = 4096
  /// How far the projections of twins may then be apart, for a vector of length 1: √(2 · tolerance).
  private static let spread = 2e-6

  /// For each term, the term that stands in for it, or nil.
  ///
  /// - Parameters:
  ///   - projections: of vectors of length at most 1.
  ///   - overlap: of two terms of the same rank, the sum of their squared canonical correlations.
  /// - Complexity: O(p log p) projections and, where no two terms are alike, no comparison.
  static func find(
    _ design: Design, _ penalty: ElasticNet, among live: [Int], projections: Projections,
    threads: Int = 1, overlap: (Int, Int) -> Double
  ) -> [Int?] {
    var standIn = [Int?](repeating: nil, count: design.terms.count)
    let free = live.filter { penalty.bounds[$0] == .free }
    let sorted = free.map { (length: projections[$0, 0], term: $0) }
      .sorted { ($0.length, $0.term) < ($1.length, $1.term) }
    let coordinates = design.coordinates
    @Sendable func areAlike(_ a: Int, _ b: Int) -> Bool {
      coordinates[a].count == coordinates[b].count
        && (0..<projections.count).allSatisfy {
          abs(projections[a, $0] - projections[b, $0]) <= spread
        }
    }
    /// The places near one, going away from it, as far as terms there may be alike.
    @Sendable func near(_ place: Int, by step: Int) -> StrideTo<Int> {
      var end = place + step
      while sorted.indices.contains(end), abs(sorted[end].length - sorted[place].length) <= spread {
        end += step
      }
      return stride(from: place + step, to: end, by: step)
    }
    // Few terms have another that is alike, and only these are looked at closely.
    let starts = Array(stride(from: 0, to: sorted.count, by: stretch))
    let doubtful = concurrentMap(starts.count, threads: threads) { index in
      (starts[index]..<min(starts[index] + stretch, sorted.count)).filter { place in
        let isAlike = { (other: Int) in areAlike(sorted[place].term, sorted[other].term) }
        return near(place, by: 1).contains(where: isAlike)
          || near(place, by: -1).contains(where: isAlike)
      }.map { place in (place: place, term: sorted[place].term) }
    }.flatMap { $0 }
    func precedes(_ a: Int, _ b: Int) -> Bool {
      (penalty.factors[a], a) < (penalty.factors[b], b)
    }
    for (place, a) in doubtful.sorted(by: { precedes($0.term, $1.term) })
    where standIn[a] == nil {
      let ranks = Double(coordinates[a].count)
      let least = (1 - tolerance) * (1 - tolerance) * ranks
      for other in [near(place, by: 1), near(place, by: -1)].joined() {
        let b = sorted[other].term
        if precedes(a, b), standIn[b] == nil, areAlike(a, b), overlap(a, b) >= least {
          standIn[b] = a
        }
      }
    }
    return standIn
  }

  /// The terms of a quadratic; the vectors are the target and a few columns.
  static func find(
    _ loss: inout Quadratic, _ design: Design, _ penalty: ElasticNet, among live: [Int]
  ) -> [Int?] {
    let norm = loss.targetNorm.squareRoot()
    let length = loss.diagonal.map { $0 > 0 ? $0.squareRoot() : 1 }
    let likely = (0..<loss.count).sorted {
      (-abs(loss.correlation[$0]) / length[$0], $0) < (-abs(loss.correlation[$1]) / length[$1], $1)
    }.prefix(4)
    for j in likely { loss.prepare(j) }
    let quadratic = loss
    func projected(_ group: Range<Int>, _ product: (Int) -> Double, _ norm: Double) -> Double {
      group.reduce(0) {
        let share = product($1) / (length[$1] * norm)
        return $0 + share * share
      }.squareRoot()
    }
    let projections = Projections(
      count: 1 + likely.count,
      lengths: design.coordinates.flatMap { group in
        [projected(group, { quadratic.correlation[$0] }, norm)]
          + likely.map { j in projected(group, { quadratic.gram(j, $0) }, length[j]) }
      })
    return find(design, penalty, among: live, projections: projections) { a, b in
      var sum = 0.0
      for j in design.coordinates[a] {
        for k in design.coordinates[b] {
          let r = quadratic.gram(j, k) / (length[j] * length[k])
          sum += r * r
        }
      }
      return sum
    }
  }
}

/// For each term, the lengths of its projections of a few vectors.
struct Projections: Sendable {
  /// Vectors.
  let count: Int
  /// Term by term.
  let lengths: [Double]

  subscript(_ term: Int, _ vector: Int) -> Double { lengths[term * count + vector] }
}
