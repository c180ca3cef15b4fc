/// Turns rows into moments, a chunk of rows at a time.
///
/// A row is some numbers, and which of the indicators behind them are 1. Numbers are collected until a chunk is
/// full; the chunk is centred by its own mean and enters the co-moments by one matrix product. Where chunks
/// are cut depends on the rows alone, never on how they arrived, so the result is the same bit for bit for any
/// batch size and number of threads.
///
/// The chunk's mean is taken as a deviation from its first row: a constant column deviates by exactly
/// zero, and stays exactly constant through every merge.
///
/// Most indicators are 0 in a row, so their sums are taken over those that are 1: with w the weight of a row,
/// N_kl = Σ w over the rows where k and l are 1 and S_kj = Σ w (xⱼ − x̄ⱼ) over those where k is. At the end
///
///   C_kl = (N_kl − N_kk) + N_kk (W − N_ll) / W,    C_kj = S_kj − N_kk S_j / W,
///
/// for N_kk ≤ N_ll, with S_j = Σ w (xⱼ − x̄ⱼ), which rounding alone keeps from zero: numbers are centred before
/// they are summed, and what their means lack is made up for.
///
/// - Complexity: O(d²) a row of d numbers, in matrix products; O(d + ones) for each 1; O(p²) memory for
///   p columns.
public struct MomentAccumulator: Sendable {
  /// Until the end: of the numbers the upper triangle; S and N, below the diagonal, in the rows of the
  /// indicators.
  private var moments: Moments
  private let numbers: Int
  private let files: NumberFiles?
  private var chunk: [Double]
  private var weights: [Double]
  /// The indicators that are 1 in the rows of the chunk, and where each row's begin.
  private var ones: [Int32] = []
  private var firstOne: [Int] = []
  /// For each indicator, N_kk over the rows of the chunks before.
  private var before: [Double] = []
  /// Σ w and S_j in the order of N and S: those of an indicator that is 1 everywhere are exactly these.
  private var weight = 0.0
  private var rest: [Double]
  private let capacity: Int

  /// - Parameters:
  ///   - width: the number of columns, at least 1.
  ///   - numbers: how many of them come first and are numbers; nil for all.
  ///   - shift: what is taken off the values of some numbers; see ``Moments/shift``.
  ///   - files: where co-moments lie; nil for memory.
  ///   - chunkRows: rows a matrix product.
  /// - Throws: ``RowStore/Failure``
  public init(
    width: Int, numbers: Int? = nil, shift: [Int: Double] = [:], in files: NumberFiles?,
    chunkRows: Int = 256
  ) throws(RowStore.Failure) {
    try self.init(Moments(width: width, files), numbers: numbers, files, chunkRows: chunkRows)
    moments.shift = shift
  }

  /// The same in memory.
  public init(width: Int, numbers: Int? = nil, chunkRows: Int = 256) {
    self.init(Moments(width: width), numbers: numbers, nil, chunkRows: chunkRows)
  }

  private init(_ zeros: Moments, numbers: Int?, _ files: NumberFiles?, chunkRows: Int) {
    self.numbers = numbers ?? zeros.width
    precondition(zeros.width >= 1 && chunkRows >= 1)
    precondition((1...zeros.width).contains(self.numbers), "numbers come first")
    moments = zeros
    self.files = files
    capacity = chunkRows
    chunk = []
    weights = []
    before = Array(repeating: 0, count: zeros.width - self.numbers)
    rest = Array(repeating: 0, count: self.numbers)
  }

  /// Takes one row in.
  ///
  /// - Parameters:
  ///   - rows: holds the numbers of the row, finite values, at `offset ..< offset + numbers`.
  ///   - ones: the indicators that are 1, each once, as columns of the moments.
  ///   - weight: in `[0, ∞)`; a row of weight 0 leaves no trace.
  public mutating func add(
    _ rows: [Double], at offset: Int = 0, ones new: some Collection<Int32> = [Int32](),
    weight: Double = 1
  ) {
    precondition(weight >= 0 && weight.isFinite && offset >= 0)
    guard weight > 0 else { return }
    precondition(offset + numbers <= rows.count, "a row has one value a column")
    if chunk.isEmpty { chunk.reserveCapacity((capacity + 1) * numbers) }
    chunk.append(contentsOf: rows[offset..<offset + numbers])
    if !moments.shift.isEmpty {
      for (column, shift) in moments.shift { chunk[chunk.count - numbers + column] -= shift }
    }
    weights.append(weight)
    if !before.isEmpty {
      firstOne.append(ones.count)
      ones.append(contentsOf: new)
    }
    if weights.count == capacity { flush() }
  }

  /// Adds indicators that were zero in every row so far.
  ///
  /// - Throws: ``RowStore/Failure``
  /// - Complexity: O(width²)
  public mutating func widen(to width: Int) throws(RowStore.Failure) {
    guard width > moments.width else { return }
    if before.isEmpty { firstOne = Array(repeating: 0, count: weights.count) }
    try moments.widen(to: width, files)
    before += repeatElement(0, count: width - numbers - before.count)
  }

  /// Has some indicators be zero in every row so far.
  ///
  /// - Parameter columns: of the moments.
  /// - Complexity: O(width) for each of them.
  public mutating func clear(_ columns: Set<Int>) {
    // What waits goes first; rows keep their places in the chunk, or sums would have another order.
    var (kept, starts) = ([Int32](), [Int]())
    for row in firstOne.indices {
      starts.append(kept.count)
      kept += onesOfRow(row).filter { !columns.contains(Int($0)) }
    }
    (ones, firstOne) = (kept, starts)
    let width = moments.width
    for column in columns where column < width {
      precondition(column >= numbers, "an indicator")
      before[column - numbers] = 0
      unsafe moments.products.withMutableRow(column, 0..<width) {
        unsafe $0.update(repeating: 0)
      }
      for other in column + 1..<max(width, column + 1) { moments.products[other, column] = 0 }
    }
  }

  /// The moments of all rows taken in.
  public consuming func finish() -> Moments {
    if !weights.isEmpty { flush() }
    finishIndicators()
    moments.mirror()
    return moments
  }

  private func onesOfRow(_ row: Int) -> ArraySlice<Int32> {
    ones[firstOne[row]..<(row + 1 < firstOne.count ? firstOne[row + 1] : ones.count)]
  }

  private mutating func flush() {
    let (width, count) = (numbers, weights.count)
    let chunkWeight = weights.reduce(0, +)
    let mean = weightedMean(of: chunk, weights, width: width)
    // One more row, √(W w / (W + w)) δ, carries the merge with the rows before into the same product.
    let total = moments.weight + chunkWeight
    let merge = (moments.weight * (chunkWeight / total)).squareRoot()
    for j in 0..<width { chunk.append(merge * (mean[j] - moments.mean[j])) }
    center(&chunk, mean, weights)
    let (chunk, leading) = (chunk, moments.width)
    unsafe moments.products.withMutableNumbers {
      unsafe LinearAlgebra.addGram(
        of: chunk, count: count + 1, width: width, to: $0, leading: leading)
    }
    let old = moments.mean
    if moments.rows == 0 {
      for j in 0..<width { moments.mean[j] = mean[j] }
    } else {
      for j in 0..<width {
        moments.mean[j] += (mean[j] - moments.mean[j]) * (chunkWeight / total)
      }
    }
    if !before.isEmpty { takeOnes(mean, old) }
    takeRest(mean, old)
    moments.weight = total
    moments.rows += count
    self.chunk.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    ones.removeAll(keepingCapacity: true)
    firstOne.removeAll(keepingCapacity: true)
  }

  /// Σ w and S_j with the chunk, which is centred; its rows are multiplied by √w.
  private mutating func takeRest(_ mean: [Double], _ old: [Double]) {
    let (numbers, weights, chunk, now) = (numbers, weights, chunk, moments.mean)
    let (before, all) = (weight, weights.reduce(weight, +))
    weight = all
    var rest = rest.mutableSpan
    for row in weights.indices {
      let (root, from) = (weights[row].squareRoot(), row &* numbers)
      for j in 0..<numbers { rest[j] += root * chunk[from &+ j] }
    }
    for j in 0..<numbers {
      rest[j] -= (now[j] - mean[j]) * (all - before) + (now[j] - old[j]) * before
    }
  }

  /// Takes the indicators of the chunk in, which is centred; its rows are multiplied by √w.
  ///
  /// - Parameters:
  ///   - mean: of the chunk's numbers.
  ///   - old: of the numbers of all rows before.
  private mutating func takeOnes(_ mean: [Double], _ old: [Double]) {
    let (numbers, width, now) = (numbers, moments.width, moments.mean)
    let (chunk, weights, firstOne, ones) = (chunk, weights, firstOne, ones)
    let before = before
    self.before = unsafe moments.products.withMutableNumbers { c in
      for row in weights.indices {
        let (weight, root) = (weights[row], weights[row].squareRoot())
        let own = firstOne[row]..<(row + 1 < firstOne.count ? firstOne[row + 1] : ones.count)
        for place in own {
          let k = Int(ones[place])
          precondition(k >= numbers && k < width, "an indicator")
          let (to, from) = (k &* width, row &* numbers)
          for j in 0..<numbers { unsafe c[to &+ j] += root * chunk[from &+ j] }
          for other in own.lowerBound...place {
            let l = Int(ones[other])
            unsafe c[max(k, l) &* width &+ min(k, l)] += weight
          }
        }
      }
      // What was summed as deviations from the means before, and from the chunk's, is one from all rows'.
      return before.indices.map { k in
        let row = (numbers + k) * width
        let all = unsafe c[row + numbers + k]
        let new = all - before[k]
        guard all != 0 else { return all }
        for j in 0..<numbers {
          unsafe c[row &+ j] -= (now[j] - mean[j]) * new + (now[j] - old[j]) * before[k]
        }
        return all
      }
    }
  }

  /// Makes co-moments of the sums of indicators, and puts those with numbers above the diagonal.
  private mutating func finishIndicators() {
    guard moments.width > numbers, weight > 0 else { return }
    let (numbers, width, weight, sums, rest) = (numbers, moments.width, weight, before, rest)
    for (k, sum) in sums.enumerated() { moments.mean[numbers + k] = sum / weight }
    unsafe moments.products.withMutableNumbers { c in
      for k in numbers..<width {
        let share = sums[k &- numbers] / weight
        for j in 0..<numbers {
          unsafe c[j &* width &+ k] = unsafe c[k &* width &+ j] - share * rest[j]
        }
        for l in numbers...k {
          let (one, other) = (sums[k &- numbers], sums[l &- numbers])
          // Exactly zero where the more frequent is always 1.
          let both = unsafe c[k &* width &+ l] - min(one, other)
          unsafe c[l &* width &+ k] =
            both + min(one, other) * ((weight - max(one, other)) / weight)
        }
      }
    }
  }
}

/// x̄ = x₁ + Σ wᵢ(xᵢ − x₁) / Σ wᵢ, column by column of a row-major `weights.count × width` matrix.
private func weightedMean(of rows: [Double], _ weights: [Double], width: Int) -> [Double] {
  var sums = [Double](repeating: 0, count: width)
  var deviation = sums.mutableSpan
  let (rows, count) = (rows.span, weights.count)
  for i in 1..<max(1, count) {
    let (weight, row) = (weights[i], i &* width)
    for j in 0..<width { deviation[j] += weight * (rows[row &+ j] - rows[j]) }
  }
  let total = weights.reduce(0, +)
  for j in 0..<width { deviation[j] = rows[j] + deviation[j] / total }
  return sums
}

/// `row ← √w (row − mean)` for the first `weights.count` rows.
private func center(_ rows: inout [Double], _ mean: [Double], _ weights: [Double]) {
  let (width, mean) = (mean.count, mean.span)
  var rows = rows.mutableSpan
  for i in 0..<weights.count {
    let (root, row) = (weights[i].squareRoot(), i &* width)
    for j in 0..<width { rows[row &+ j] = root * (rows[row &+ j] - mean[j]) }
  }
}
