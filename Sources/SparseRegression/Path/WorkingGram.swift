internal import Synchronization

/// X'WX of the raw columns, with the curvature of the loss for weights: what Newton's method on the
/// coefficients solves with.
///
/// The curvature is that of one fit to all rows, and is kept while it serves: along a path it changes
/// little, and the fits of the folds differ little from the whole. A wrong curvature costs steps, never
/// accuracy, since gradients are always those of the fit at hand. Products are kept block by block, so
/// that they serve every training set. Where losses of rows hang together, as those of survival do, a block
/// has its share of what they have in common.
final class WorkingGram: Sendable {
  let table: LossTable
  let responses: Int
  /// The coefficients that the curvature was taken at, `places × responses`, row-major.
  let origin: [Double]
  private let curvature: LossPass.Curvature
  /// Row by row of X'WX: for each place, one product a block. By pair and place.
  private let rows: Mutex<[Int: [Double]]>
  /// Columns of M, by place; the same whoever works them out.
  private let means = Mutex<[Int: [Double]]>([:])

  /// The curvature at a fit.
  ///
  /// - Complexity: O(n · places)
  init(_ pass: LossPass, at fit: LossPass.Request, threads: Int) {
    (table, responses, origin) = (pass.table, pass.objective.responses, fit.beta)
    curvature = pass.curvature(fit, threads: threads)
    rows = Mutex([:])
  }

  private init(_ other: WorkingGram, _ table: LossTable) {
    (self.table, responses, curvature) = (table, other.responses, other.curvature)
    let more = table.count * responses - other.origin.count
    origin = other.origin + Array(repeating: 0, count: more)
    rows = Mutex(other.rows.withLock { $0 })
  }

  /// The same curvature, with more places.
  func extended(to table: LossTable) -> WorkingGram { WorkingGram(self, table) }

  private func key(_ place: Int, _ k: Int, _ m: Int) -> Int {
    let (low, high) = (min(k, m), max(k, m))
    return (low * responses + high) * (1 << 32) + place
  }

  private func weights(_ k: Int, _ m: Int) -> [Double] {
    let (low, high) = (min(k, m), max(k, m))
    return curvature.weights[low * responses - low * (low - 1) / 2 + high - low]
  }

  /// The products of one place with all places, for each of these one a block.
  ///
  /// Whoever asks first works it out; who else asks meanwhile comes to the same.
  func row(_ place: Int, _ k: Int, _ m: Int) -> [Double] {
    let key = key(place, k, m)
    let known = rows.withLock { $0[key] } ?? []
    let blocks = table.matrix.blocks.count
    guard known.count < table.count * blocks else { return known }
    if isTold(k, m) {
      var told = [Double](repeating: 0, count: table.count * blocks)
      for other in 0..<responses where other != k {
        for (index, product) in row(place, k, other).enumerated() { told[index] -= product }
      }
      rows.withLock { $0[key] = told }
      return told
    }
    let row = known + products([place], k, m, known.count / blocks..<table.count, threads: 1)[0]
    rows.withLock { $0[key] = row }
    return row
  }

  /// Works the rows of some places out, all at once; of most places, those of all.
  func prepare(_ places: [Int], threads: Int) {
    for k in 0..<responses {
      for m in k..<responses where !isTold(k, m) {
        let wanted = rows.withLock { rows in places.filter { rows[key($0, k, m)] == nil } }
        guard !wanted.isEmpty else { continue }
        let all = 0..<table.count
        let some = 2 * wanted.count > table.count ? Array(all) : wanted
        let made = products(some, k, m, all, threads: threads)
        rows.withLock { rows in
          for (place, row) in zip(some, made) { rows[key(place, k, m)] = row }
        }
      }
    }
  }

  /// Whether the curvatures of other pairs tell that of a class with itself: their sum is zero.
  private func isTold(_ k: Int, _ m: Int) -> Bool { k == m && curvature.sumsToZero }

  private func products(
    _ some: [Int], _ k: Int, _ m: Int, _ places: Range<Int>, threads: Int
  ) -> [[Double]] {
    let weights = weights(k, m)
    let blocks = table.matrix.blocks.count
    let isSquare = some.count == table.count && places.count == table.count
    let sums = concurrentMap(blocks, threads: threads) { block in
      var out = [Double](repeating: 0, count: places.count * some.count)
      for stretch in table.stretches where stretch.block == block {
        if isSquare {
          table.addGram(stretch.rows, weights, to: &out)
        } else {
          table.addGram(stretch.rows, weights, some, places: places, to: &out)
        }
      }
      if isSquare { LinearAlgebra.mirror(&out, count: some.count) }
      return out
    }
    let common = common(some, places, threads: threads)
    let shares = curvature.means?.shares(of: table.matrix.blocks) ?? []
    return some.indices.map { index in
      var row = [Double](repeating: 0, count: places.count * blocks)
      for (block, sum) in sums.enumerated() {
        for place in 0..<places.count {
          let at = place &* some.count &+ index
          row[place &* blocks &+ block] =
            sum[at] - (common.isEmpty ? 0 : shares[block] * common[at])
        }
      }
      return row
    }
  }

  private func means(_ place: Int, _ make: Cox.RiskMeans) -> [Double] {
    if let known = means.withLock({ $0[place] }) { return known }
    let made = make(table.values(place, 0..<table.matrix.rows))
    means.withLock { $0[place] = made }
    return made
  }

  /// M'M of some places with others, `places × some`, row-major; empty where rows have nothing in common.
  private func common(_ some: [Int], _ places: Range<Int>, threads: Int) -> [Double] {
    guard let make = curvature.means, make.count > 0 else { return [] }
    let all = concurrentMap(places.count, threads: threads) { means(places.lowerBound + $0, make) }
    let own = concurrentMap(some.count, threads: threads) { means(some[$0], make) }
    let vectors = own.flatMap { $0 }
    // Parts of a size that does not depend on the threads, as the order of sums may depend on it.
    let size = 32
    let parts = concurrentMap((places.count + size - 1) / size, threads: threads) { part in
      let some = part * size..<min((part + 1) * size, places.count)
      var sums = [Double](repeating: 0, count: own.count * some.count)
      unsafe all[some].flatMap { $0 }.withUnsafeBufferPointer { columns in
        guard let first = columns.baseAddress else { return }
        unsafe LinearAlgebra.addProducts(
          of: vectors, count: own.count, first, leading: make.count, rows: make.count,
          columns: some.count, to: &sums, at: 0)
      }
      return sums
    }
    return parts.flatMap { $0 }
  }
}

/// One coefficient of a fit: Σ factorᵢ xᵢ over places of the table, in one of the responses.
struct LossCoordinate: Sendable {
  let places: [Int]
  let factors: [Double]
  let response: Int

  /// The intercept.
  init(interceptOf response: Int) {
    (places, factors, self.response) = ([0], [1], response)
  }

  /// - Parameter places: of the coordinate's columns.
  init(_ coordinate: LocalCoordinate, places: [Int], response: Int) {
    var (some, factors) = ([Int](), [Double]())
    if coordinate.constant != 0 { (some, factors) = ([0], [-coordinate.constant]) }
    for (place, factor) in zip(places, coordinate.basis) where factor != 0 {
      some.append(place)
      factors.append(factor)
    }
    (self.places, self.factors, self.response) = (some, factors, response)
  }
}

/// Rows of the Gram matrix of a fit's coordinates, made from products of raw columns.
struct LossGram: GramSource {
  var working: WorkingGram
  var coordinates: [LossCoordinate]
  /// The blocks that are fitted, and the weight of their rows.
  let blocks: [Int]
  let weight: Double

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    some.map { products($0, with: others) }
  }

  func product(_ j: Int, _ k: Int) -> Double { products(j, with: [k])[0] }

  private func products(_ j: Int, with others: [Int]) -> [Double] {
    let one = coordinates[j]
    let rows = (0..<working.responses).map { m in
      one.places.map { working.row($0, one.response, m) }
    }
    let all = working.table.matrix.blocks.count
    return others.map { index in
      let other = coordinates[index]
      var sum = 0.0
      for (row, a) in zip(rows[other.response], one.factors) {
        for (place, b) in zip(other.places, other.factors) {
          var product = 0.0
          for block in blocks { product += row[place &* all &+ block] }
          sum += a * b * product
        }
      }
      return sum / weight
    }
  }
}
