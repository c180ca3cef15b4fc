/// Which fold a row belongs to, decided while the rows stream past.
public enum FoldAssignment {
  /// Balanced folds: each run of `count` consecutive rows is a random permutation of the folds, drawn
  /// from the seed and the number of the run. Neither a sorted nor a periodic file can fool it, and the
  /// fold of a row depends on nothing but the seed and its number.
  public struct Permuted: Sendable {
    public let count: Int
    public let seed: UInt64
    /// Of rows that are dealt apart from others, as those of a class are; from 0.
    private let stratum: Int
    private var run = -1
    private var order: [Int] = []

    /// - Parameters:
    ///   - count: at least 1.
    ///   - stratum: which of several sets of rows, each dealt by a stream of its own.
    public init(count: Int, seed: UInt64, stratum: Int = 0) {
      precondition(count >= 1)
      self.count = count
      self.seed = seed
      self.stratum = stratum
    }

    /// The fold of row `row`, in `0 ..< count`; rows count from 0.
    ///
    /// - Complexity: O(1) amortized over rows in order.
    public mutating func fold(ofRow row: Int) -> Int {
      if row / count != run {
        run = row / count
        // No table has 2⁴⁰ runs, so streams are never shared.
        var random = SplitMix64(seed: seed, stream: UInt64(stratum) << 40 | UInt64(run))
        if order.isEmpty { order = Array(0..<count) }
        for i in order.indices { order[i] = i }
        order.shuffle(using: &random)
      }
      return order[row % count]
    }
  }

  /// The fold of all rows that share a value, by a hash of the seed and the value.
  public static func fold(ofValue value: some Sequence<UInt8>, count: Int, seed: UInt64) -> Int {
    // FNV-1a, then a finalizer that spreads it over all bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var random = SplitMix64(seed: seed, stream: hash)
    return Int(random.next(upperBound: UInt64(count)))
  }
}

/// A small generator with streams that can be reached directly (Steele, Lea & Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, stream: UInt64) {
    state = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15) &+ Self.mix(stream ^ 0xd1b5_4a32_d192_ed03)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
