/// How many different texts a column has, up to a number: their hashes in order, 8 bytes each.
///
/// New ones wait until there are some thousands, and are then merged in.
struct DistinctHashes: Sendable {
  private let most: Int
  /// Increasing.
  private var merged: [Int] = []
  private var waiting: [Int] = []

  private static let mostWaiting = 4096

  /// - Parameter most: beyond so many nothing is counted.
  init(most: Int) { self.most = most }

  /// Whether there are as many as are counted.
  var isFull: Bool { merged.count >= most }

  mutating func insert(_ hash: Int) {
    guard !isFull else { return }
    waiting.append(hash)
    if waiting.count >= Self.mostWaiting { settle() }
  }

  /// How many there are.
  ///
  /// - Complexity: O(count)
  var count: Int {
    var all = self
    all.settle()
    return all.merged.count
  }

  private mutating func settle() {
    guard !waiting.isEmpty else { return }
    waiting.sort()
    var all: [Int] = []
    all.reserveCapacity(merged.count + waiting.count)
    var (one, other) = (0, 0)
    while one < merged.count || other < waiting.count {
      let takesNew =
        one == merged.count || (other < waiting.count && waiting[other] < merged[one])
      let next = takesNew ? waiting[other] : merged[one]
      if takesNew { other += 1 } else { one += 1 }
      if next != all.last { all.append(next) }
    }
    merged = Array(all.prefix(most))
    waiting.removeAll(keepingCapacity: !isFull)
  }
}
