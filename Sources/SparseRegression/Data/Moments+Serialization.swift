/// Moments as bytes, so that they can be made in one process and solved in another.
///
/// Layout, version 1, little-endian: the 8 bytes `CSVLMOM1`; width and rows as 64-bit integers; then
/// doubles: the weight, `width` means, and the upper triangle of the co-moments row by row.
extension Moments {
  /// Why bytes are not moments.
  public enum DecodingError: Error, Equatable {
    /// The first eight bytes are not those of a version this code reads.
    case unknownFormat
    /// The length does not fit the width that the bytes state.
    case wrongLength(expected: Int, found: Int)
    /// A count is negative or a number is not finite.
    case invalidValue
  }

  static let magic: [UInt8] = Array("CSVLMOM1".utf8)

  /// - Complexity: O(p²)
  public func serialized() -> [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(Self.byteCount(width: width))
    func append(_ word: UInt64) {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    append(UInt64(width))
    append(UInt64(rows))
    append(weight.bitPattern)
    for value in mean { append(value.bitPattern) }
    for j in 0..<width { for k in j..<width { append(products[j, k].bitPattern) } }
    return bytes
  }

  /// - Throws: ``DecodingError``
  /// - Complexity: O(p²)
  public init(serialized bytes: [UInt8]) throws(DecodingError) {
    guard bytes.count >= 32, bytes.starts(with: Self.magic) else { throw .unknownFormat }
    var offset = 8
    func next() -> UInt64 {
      defer { offset += 8 }
      return (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
    let (width, rows) = (next(), next())
    guard width <= 1 << 24, rows <= UInt64(Int.max) else { throw .invalidValue }
    self.init(width: 0)
    let expected = Self.byteCount(width: Int(width))
    guard bytes.count == expected else {
      throw .wrongLength(expected: expected, found: bytes.count)
    }
    self.init(width: Int(width))
    self.rows = Int(rows)
    weight = Double(bitPattern: next())
    for j in 0..<self.width { mean[j] = Double(bitPattern: next()) }
    for j in 0..<self.width {
      for k in j..<self.width { products[j, k] = Double(bitPattern: next()) }
    }
    guard weight.isFinite, weight >= 0, mean.allSatisfy(\.isFinite), products.isFinite
    else { throw .invalidValue }
    mirror()
  }

  private static func byteCount(width: Int) -> Int {
    32 + 8 * width + 4 * width * (width + 1)
  }
}
