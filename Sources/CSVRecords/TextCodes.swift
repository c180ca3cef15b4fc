/// Numbers the distinct texts of a column: a hash table over the bytes themselves, so that a text met
/// before costs no allocation.
struct TextCodes: Sendable {
  private struct Entry: Sendable {
    let hash: Int
    let code: Int
    let start: Int
    let end: Int
  }

  private var entries: [Entry] = []
  /// The texts, one after the other.
  private var bytes: [UInt8] = []
  /// A power of two of them, each an index in `entries` or -1; at most half are taken.
  private var places: [Int] = []

  /// Where a text belongs.
  struct Place {
    fileprivate let hash: Int
    fileprivate let index: Int
  }

  /// The code of a text, and where it stands or is to be put.
  func find(_ text: UnsafeRawBufferPointer) -> (place: Place, code: Int?) {
    var hasher = Hasher()
    unsafe hasher.combine(bytes: text)
    let hash = hasher.finalize()
    guard !places.isEmpty else { return (Place(hash: hash, index: 0), nil) }
    let mask = places.count &- 1
    var index = hash & mask
    while true {
      let number = places[index]
      guard number >= 0 else { return (Place(hash: hash, index: index), nil) }
      if unsafe entries[number].hash == hash && isEqual(entries[number], text) {
        return (Place(hash: hash, index: index), entries[number].code)
      }
      index = (index &+ 1) & mask
    }
  }

  /// Puts a text where ``find(_:)`` did not find it.
  mutating func insert(_ text: UnsafeRawBufferPointer, at place: Place, code: Int) {
    let start = bytes.count
    unsafe bytes.append(contentsOf: text)
    entries.append(Entry(hash: place.hash, code: code, start: start, end: bytes.count))
    if 2 * entries.count > places.count {
      grow()
    } else {
      places[place.index] = entries.count - 1
    }
  }

  private mutating func grow() {
    places = Array(repeating: -1, count: max(16, 2 * places.count))
    let mask = places.count - 1
    for number in entries.indices {
      var index = entries[number].hash & mask
      while places[index] >= 0 { index = (index + 1) & mask }
      places[index] = number
    }
  }

  private func isEqual(_ entry: Entry, _ text: UnsafeRawBufferPointer) -> Bool {
    guard entry.end - entry.start == text.count else { return false }
    for i in 0..<text.count {
      if unsafe bytes[entry.start &+ i] != text[i] { return false }
    }
    return true
  }
}
