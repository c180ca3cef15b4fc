internal import SparseRegression

/// Deals the rows of each class by themselves, so that each block has its share of every class.
///
/// The block of a row depends on nothing but the seed, its class and its number within the class.
struct StratifiedDealer {
  private var classes: [FoldAssignment.Permuted]
  /// For each class, its rows so far.
  private var dealt: [Int]

  init(classes count: Int, blocks: Int, seed: UInt64) {
    classes = (0..<count).map { .init(count: blocks, seed: seed, stratum: $0) }
    dealt = Array(repeating: 0, count: count)
  }

  /// The block of the next row of a class.
  mutating func next(ofClass index: Int) -> Int {
    defer { dealt[index] += 1 }
    return classes[index].fold(ofRow: dealt[index])
  }
}

/// Deals rows into blocks as they come.
struct FoldDealer {
  private enum Rule {
    /// At random, by ``permuted``.
    case permuted
    /// By a text, given its block when it first appears.
    case labelled([[UInt8]?: Int])
    /// By a hash of a text.
    case hashed(count: Int, seed: UInt64)
    /// By the row's number: the first block has `first` rows, the others `each`.
    case consecutive(first: Int, each: Int)
  }

  /// Blocks where no cross-validation asks for folds: only so that threads have something to share.
  private static let blocksWithoutFolds = 8
  /// More folds than this are a mistake.
  static let mostLabels = 1000

  private var rule: Rule
  /// Beside the rule, where it can be changed in place for each row.
  private var permuted: FoldAssignment.Permuted
  /// For each code of the piece at hand, its block.
  private var blockOfCode: [Int] = []
  private var dealt = 0
  /// The number of blocks, as far as it is known.
  private(set) var count: Int?

  /// - Parameter rowCount: the rows that will be fitted, where folds go forward in time.
  init(_ options: Options, rowCount: Int?) {
    let blocks = options.blocks ?? Self.blocksWithoutFolds
    permuted = .init(count: blocks, seed: options.seed)
    guard options.crossValidates else {
      rule = .permuted
      count = blocks
      return
    }
    switch options.folds {
    case .permuted(let folds):
      let blocks = options.blocks ?? folds
      rule = .permuted
      permuted = .init(count: blocks, seed: options.seed)
      count = blocks
    case .column: rule = .labelled([:])
    case .by(_, let folds):
      let blocks = options.blocks ?? folds
      rule = .hashed(count: blocks, seed: options.seed)
      count = blocks
    case .forward(let steps):
      // As scikit-learn's TimeSeriesSplit: equal tests at the end, the rest before them.
      let each = max(1, (rowCount ?? 0) / (steps + 1))
      rule = .consecutive(first: max(0, (rowCount ?? 0) - steps * each), each: each)
      count = steps + 1
    }
  }

  /// Looks the texts of a piece up, once for all its rows.
  mutating func learn(_ texts: [[UInt8]?]) {
    switch rule {
    case .labelled(var known):
      blockOfCode = texts.map { text in
        if let block = known[text] { return block }
        known[text] = known.count
        return known.count - 1
      }
      count = known.count
      rule = .labelled(known)
    case .hashed(let count, let seed):
      blockOfCode = texts.map {
        FoldAssignment.fold(ofValue: $0 ?? [], count: count, seed: seed)
      }
    case .permuted, .consecutive: break
    }
  }

  /// The block of the next row to be fitted.
  ///
  /// - Parameter code: of the row's text, in the texts last learnt.
  mutating func next(code: Int) -> Int {
    defer { dealt += 1 }
    switch rule {
    case .permuted: return permuted.fold(ofRow: dealt)
    case .labelled, .hashed: return blockOfCode[code]
    case .consecutive(let first, let each):
      return dealt < first ? 0 : 1 + (dealt - first) / each
    }
  }
}
