internal import RealModule

/// Draws knockoffs for rows of columns that are taken for random ones.
///
/// With Σ the covariance of the columns, 0 < S ≤ 2Σ diagonal and E rows of independent standard normal numbers,
///
///   X̃ = X (I − Σ⁻¹S) + E C,    C'C = 2S − S Σ⁻¹ S,
///
/// has the same means and covariances as X, jointly with X, also where a column and its knockoff are exchanged
/// (*model-X* knockoffs of second order: Candès, Fan, Janson & Lv, 2018). Were the columns normal and Σ known, the
/// rate would hold whatever the number of rows and the loss. Σ is estimated, so the rate is approximate.
///
/// Correlations R are shrunk, Σ = (1 − κ) R + κ T, towards a T that has those within blocks of columns that are
/// certain to go together (``CorrelatedBlocks``) and no others, by κ = Σ var(r) / Σ r² over pairs of columns of
/// different blocks, var(r) ≈ (1 − r²)² / (n − 1) as for normal columns (Schäfer & Strimmer, 2005). Each block of T
/// is itself shrunk so towards I. Towards I alone neighbours that go together closely would be made strangers
/// where columns outnumber the rows, and their knockoffs too unlike them to stand for them.
struct SecondOrderSampler: Sendable {
  /// p, columns.
  let count: Int
  /// n, rows.
  let height: Int
  /// Columns that are orthonormal, and have one s.
  private let groups: [Range<Int>]
  /// Of each row, in sums of squares.
  private let shares: [Double]
  /// What is taken off all columns: vectors of length 1, orthogonal to each other.
  private let basis: [[Double]]
  private let law: any KnockoffLaw

  /// Up to so many columns, or as many as there are rows, Σ is made.
  private static let mostMade = 500

  /// - Parameters:
  ///   - x: `n × count`, column-major; of mean square 1 over `shares`, orthonormal within a group.
  ///   - freedom: rows less what was taken off.
  ///   - basis: what was taken off.
  /// - Returns: nil if Σ is singular to rounding.
  /// - Complexity: O(p³ + n p²), or O(n² p) and that of ``CorrelatedBlocks`` where columns outnumber rows.
  init?(
    _ x: NumberBuffer, count: Int, groups: [Range<Int>], shares: [Double], freedom: Int,
    basis: [[Double]] = [], threads: Int = 1
  ) {
    (self.count, height, self.groups) = (count, shares.count, groups)
    (self.shares, self.basis) = (shares, basis)
    let law: (any KnockoffLaw)? =
      count > max(shares.count, Self.mostMade)
      ? LawOfRows(x, groups, shares, freedom: freedom, threads: threads)
      : LawOfColumns(x, groups, shares, freedom: freedom)
    guard let law else { return nil }
    self.law = law
  }

  /// Draws knockoffs of columns.
  ///
  /// - Parameters:
  ///   - x: as in ``init(_:count:groups:shares:freedom:basis:threads:)``.
  ///   - out: where knockoffs go, from `place` on, as `x` are; it may be where `x` are.
  /// - Complexity: O(n p min(n, p))
  func draw(
    _ x: NumberBuffer, into out: NumberBuffer, at place: Int, seed: UInt64, threads: Int
  ) {
    law.draw(x, into: out, at: place, seed: seed, threads: threads)
    _ = concurrentMap(groups.count, threads: threads) { finish(groups[$0], out, at: place) }
  }

  /// Makes knockoffs what columns are: free of the basis, of mean square 1, orthonormal within a group.
  private func finish(_ group: Range<Int>, _ out: NumberBuffer, at place: Int) {
    var made = basis
    for j in group {
      let range = place + j * height..<place + (j + 1) * height
      var column = unsafe out.withNumbers(range) { unsafe Array($0) }
      orthonormalize(&column, to: made, shares)
      unsafe out.withMutableNumbers(range) { unsafe _ = $0.update(fromContentsOf: column) }
      made.append(column)
    }
  }
}

/// X (I − Σ⁻¹S) + E C, in one form or another.
protocol KnockoffLaw: Sendable {
  func draw(
    _ x: NumberBuffer, into out: NumberBuffer, at place: Int, seed: UInt64, threads: Int)
}

extension KnockoffLaw {
  /// C, column-major, with C'C = 2S − S Σ⁻¹ S; nil if there is none, to rounding.
  ///
  /// - Parameters:
  ///   - scales: S, one entry a column.
  ///   - inverse: Σ⁻¹, both halves.
  /// - Complexity: O(p³)
  static func noise(_ scales: [Double], _ inverse: [Double]) -> [Double]? {
    let p = scales.count
    var square = inverse
    for j in 0..<p {
      for k in 0..<p { square[j * p + k] *= -scales[j] * scales[k] }
      square[j * p + j] += 2 * scales[j]
    }
    return LinearAlgebra.lowerFactor(of: square, count: p)
  }
}

/// How far correlations are shrunk.
enum Shrinkage {
  /// The least share: something is always left, or what is shrunk may have no inverse.
  private static let least = 0.01

  /// κ, told from Σ r² over pairs of columns, and Σ (1 − r²)².
  static func share(squares: Double, rests: Double, freedom: Int) -> Double {
    squares > 0 ? min(1, max(least, rests / Double(freedom) / squares)) : 1
  }

  /// κ of those pairs of columns that `counts`.
  static func share(_ gram: [Double], count p: Int, freedom: Int, _ counts: (Int, Int) -> Bool)
    -> Double
  {
    var (squares, rests) = (0.0, 0.0)
    for j in 0..<p {
      for k in 0..<p where k != j && counts(j, k) {
        let square = gram[j * p + k] * gram[j * p + k]
        squares += square
        rests += (1 - square) * (1 - square)
      }
    }
    return share(squares: squares, rests: rests, freedom: freedom)
  }

  /// The correlations of a block, shrunk.
  static func shrunk(_ gram: [Double], count: Int, freedom: Int) -> [Double] {
    guard count > 1 else { return gram }
    let share = share(gram, count: count, freedom: freedom) { _, _ in true }
    var shrunk = gram.map { (1 - share) * $0 }
    for j in 0..<count { shrunk[j * count + j] += share }
    return shrunk
  }
}

/// Takes what some orthonormal vectors span off another, and makes its mean square 1.
///
/// - Parameter shares: of each place, in sums of squares.
/// - Returns: the mean square that was left.
@discardableResult
func orthonormalize(_ vector: inout [Double], to others: [[Double]], _ shares: [Double]) -> Double {
  for _ in 0..<2 {  // twice is enough (Giraud, Langou & Rozložník, 2005)
    for other in others {
      LinearAlgebra.add(other, times: -LinearAlgebra.inner(shares, other, vector), to: &vector)
    }
  }
  let square = LinearAlgebra.inner(shares, vector, vector)
  if square > 0 {
    let scale = 1 / square.squareRoot()
    for place in vector.indices { vector[place] *= scale }
  }
  return square
}
