extension Screen {
  /// What all terms are held against, worked out once for all stretches.
  ///
  /// Pull ≤ share · reference + reach · rest, so a term asks only where its reference exceeds
  /// factor · slope − reach · offset, with slope = price / share and offset = rest / share. The margins are
  /// above the rounding of single precision; a share may be taken for a larger one.
  struct Bounds: Sendable {
    let quads: Int
    /// For each epoch, a row like those of the reference.
    var slope: [SIMD4<Float>]
    var offset: [SIMD4<Float>]
    /// For each epoch, the least slope and the largest offset: what clears a term by these clears it in
    /// every fit.
    var floor: [(slope: Float, offset: Float)]

    init(_ fits: [Fit]) {
      quads = (fits.count + 3) / 4
      let epochs = fits[0].since.count
      slope = Array(repeating: .zero, count: epochs * quads)
      offset = slope
      floor = Array(repeating: (slope: .infinity, offset: 0), count: epochs)
      for (fit, now) in fits.enumerated() {
        for (epoch, since) in now.since.enumerated() {
          let share = max(since.share, 1e-6)
          let place = epoch * quads + fit / 4
          slope[place][fit % 4] = Float(now.price / share * (1 - 1e-6))
          offset[place][fit % 4] = Float(since.rest / share * (1 + 1e-6))
          floor[epoch].slope = min(floor[epoch].slope, slope[place][fit % 4])
          floor[epoch].offset = max(floor[epoch].offset, offset[place][fit % 4])
        }
      }
    }
  }
}
