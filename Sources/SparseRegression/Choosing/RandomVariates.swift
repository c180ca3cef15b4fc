internal import RealModule

/// Numbers drawn from the laws that least squares knows.
extension RandomNumberGenerator {
  /// A standard normal number (Box & Muller, 1958).
  mutating func normal() -> Double {
    let radius = (-2 * .log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
    return radius * .cos(2 * .pi * Double.random(in: 0..<1, using: &self))
  }

  /// χ² with so many degrees of freedom: twice a gamma number (Marsaglia & Tsang, 2000).
  ///
  /// - Parameter freedom: 0 or more; 0 for none.
  mutating func chiSquare(_ freedom: Int) -> Double {
    guard freedom > 1 else {
      let one = freedom == 1 ? normal() : 0
      return one * one
    }
    let d = Double(freedom) / 2 - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      let u = 1 - Double.random(in: 0..<1, using: &self)
      if .log(u) < x * x / 2 + d * (1 - v + .log(v)) { return 2 * d * v }
    }
  }

  /// The first `count` coordinates of a vector of length 1 whose direction, among `dimension`, is as
  /// likely as any other.
  mutating func direction(_ count: Int, of dimension: Int) -> [Double] {
    precondition(count <= dimension, "no more coordinates than dimensions")
    let normals = (0..<count).map { _ in normal() }
    let square = normals.reduce(chiSquare(dimension - count)) { $0 + $1 * $1 }
    return normals.map { $0 / square.squareRoot() }
  }
}
