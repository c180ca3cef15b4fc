/// Newton's direction where coordinates are of several responses.
///
/// The whole Hessian costs the cube of responses × support. What responses have to do with each other, as classes do,
/// is less than what each has to do with itself: so the Hessian without it, whose inverse costs a cube of the support
/// a response, is what conjugate gradients are preconditioned with (Hestenes & Stiefel, 1952).
extension GroupActiveSet {
  /// Where the coordinates of some groups stand, response by response.
  struct Responses: Sendable {
    /// For each response, the places of its coordinates in the support, in the order of the groups.
    let places: [[Int]]

    /// - Returns: nil where there is one response, or where not all responses have the same coordinates.
    init?(_ support: [Range<Int>], of responses: Int) {
      guard responses > 1 else { return nil }
      var places = [[Int]](repeating: [], count: responses)
      var (start, intercepts) = (0, 0)
      for group in support {
        if group.count == 1 {
          guard intercepts < responses, places[intercepts].isEmpty else { return nil }
          places[intercepts].append(start)
          intercepts += 1
        } else {
          guard intercepts == 0 || intercepts == responses else { return nil }
          let rank = group.count / responses
          for k in places.indices { places[k] += start + k * rank..<start + (k + 1) * rank }
        }
        start += group.count
      }
      guard intercepts == 0 || intercepts == responses else { return nil }
      self.places = places
    }

    func split(_ x: [Double]) -> [[Double]] { places.map { $0.map { x[$0] } } }

    func joined(_ parts: [[Double]]) -> [Double] {
      var all = [Double](repeating: 0, count: places.reduce(0) { $0 + $1.count })
      for (places, part) in zip(places, parts) {
        for (place, value) in zip(places, part) { all[place] = value }
      }
      return all
    }
  }

  /// The Hessian without what responses have to do with each other.
  func nearly(
    _ gram: [Double], _ responses: Responses, _ support: [Range<Int>], _ lambda: Double
  ) -> ResponseHessian? {
    let n = responses.places.reduce(0) { $0 + $1.count }
    let grams = responses.places.map { places in
      places.flatMap { row in places.map { row >= $0 ? gram[row * n + $0] : 0 } }
    }
    var bends: [ResponseHessian.Bend] = []
    var diagonal = [Double](repeating: 0, count: grams[0].isEmpty ? 0 : responses.places[0].count)
    var start = 0
    for (index, group) in support.enumerated() {
      guard group.count > 1 else {
        if index == 0 { start += 1 }
        continue
      }
      let bend = bend(of: group, lambda)
      let rank = group.count / responses.places.count
      for row in start..<start + rank { diagonal[row] = bend.diagonal }
      if bend.root > 0 {
        bends.append(
          ResponseHessian.Bend(
            rows: start..<start + rank,
            values: responses.places.indices.map { k in
              (0..<rank).map { bend.root * b[group.lowerBound + k * rank + $0] }
            }))
      }
      start += rank
    }
    return ResponseHessian(
      grams: grams, diagonal: diagonal, bends: bends, responses: responses.places.count)
  }

  /// What the penalty adds to the Hessian on a group: `diagonal` I − `root`² b b'.
  private func bend(of group: Range<Int>, _ lambda: Double) -> (diagonal: Double, root: Double) {
    let norm = length(group)
    let (t, r) = price(group, lambda)
    return (t / norm + r, (t / norm).squareRoot() / norm)
  }

  /// Solves with the Hessian, by conjugate gradients where only what it nearly is has an inverse.
  ///
  /// - Parameter gram: the lower triangle.
  /// - Returns: the direction, and how many products with the Hessian it took.
  func conjugateDirection(
    _ nearly: ResponseHessian, _ responses: Responses, gram: [Double], _ residual: [Double],
    _ support: [Range<Int>], _ lambda: Double
  ) -> (direction: [Double], products: Int) {
    func conditioned(_ x: [Double]) -> [Double] {
      responses.joined(nearly.solve(responses.split(x)))
    }
    let bends = support.map { $0.count > 1 ? bend(of: $0, lambda) : (diagonal: 0, root: 0) }
    func product(_ x: [Double]) -> [Double] {
      var y = LinearAlgebra.product(lower: gram, x)
      var start = 0
      for (group, bend) in zip(support, bends) {
        var along = 0.0
        for (offset, j) in group.enumerated() { along += b[j] * x[start + offset] }
        along *= bend.root * bend.root
        for (offset, j) in group.enumerated() {
          y[start + offset] += bend.diagonal * x[start + offset] - along * b[j]
        }
        start += group.count
      }
      return y
    }
    var (x, rest) = ([Double](repeating: 0, count: residual.count), residual)
    var z = conditioned(rest)
    var direction = z
    var left = LinearAlgebra.dot(rest, z)
    let enough = Self.share * left
    var products = 0
    while products < Self.mostProducts && left > enough {
      products += 1
      let curved = product(direction)
      let bend = LinearAlgebra.dot(direction, curved)
      guard bend > 0 else { break }
      LinearAlgebra.add(direction, times: left / bend, to: &x)
      LinearAlgebra.add(curved, times: -left / bend, to: &rest)
      z = conditioned(rest)
      let next = LinearAlgebra.dot(rest, z)
      let ratio = next / left
      for place in direction.indices { direction[place] = z[place] + ratio * direction[place] }
      left = next
    }
    return (left.isFinite ? x : residual, products)
  }

  /// How much of the square of the residual may be left, and how many products that may cost.
  private static var share: Double { 1e-5 }
  private static var mostProducts: Int { 200 }
}
