/// Columns that say the same: pairs whose correlation is ±1 to rounding.
///
/// Of such columns the lasso may use any one. The rule here: the one with the smaller penalty factor
/// is kept, and between equals the first in the file. A column with a sign constraint has no twin.
enum Twins {
  /// How far from 1 a correlation may be by rounding alone; `1 − |r|` below it means a twin.
  static let tolerance = 1e-12

  /// For each column, the column that stands in for it, or nil.
  ///
  /// - Complexity: O(p²)
  static func find(_ loss: Quadratic, _ penalty: ElasticNet, among live: [Int]) -> [Int?] {
    var standIn = [Int?](repeating: nil, count: loss.count)
    let free = live.filter { penalty.signs[$0] == .free && penalty.factors[$0].isFinite }
    let inOrder = free.sorted {
      (penalty.factors[$0], $0) < (penalty.factors[$1], $1)
    }
    let root = (0..<loss.count).map { loss.gram($0, $0).squareRoot() }
    for (position, j) in inOrder.enumerated() where standIn[j] == nil {
      let row = j * loss.count
      for k in inOrder[(position + 1)...] where standIn[k] == nil {
        let r = loss.gram[row + k]
        if abs(r) >= (1 - tolerance) * root[j] * root[k] { standIn[k] = j }
      }
    }
    return standIn
  }
}
