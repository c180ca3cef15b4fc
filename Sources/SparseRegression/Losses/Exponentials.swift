internal import CLosses

extension [Double] {
  /// e to the power of each, several at a time; exponents are clamped to [−708, 709].
  func exponentials() -> [Double] {
    let lanes = LossBlock.lanes
    var powers = self
    powers.reserveCapacity((count + lanes - 1) / lanes * lanes)
    while powers.count % lanes > 0 { powers.append(0) }
    unsafe powers.withUnsafeMutableBufferPointer {
      if !$0.isEmpty { unsafe closses_exp($0.baseAddress!, $0.count) }
    }
    powers.removeLast(powers.count - count)
    return powers
  }
}
