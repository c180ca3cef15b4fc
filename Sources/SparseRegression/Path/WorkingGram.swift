internal import Synchronization

/// X'WX of the raw columns, with the curvature of the loss for weights: what Newton's method on the
/// coefficients solves with.
///
/// The curvature is that of one fit to all rows, and is kept while it serves: along a path it changes
/// little, and the fits of the folds differ little from the whole. A wrong curvature costs steps, never
/// accuracy, since gradients are always those of the fit at hand. Products are kept block by block, so
/// that they serve every training set; those of a curvature that serves one fit only, summed over its
/// blocks, and in a wide table they are of the columns alone that the fit watches. Where losses of rows hang
/// together, as those of survival do, a block has its share of what they have in common.
final class WorkingGram: Sendable {
  let table: LossTable
  let responses: Int
  /// The coefficients that the curvature was taken at, `places × responses`, row-major.
  let origin: [Double]
  /// The places of the table that products are of.
  let covered: [Int]
  /// Where each place stands among them, −1 if it does not; empty where all places are covered.
  private let positions: [Int32]
  private let curvature: LossPass.Curvature
  /// Sets of blocks that products are summed over.
  private let parts: [[Int]]
  /// Rows of X'WX, `parts × covered`, row-major. By pair and place.
  private let rows: Mutex<[Int: [Double]]>
  /// Columns of M, one a place, as far as they were asked for.
  private let means: Mutex<[Double]>

  /// The curvature at a fit.
  ///
  /// - Parameters:
  ///   - isShared: whether it serves other fits, too.
  ///   - covered: the places that products are of, whose rows are then worked out at once; nil for all, worked
  ///     out as they are asked for.
  ///   - exactness: as ``LossPass/curvature(_:exactness:threads:)`` has it.
  /// - Complexity: O(n · places), and O(n · covered²)
  init(
    _ pass: LossPass, at fit: LossPass.Request, isShared: Bool, covering covered: [Int]? = nil,
    exactness: Double = 0, threads: Int
  ) {
    (table, responses, origin) = (pass.table, pass.objective.responses, fit.beta)
    curvature = pass.curvature(fit, exactness: exactness, threads: threads)
    parts = isShared ? pass.table.matrix.blocks.indices.map { [$0] } : [fit.blocks]
    self.covered = covered ?? Array(0..<pass.table.count)
    positions = covered.map { Self.positions($0, of: pass.table) } ?? []
    rows = Mutex([:])
    means = Mutex([])
    if let covered { prepare(covered, threads: threads) }
  }

  /// The same curvature for a table that has got more places, some of them covered, too.
  ///
  /// - Complexity: O(n · covered · new)
  init(_ other: WorkingGram, _ table: LossTable, covering new: [Int]) {
    precondition(other.parts.count == 1)
    (self.table, responses, curvature) = (table, other.responses, other.curvature)
    let places = table.count * other.responses
    origin = other.origin + Array(repeating: 0, count: places - other.origin.count)
    (covered, parts) = (other.covered + new, other.parts)
    positions = Self.positions(covered, of: table)
    rows = Mutex(other.rows.withLock { $0 })
    means = Mutex(other.means.withLock { $0 })
    guard !new.isEmpty else { return }
    for (k, m) in curvature.pairing.pairs(of: responses) {
      guard !isTold(k, m) else {
        // What the others tell is told again when it is asked for.
        rows.withLock { rows in for place in other.covered { rows[key(place, k, m)] = nil } }
        continue
      }
      let made = products(new, k, m, threads: 1)
      rows.withLock { rows in
        for (position, place) in other.covered.enumerated() {
          rows[key(place, k, m), default: []] += made.map { $0[position] }
        }
        for (place, row) in zip(new, made) { rows[key(place, k, m)] = row }
      }
    }
  }

  private static func positions(_ covered: [Int], of table: LossTable) -> [Int32] {
    var positions = [Int32](repeating: -1, count: table.count)
    for (position, place) in covered.enumerated() { positions[place] = Int32(position) }
    return positions
  }

  /// Where a place stands in a row.
  @inline(__always)
  func position(of place: Int) -> Int { positions.isEmpty ? place : Int(positions[place]) }

  private func key(_ place: Int, _ k: Int, _ m: Int) -> Int { index(k, m) * (1 << 32) + place }

  /// Which of the pairs that have values of their own this is.
  private func index(_ k: Int, _ m: Int) -> Int {
    switch curvature.pairing {
    case .common: return 0
    case .all:
      let (low, high) = (min(k, m), max(k, m))
      return low * responses - low * (low - 1) / 2 + high - low
    }
  }

  /// Which responses have products with each other.
  var pairing: ResponsePairing { curvature.pairing }

  /// Whether products of two responses can be other than zero.
  func arePaired(_ k: Int, _ m: Int) -> Bool { k == m || curvature.pairing == .all }

  /// The products of one place with all that are covered over the rows of some blocks.
  ///
  /// Whoever asks first works it out; who else asks meanwhile comes to the same.
  ///
  /// - Parameters:
  ///   - k: a response.
  ///   - m: one that it is paired with.
  ///   - blocks: where the curvature serves one fit, those of the fit.
  func row(_ place: Int, _ k: Int, _ m: Int, over blocks: [Int]) -> [Double] {
    let row = row(place, k, m)
    guard parts.count > 1 else { return row }
    var sum = [Double](repeating: 0, count: covered.count)
    for block in blocks {
      let start = block * covered.count
      for place in sum.indices { sum[place] += row[start &+ place] }
    }
    return sum
  }

  private func row(_ place: Int, _ k: Int, _ m: Int) -> [Double] {
    let key = key(place, k, m)
    if let known = rows.withLock({ $0[key] }) { return known }
    var row: [Double]
    if isTold(k, m) {
      row = Array(repeating: 0, count: covered.count * parts.count)
      for other in 0..<responses where other != k {
        for (index, product) in self.row(place, k, other).enumerated() { row[index] -= product }
      }
    } else {
      row = products([place], k, m, threads: 1)[0]
    }
    rows.withLock { [row] in $0[key] = row }
    return row
  }

  /// Works the rows of some places out, all at once; of most places, those of all.
  func prepare(_ places: [Int], threads: Int) {
    for (k, m) in curvature.pairing.pairs(of: responses) where !isTold(k, m) {
      let wanted = rows.withLock { rows in places.filter { rows[key($0, k, m)] == nil } }
      guard !wanted.isEmpty else { continue }
      let some = 2 * wanted.count > covered.count ? covered : wanted
      let made = products(some, k, m, threads: threads)
      rows.withLock { rows in
        for (place, row) in zip(some, made) { rows[key(place, k, m)] = row }
      }
    }
  }

  /// Whether a constant in all responses changes nothing.
  var isRedundant: Bool { curvature.sumsToZero }

  /// Whether the curvatures of other pairs tell that of a class with itself: their sum is zero.
  private func isTold(_ k: Int, _ m: Int) -> Bool { k == m && curvature.sumsToZero }

  /// - Returns: for each of some places, `parts × covered`.
  private func products(_ some: [Int], _ k: Int, _ m: Int, threads: Int) -> [[Double]] {
    let weights = curvature.weights[index(k, m)]
    let isSquare = some.count == covered.count
    let sums = concurrentMap(parts.count, threads: threads) { part in
      let blocks = Set(parts[part])
      var out = [Double](repeating: 0, count: covered.count * some.count)
      for stretch in table.stretches where blocks.contains(stretch.block) {
        if isSquare {
          table.addGram(stretch.rows, weights, covered, to: &out)
        } else {
          table.addGram(
            stretch.rows, weights, some, with: positions.isEmpty ? nil : covered, to: &out)
        }
      }
      if isSquare { LinearAlgebra.mirror(&out, count: some.count) }
      return out
    }
    let common = common(some, threads: threads)
    let shares = curvature.means?.shares(of: table.matrix.blocks) ?? []
    return some.indices.map { index in
      let own = index * covered.count..<(index + 1) * covered.count
      return parts.indices.flatMap { part -> [Double] in
        guard !common.isEmpty else { return Array(sums[part][own]) }
        let share = parts[part].reduce(0) { $0 + shares[$1] }
        return own.map { sums[part][$0] - share * common[$0] }
      }
    }
  }

  /// M, a column for each place that is covered; the same whoever works it out.
  private func means(_ make: Cox.RiskMeans, threads: Int) -> [Double] {
    var all = means.withLock { $0 }
    let old = all.count / make.count
    guard old < covered.count else { return all }
    let new = concurrentMap(covered.count - old, threads: threads) {
      make(table.values(covered[old + $0], 0..<table.matrix.rows))
    }
    all.reserveCapacity(covered.count * make.count)
    for column in new { all += column }
    means.withLock { [all] in $0 = all }
    return all
  }

  /// M'M of some places with all that are covered, `some × covered`, row-major; empty where rows have
  /// nothing in common.
  private func common(_ some: [Int], threads: Int) -> [Double] {
    guard let make = curvature.means, make.count > 0 else { return [] }
    let all = means(make, threads: threads)
    if some.count == covered.count {
      return squares(all, rows: make.count, threads: threads)
    }
    // Parts of a size that does not depend on the threads, as the order of sums may depend on it.
    let size = 32
    let sums = concurrentMap((some.count + size - 1) / size, threads: threads) { part in
      let some = some[part * size..<min((part + 1) * size, some.count)]
      let vectors = some.flatMap { place in
        let start = position(of: place) * make.count
        return all[start..<start + make.count]
      }
      var sums = [Double](repeating: 0, count: covered.count * some.count)
      unsafe all.withUnsafeBufferPointer { all in
        unsafe LinearAlgebra.addProducts(
          all.baseAddress!, leading: make.count, rows: make.count, columns: covered.count,
          with: vectors, count: some.count, to: &sums, leading: covered.count)
      }
      return sums
    }
    return sums.flatMap { $0 }
  }

  /// M'M of all places that are covered.
  private func squares(_ means: [Double], rows: Int, threads: Int) -> [Double] {
    let (count, size) = (covered.count, 4096)
    let sums = concurrentMap((rows + size - 1) / size, threads: threads) { part in
      var sum = [Double](repeating: 0, count: count * count)
      unsafe means.withUnsafeBufferPointer { means in
        unsafe LinearAlgebra.addSquares(
          of: means.baseAddress! + part * size, leading: rows, count: count,
          rows: min(size, rows - part * size), sign: 1, to: &sum)
      }
      return sum
    }
    var all = sums.dropFirst().reduce(into: sums[0]) { all, sum in
      for index in all.indices { all[index] += sum[index] }
    }
    LinearAlgebra.mirror(&all, count: count)
    return all
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

  /// Whether it is of the same column, or of an intercept.
  func isOfTheSame(_ other: LossCoordinate) -> Bool {
    (places, factors) == (other.places, other.factors)
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

  /// A coordinate of many places, as of a level, is put together once for all others.
  private func products(_ j: Int, with others: [Int]) -> [Double] {
    let one = coordinates[j]
    let rows = (0..<working.responses).map { m in
      working.arePaired(one.response, m) ? combined(one, m) : []
    }
    return others.map { index in
      let other = coordinates[index]
      let row = rows[other.response]
      guard !row.isEmpty else { return 0 }
      var sum = 0.0
      for (place, b) in zip(other.places, other.factors) {
        sum += b * row[working.position(of: place)]
      }
      return sum / weight
    }
  }

  /// The products of a coordinate with the places that are covered, in a response.
  private func combined(_ one: LossCoordinate, _ m: Int) -> [Double] {
    var sum: [Double] = []
    for (place, a) in zip(one.places, one.factors) {
      let row = working.row(place, one.response, m, over: blocks)
      if sum.isEmpty {
        sum = a == 1 ? row : row.map { a * $0 }
      } else {
        LinearAlgebra.add(row, times: a, to: &sum)
      }
    }
    return sum
  }
}
