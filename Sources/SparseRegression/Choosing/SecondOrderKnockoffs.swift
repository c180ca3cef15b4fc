/// Knockoffs of columns that are taken for random ones, for tables with few rows.
///
/// With Σ the covariance of the columns and E rows of independent standard normal numbers,
///
///   X̃ = X (I − Σ⁻¹S) + E C,    C'C = 2S − S Σ⁻¹ S,
///
/// has the same means and covariances as X, jointly with X, also where a column and its knockoff are
/// exchanged (*model-X* knockoffs of second order: Candès, Fan, Janson & Lv, 2018). Were the columns normal
/// and Σ known, the rate would hold whatever the number of rows. Σ is estimated: correlations are shrunk
/// towards zero, R ↦ (1 − κ) R + κ I, by κ = Σ var(r) / Σ r² over pairs of columns (Schäfer & Strimmer,
/// 2005), var(r) ≈ (1 − r²)² / (n − 1) as for normal columns. So the rate is approximate.
///
/// Rows are not needed here either: all rows with the same moments are the same to least squares, E being
/// the same in every orthonormal basis. Those used are a factor of the Gram matrix of X and y.
struct SecondOrderKnockoffs: Knockoffs {
  let candidates: Candidates
  /// Of each candidate coordinate, as many numbers as there are directions; of length 1.
  private let columns: [[Double]]
  private let target: [Double]
  /// X (I − Σ⁻¹S), `directions × p`, row-major.
  private let center: [Double]
  /// C, `p × p`, row-major.
  private let factor: [Double]

  private var directions: Int { target.count }

  /// More coordinates than this have one s for all, the largest that S ≤ 2Σ allows, for time.
  private static let mostSweptColumns = 500

  /// - Returns: nil if Σ is singular to rounding.
  /// - Complexity: O(p³)
  init?(_ candidates: Candidates) {
    let (p, n) = (candidates.count, candidates.freedom)
    let (sigma, shrinkage) = Self.shrunk(candidates)
    let scales =
      p <= Self.mostSweptColumns
      ? Reconstructability.scales(sigma, candidates.groups)
      : Array(repeating: min(1, 2 * shrinkage) * (1 - 1e-6), count: p)
    guard let scales, let inverse = LinearAlgebra.inverse(of: sigma, count: p) else { return nil }
    var square = [Double](repeating: 0, count: p * p)
    var kept = square
    for j in 0..<p {
      for k in 0..<p {
        square[j * p + k] = -scales[j] * inverse[j * p + k] * scales[k]
        kept[j * p + k] = -inverse[j * p + k] * scales[k]
      }
      square[j * p + j] += 2 * scales[j]
      kept[j * p + j] += 1
    }
    guard LinearAlgebra.factorize(&square, stride: p, count: p) else { return nil }
    var upper = [Double](repeating: 0, count: p * p)
    for j in 0..<p { for k in 0...j { upper[k * p + j] = square[j * p + k] } }

    // Rows with these moments, in the fewest directions; E needs them all.
    let diagonal = (0..<p).map { candidates.gram[$0 * p + $0] } + [candidates.targetNorm]
    let made = LinearAlgebra.semidefiniteFactor(
      { pivot in
        pivot < p
          ? Array(candidates.gram[pivot * p..<(pivot + 1) * p]) + [candidates.correlation[pivot]]
          : candidates.correlation + [candidates.targetNorm]
      }, diagonal: diagonal, ends: diagonal.map { 1e-10 * $0 }, rank: n)
    let nothing = [Double](repeating: 0, count: n - made.count)
    columns = (0..<p).map { j in made.map { $0[j] } + nothing }
    target = made.map { $0[p] } + nothing
    let rows = made.flatMap { $0[..<p] } + [Double](repeating: 0, count: (n - made.count) * p)
    center = LinearAlgebra.product(rows, kept, rows: n, inner: p, columns: p)
    (self.candidates, factor) = (candidates, upper)
  }

  /// Σ, and κ.
  private static func shrunk(_ candidates: Candidates) -> (sigma: [Double], shrinkage: Double) {
    let p = candidates.count
    var (variance, square) = (0.0, 0.0)
    for j in 0..<p {
      for k in 0..<p where k != j {
        let r = candidates.gram[j * p + k]
        variance += (1 - r * r) * (1 - r * r) / Double(candidates.freedom)
        square += r * r
      }
    }
    // A little is always left, or Σ has no inverse where columns outnumber rows.
    let shrinkage = square > 0 ? min(1, max(0.01, variance / square)) : 1
    var sigma = candidates.gram.map { (1 - shrinkage) * $0 }
    for j in 0..<p { sigma[j * p + j] += shrinkage }
    return (sigma, shrinkage)
  }

  func draw(using random: inout SplitMix64) -> Quadratic {
    let (p, n) = (candidates.count, directions)
    let scale = 1 / Double(n).squareRoot()
    let noise = (0..<n * p).map { _ in random.normal() * scale }
    var rows = LinearAlgebra.product(noise, factor, rows: n, inner: p, columns: p)
    for place in rows.indices { rows[place] += center[place] }
    var others = (0..<p).map { j in (0..<n).map { rows[$0 * p + j] } }
    // As the columns are: of length 1, and orthonormal within a term.
    for group in candidates.groups {
      for j in group {
        for k in group.lowerBound..<j {
          let share = LinearAlgebra.dot(others[j], others[k])
          LinearAlgebra.add(others[k], times: -share, to: &others[j])
        }
        let length = LinearAlgebra.dot(others[j], others[j]).squareRoot()
        for i in 0..<n { others[j][i] /= length }
      }
    }
    let all = columns + others
    return Quadratic(
      InnerProducts(columns: all), diagonal: all.map { LinearAlgebra.dot($0, $0) },
      correlation: candidates.correlation + others.map { LinearAlgebra.dot($0, target) },
      targetNorm: candidates.targetNorm)
  }
}

/// Products of columns that are there.
private struct InnerProducts: GramSource {
  let columns: [[Double]]

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    some.map { j in others.map { LinearAlgebra.dot(columns[j], columns[$0]) } }
  }

  func product(_ j: Int, _ k: Int) -> Double { LinearAlgebra.dot(columns[j], columns[k]) }
}
