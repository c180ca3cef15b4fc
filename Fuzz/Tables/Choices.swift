/// Bytes of an input, taken one by one as choices; 0, the plainest choice, when there are none left.
struct Choices {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  var isEmpty: Bool { next >= bytes.count }

  mutating func byte() -> Int {
    defer { next += 1 }
    return next < bytes.count ? Int(bytes[next]) : 0
  }

  mutating func below(_ count: Int) -> Int { byte() % count }

  mutating func among<Item>(_ items: [Item]) -> Item { items[below(items.count)] }

  /// Something for a quarter of the bytes, else nil: of many options few are given.
  mutating func sometimes<Item>(_ items: [Item]) -> Item? {
    let byte = byte()
    return byte < 192 ? nil : items[(byte - 192) % items.count]
  }
}

/// SplitMix64 (Steele, Lea & Flood, 2014).
struct Random {
  private var state: UInt64

  init(_ seed: Int) { state = UInt64(seed) &* 0xD134_2543_DE82_EF95 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In [0, 1).
  mutating func share() -> Double { Double(next() >> 11) / 0x1p53 }

  /// About normal: a sum of twelve.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + share() } }
}
