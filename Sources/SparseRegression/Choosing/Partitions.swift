/// Which blocks of rows are fitted and which are tested, once or several times over.
struct Partitions: Sendable, Equatable {
  /// A training set and the rows that it is tested on, as places of blocks, increasing.
  struct Fold: Sendable, Equatable {
    let training: [Int]
    let test: [Int]
  }

  /// The folds of all partitions, one partition after the other.
  let folds: [Fold]
  /// The folds of each of them.
  let foldsEach: Int

  /// No folds: nothing is cross-validated.
  static let empty = Partitions(folds: [], foldsEach: 1)

  /// The number of partitions.
  var count: Int { folds.count / foldsEach }

  /// Whether each training set holds most of the rows, so that what its fit lacks tells something: forward folds
  /// begin with few, and fewer than five leave out much.
  var areLarge: Bool {
    guard foldsEach >= 5, let first = folds.first else { return false }
    let all = first.training.count + first.test.count
    return folds.allSatisfy { $0.training.count + $0.test.count == all }
  }
}

extension CrossValidation.Plan {
  /// The folds that some blocks make.
  ///
  /// - Parameter rows: of each block, all positive.
  func partitions(of rows: [Int]) -> Partitions {
    let blocks = Array(rows.indices)
    switch self {
    case .leaveOneOut: return Partitions(dealing: blocks.map { [$0] })
    case .forward:
      let folds = blocks.dropFirst().map { Partitions.Fold(training: Array(0..<$0), test: [$0]) }
      return Partitions(folds: folds, foldsEach: max(1, folds.count))
    case .repeated(let folds, let times, let seed):
      // There is one way to make so few blocks into folds.
      guard rows.count > folds else { return Partitions(dealing: blocks.map { [$0] }) }
      let made = (0..<times).map { time in
        Partitions(dealing: Self.dealt(rows, into: folds, seed: seed, time: time))
      }
      return Partitions(folds: made.flatMap(\.folds), foldsEach: folds)
    }
  }

  /// Deals blocks into folds at random: of each run of blocks of like size every fold gets one.
  private static func dealt(_ rows: [Int], into folds: Int, seed: UInt64, time: Int) -> [[Int]] {
    var random = SplitMix64(seed: seed, stream: 1 << 63 | UInt64(time))
    let shuffled = rows.indices.shuffled(using: &random)
    let order = shuffled.enumerated().sorted {
      (rows[$1.element], $0.offset) < (rows[$0.element], $1.offset)
    }.map(\.element)
    var dealt = [[Int]](repeating: [], count: folds)
    for start in stride(from: 0, to: order.count, by: folds) {
      let run = order[start..<min(start + folds, order.count)]
      for (fold, block) in zip((0..<folds).shuffled(using: &random), run) {
        dealt[fold].append(block)
      }
    }
    return dealt.map { $0.sorted() }
  }
}

extension Partitions {
  /// One partition: each set of blocks is tested once, on a fit to all others.
  fileprivate init(dealing sets: [[Int]]) {
    let all = sets.joined().sorted()
    folds = sets.map { test in
      let tested = Set(test)
      return Fold(training: all.filter { !tested.contains($0) }, test: test)
    }
    foldsEach = max(1, sets.count)
  }
}
