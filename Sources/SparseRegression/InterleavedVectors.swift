internal import CProducts

/// A few vectors of one length, element by element: all first elements, then all second ones.
struct InterleavedVectors: Sendable {
  let count: Int
  let length: Int
  /// From one element to the next: `count`, rounded up.
  let stride: Int
  let values: [Double]

  init(_ vectors: [[Double]]) {
    count = vectors.count
    length = vectors.first?.count ?? 0
    let lanes = Int(CPRODUCTS_LANES)
    stride = (count + lanes - 1) / lanes * lanes
    var values = [Double](repeating: 0, count: stride * length)
    for (f, vector) in vectors.enumerated() {
      precondition(vector.count == length)
      for (i, value) in vector.enumerated() { values[i * stride + f] = value }
    }
    self.values = values
  }

  /// What several fits have for each of several responses: response by response, each with room for whole quads of
  /// fits, so that lane by lane the same fits stand below one another.
  ///
  /// - Parameter fits: for each fit a vector a response.
  init(fits: [[[Double]]]) {
    let responses = fits.first?.count ?? 0
    guard responses > 1 else {
      self.init(fits.map { $0[0] })
      return
    }
    let idle = [Double](repeating: 0, count: fits[0][0].count)
    let lanes = (fits.count + 3) / 4 * 4
    self.init(
      (0..<responses).flatMap { response in
        (0..<lanes).map { $0 < fits.count ? fits[$0][response] : idle }
      })
  }

  /// The sum of each vector.
  var sums: [Double] {
    var sums = [Double](repeating: 0, count: stride)
    var all = sums.mutableSpan
    let values = values.span
    for i in 0..<length { for f in 0..<all.count { all[f] += values[i &* stride &+ f] } }
    return sums
  }

  /// Σ over some places of vector `f`.
  func sum(_ places: ArraySlice<Int32>, of f: Int) -> Double {
    var sum = 0.0
    for place in places { sum += values[Int(place) * stride + f] }
    return sum
  }
}
