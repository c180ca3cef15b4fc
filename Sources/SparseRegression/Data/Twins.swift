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
  /// How far the projections of twins may then be apart, for a vector of length 1: √(2 · tolerance).
  private static let spread = 2e-6

  /// For each term, the term that stands in for it, or nil.
  ///
  /// - Parameters:
  ///   - projections: for each term, the lengths of its projections of vectors of length at most 1.
  ///   - overlap: of two terms of the same rank, the sum of their squared canonical correlations.
  /// - Complexity: O(p log p) projections and, where no two terms are alike, no comparison.
  static func find(
    _ design: Design, _ penalty: ElasticNet, among live: [Int], projections: [[Double]],
    overlap: (Int, Int) -> Double
  ) -> [Int?] {
    var standIn = [Int?](repeating: nil, count: design.terms.count)
    let free = live.filter { penalty.signs[$0] == .free }
    let first = projections.map { $0[0] }
    let sorted = free.sorted { (first[$0], $0) < (first[$1], $1) }
    func areAlike(_ a: Int, _ b: Int) -> Bool {
      design.coordinates[a].count == design.coordinates[b].count
        && zip(projections[a], projections[b]).allSatisfy { abs($0 - $1) <= spread }
    }
    let inOrder = free.sorted { (penalty.factors[$0], $0) < (penalty.factors[$1], $1) }
    var rank = [Int](repeating: 0, count: design.terms.count)
    for (place, term) in inOrder.enumerated() { rank[term] = place }
    for a in inOrder where standIn[a] == nil {
      let ranks = Double(design.coordinates[a].count)
      let least = (1 - tolerance) * (1 - tolerance) * ranks
      let low = first[a] - spread
      var place = sorted.partitioningIndex { first[$0] >= low }
      while place < sorted.count, first[sorted[place]] <= low + 2 * spread {
        let b = sorted[place]
        if rank[b] > rank[a], standIn[b] == nil, areAlike(a, b), overlap(a, b) >= least {
          standIn[b] = a
        }
        place += 1
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
    let projections = design.coordinates.map { group in
      [projected(group, { quadratic.correlation[$0] }, norm)]
        + likely.map { j in projected(group, { quadratic.gram(j, $0) }, length[j]) }
    }
    return find(design, penalty, among: live, projections: projections) { a, b in
      var sum = 0.0
      for j in design.coordinates[a] {
        for k in design.coordinates[b] {
          let r = quadratic.product(j, k) / (length[j] * length[k])
          sum += r * r
        }
      }
      return sum
    }
  }
}

extension Array {
  /// The first index from which on `belongs` holds, for elements where it goes from false to true once.
  fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
