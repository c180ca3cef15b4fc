/// Terms that say the same: pairs that span the same space, to rounding. For two numbers that is a
/// correlation of ±1; for two groups, canonical correlations that are all 1.
///
/// Of such terms the lasso may use any one. The rule here: the one with the smaller penalty factor is
/// kept, and between equals the first in the file. A column with a sign constraint has no twin.
enum Twins {
  /// How far from 1 a correlation may be by rounding alone.
  static let tolerance = 1e-12

  /// For each term, the term that stands in for it, or nil.
  ///
  /// - Complexity: O(p²)
  static func find(_ loss: Quadratic, _ design: Design, _ penalty: ElasticNet, among live: [Int])
    -> [Int?]
  {
    var standIn = [Int?](repeating: nil, count: design.terms.count)
    let inOrder = live.filter { penalty.signs[$0] == .free }.sorted {
      (penalty.factors[$0], $0) < (penalty.factors[$1], $1)
    }
    let diagonal = (0..<loss.count).map { loss.gram($0, $0) }
    for (position, a) in inOrder.enumerated() where standIn[a] == nil {
      let (first, rank) = (design.coordinates[a].lowerBound, design.coordinates[a].count)
      let least = (1 - tolerance) * (1 - tolerance) * Double(rank)
      for b in inOrder[(position + 1)...] where standIn[b] == nil {
        let other = design.coordinates[b]
        guard other.count == rank else { continue }
        var sum = 0.0  // ‖G_ab‖², which is the rank if all canonical correlations are 1
        for j in first..<first + rank {
          for k in other {
            let r = loss.gram(j, k)
            sum += r * r / (diagonal[j] * diagonal[k])
          }
        }
        if sum >= least { standIn[b] = a }
      }
    }
    return standIn
  }
}
