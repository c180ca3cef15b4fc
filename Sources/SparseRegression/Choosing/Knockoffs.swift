/// For each candidate another column, its *knockoff*, that has the same correlations with all others and
/// nothing to do with the target once the columns are known.
protocol Knockoffs: Sendable {
  var candidates: Candidates { get }

  /// Draws knockoffs: least squares on the candidates and, after them, their knockoffs.
  func draw(using random: inout SplitMix64) -> Quadratic
}

/// Knockoffs of columns that are taken as they are, from moments alone.
///
/// With X the candidates, G = X'X (all products are over W) and a diagonal S, the knockoffs are
///
///   X̃ = X (I − G⁻¹S) + U C,    C'C = 2S − S G⁻¹ S,
///
/// U orthonormal columns that are orthogonal to X, to the intercept and to the unpenalized columns
/// (Barber & Candès, 2015). Then X̃'X̃ = G and X'X̃ = G − S. Whoever knows only [X X̃]'[X X̃] and [X X̃]'y
/// can make a lasso of both; and if y is Xβ with independent normal errors, exchanging a column whose
/// coefficient is zero with its knockoff changes nothing in the law of these.
///
/// None of it needs rows. With U drawn among all such frames, U'y = U'r, r the residual of least squares,
/// is √(r'r) times the first p coordinates of a uniform unit vector in the n − p directions that are left
/// (less the intercept and the unpenalized columns), so that
///
///   X̃'y = (I − S G⁻¹) X'y + C' u √(r'r),
///
/// has, jointly with the moments, exactly the law that rows would give. It takes n − p ≥ p directions.
struct FixedKnockoffs: Knockoffs {
  var candidates: Candidates
  /// S, one entry a coordinate, of a group the same.
  let scales: [Double]
  /// (I − S G⁻¹) X'y
  private let center: [Double]
  /// A lower triangle L with C = L', row-major.
  private let factor: [Double]
  /// r'r
  private let residual: Double

  /// - Returns: nil if G is singular to rounding.
  /// - Precondition: `candidates.freedom >= 2 * candidates.count`
  /// - Complexity: O(p³)
  init?(_ candidates: Candidates) {
    let p = candidates.count
    precondition(candidates.freedom >= 2 * p, "knockoffs of fixed columns need rows")
    guard let inverse = LinearAlgebra.inverse(of: candidates.gram, count: p),
      let scales = Reconstructability.scales(candidates.gram, candidates.groups)
    else { return nil }
    var square = [Double](repeating: 0, count: p * p)
    for j in 0..<p {
      for k in 0..<p { square[j * p + k] = -scales[j] * inverse[j * p + k] * scales[k] }
      square[j * p + j] += 2 * scales[j]
    }
    guard LinearAlgebra.factorize(&square, stride: p, count: p) else { return nil }
    let beta = LinearAlgebra.product(inverse, candidates.correlation)
    (self.candidates, self.scales, factor) = (candidates, scales, square)
    center = (0..<p).map { candidates.correlation[$0] - scales[$0] * beta[$0] }
    residual = max(
      0, candidates.targetNorm - LinearAlgebra.dot(beta, candidates.correlation))
  }

  /// X̃'y for a unit vector in the directions left of which `direction` has the first p coordinates.
  func products(along direction: [Double]) -> [Double] {
    let noise = LinearAlgebra.lowerProduct(factor, direction)
    return zip(center, noise).map { $0 + $1 * residual.squareRoot() }
  }

  func draw(using random: inout SplitMix64) -> Quadratic {
    let p = candidates.count
    return augmented(products(along: random.direction(p, of: candidates.freedom - p)))
  }

  /// Least squares on the candidates and, after them, their knockoffs.
  ///
  /// - Parameter products: X̃'y
  func augmented(_ products: [Double]) -> Quadratic {
    let source = AugmentedGram(
      gram: candidates.gram, scales: scales, count: candidates.count)
    let diagonal = (0..<candidates.count).map { candidates.gram[$0 * candidates.count + $0] }
    return Quadratic(
      source, diagonal: diagonal + diagonal, correlation: candidates.correlation + products,
      targetNorm: candidates.targetNorm)
  }
}

/// [G, G − S; G − S, G]
private struct AugmentedGram: GramSource {
  let gram: [Double]
  let scales: [Double]
  let count: Int

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    precondition(others.count == 2 * count)
    return some.map { j in
      let place = j % count
      let row = Array(gram[place * count..<(place + 1) * count])
      var crossed = row
      crossed[place] -= scales[place]
      return j < count ? row + crossed : crossed + row
    }
  }

  func product(_ j: Int, _ k: Int) -> Double {
    let entry = gram[j % count * count + k % count]
    let areCrossed = (j < count) != (k < count)
    return areCrossed && j % count == k % count ? entry - scales[j % count] : entry
  }
}
