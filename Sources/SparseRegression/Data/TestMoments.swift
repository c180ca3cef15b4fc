/// The moments of the rows that a fit is tested on, as far as it asks for them: of the columns that have
/// had a coefficient.
///
/// A test set is the sum of some blocks, as a training set is (``TrainingMoments``). What is worked out
/// stays, since along a path the columns that are in are mostly those of the λ before.
struct TestMoments: Sendable {
  private let rows: TrainingMoments
  /// For each column of the moments its place, or -1.
  private var placeOf: [Int32]
  private var columns: [Int] = []
  /// The co-moments of the columns that have a place: the lower triangle, row by row.
  private var products: [Double] = []
  /// Their co-moments with the target.
  private var targetProducts: [Double] = []

  /// - Parameter blocks: not empty; the last column is the target.
  init(_ blocks: [Moments]) {
    rows = TrainingMoments(blocks)
    placeOf = Array(repeating: -1, count: rows.width)
  }

  /// Σ wᵢ
  var weight: Double { rows.weight }

  /// Σ w (y − β₀ − x'β)² / W of a fit, of another one to the same columns, and of what is between them.
  ///
  /// With residuals r and s of coefficients β and γ,
  /// Σ w r s = C_yy − (β + γ)'C_xy + β'C_xx γ + W (ȳ − β₀ − x̄'β)(ȳ − γ₀ − x̄'γ).
  ///
  /// - Parameter refit: its columns are those of `fit`.
  /// - Complexity: O(support²), and O(blocks · columns) for a column that is new.
  mutating func errors(_ fit: RawCoefficients, refit: RawCoefficients) -> BlendedSquares {
    precondition(fit.columns == refit.columns, "two fits to the same columns")
    let y = rows.width - 1
    let square = rows.comoment(y, y)
    var sums = BlendedSquares(penalized: square, refitted: square, cross: square)
    var (offset, otherOffset) = (rows.mean[y] - fit.intercept, rows.mean[y] - refit.intercept)
    let places = fit.columns.map { place(of: $0) }
    for position in places.indices {
      let (b, c, place) = (fit.values[position], refit.values[position], places[position])
      offset -= b * rows.mean[fit.columns[position]]
      otherOffset -= c * rows.mean[fit.columns[position]]
      // What the columns before it add up to, and half of its own square.
      let own = products[triangle(place, place)]
      var (before, otherBefore) = (own * b / 2, own * c / 2)
      for earlier in 0..<position {
        let product = products[triangle(place, places[earlier])]
        before += product * fit.values[earlier]
        otherBefore += product * refit.values[earlier]
      }
      let target = targetProducts[place]
      sums.penalized += 2 * b * (before - target)
      sums.refitted += 2 * c * (otherBefore - target)
      sums.cross += b * (otherBefore - target) + c * (before - target)
    }
    return BlendedSquares(
      penalized: sums.penalized / weight + offset * offset,
      refitted: sums.refitted / weight + otherOffset * otherOffset,
      cross: sums.cross / weight + offset * otherOffset)
  }

  private func triangle(_ j: Int, _ k: Int) -> Int {
    let (low, high) = (min(j, k), max(j, k))
    return high &* (high &+ 1) / 2 &+ low
  }

  private mutating func place(of column: Int) -> Int {
    if placeOf[column] >= 0 { return Int(placeOf[column]) }
    columns.append(column)
    products += rows.comoments(column, with: columns)
    targetProducts.append(rows.comoment(column, rows.width - 1))
    placeOf[column] = Int32(columns.count - 1)
    return columns.count - 1
  }
}
