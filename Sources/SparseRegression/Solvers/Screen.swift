/// Which of very many terms a fit must look at.
///
/// A term's pull, ‖X_g'r‖ / W, cannot change by more than the residual does: for a term of unit length
///
///   ‖X_g'r‖ / W ≤ |a| ‖X_g'r₀‖ / W + ‖r − a r₀‖,   ‖r‖² = Σ wᵢ rᵢ² / W,
///
/// for any a; the best is near the one that makes the last term smallest, a little below 1 while the
/// residual shrinks along the path. So a pull that was worked out at an earlier residual r₀ bounds the
/// pull now, and most terms, far from their price, are not touched at most λ. (Bounds of this kind:
/// gap-safe rules, Ndiaye, Fercoq, Gramfort & Salmon, 2017; lazily updated: Johnson & Guestrin, 2015.) A
/// term that is looked at again is so for all fits, since one reading of its column serves them all.
///
/// This is the state of one stretch of the terms. Arrays of terms × fits go term by term.
struct Screen: Sendable {
  let terms: Range<Int>
  private let fits: Int
  /// Lanes of a term's row of ``reference``, four each.
  private let quads: Int
  /// One over the scale; 0 for a term that takes no part in a fit, or that the fit itself watches.
  private var scale: [Double]
  /// For a number with missing cells, what its indicator is multiplied by; empty if there is none.
  private var fill: [Double] = []
  /// A bound on the length of a term's coordinates; empty where all are 1.
  private var length: [Double] = []
  /// For each declared group, its coordinates in each fit, which are dear to make again.
  private var bases: [Int: [[[Double]]]] = [:]
  /// The pull at the residual of `epoch`, rounded up; −∞ where the scale is 0 and beyond the last fit.
  private var reference: [SIMD4<Float>]
  private var epoch: [UInt16]
  /// The largest pull over its price at λα = 1, in the first of the fits, when all were looked at last.
  private(set) var largestPull = 0.0

  /// A fit as the screen sees it.
  struct Fit: Sendable {
    /// λα on the scale of the standardized target.
    var price: Double
    /// For each epoch, how much of its residual r₀ is left, and how far from that r is:
    /// r = share · r₀ + (a rest of this length).
    var since: [(share: Double, rest: Double)]
  }

  /// A term that pulls at least nearly as hard as its price.
  struct Found: Sendable {
    let term: Int
    let isViolator: Bool
  }

  /// How near its price a term that was looked at must be to be let in with those that exceed it.
  static let nearly = 0.95

  /// What all terms are held against, worked out once for all stretches.
  ///
  /// Pull ≤ share · reference + reach · rest, so a term asks only where its reference exceeds
  /// factor · slope − reach · offset, with slope = price / share and offset = rest / share. The margins are
  /// above the rounding of single precision; a share may be taken for a larger one.
  struct Bounds: Sendable {
    fileprivate let quads: Int
    /// For each epoch, a row like those of the reference.
    fileprivate var slope: [SIMD4<Float>]
    fileprivate var offset: [SIMD4<Float>]

    init(_ fits: [Fit]) {
      quads = (fits.count + 3) / 4
      let epochs = fits[0].since.count
      slope = Array(repeating: .zero, count: epochs * quads)
      offset = slope
      for (fit, now) in fits.enumerated() {
        for (epoch, since) in now.since.enumerated() {
          let share = max(since.share, 1e-6)
          let place = epoch * quads + fit / 4
          slope[place][fit % 4] = Float(now.price / share * (1 - 1e-6))
          offset[place][fit % 4] = Float(since.rest / share * (1 + 1e-6))
        }
      }
    }
  }

  /// - Parameter firstFit: takes in the summary of each number over the rows of the first fit.
  init(
    _ terms: Range<Int>, of problem: ColumnsProblem, statistics: [RowStatistics],
    firstFit: inout [BlockSummary]
  ) {
    self.terms = terms
    fits = statistics.count
    quads = (fits + 3) / 4
    let size = terms.count * fits
    scale = Array(repeating: 0, count: size)
    reference = Array(repeating: SIMD4(repeating: -.infinity), count: terms.count * quads)
    epoch = Array(repeating: 0, count: terms.count)
    if !problem.options.standardize || !problem.options.intercept {
      length = Array(repeating: 1, count: size)
    }
    for term in terms { measure(term, problem, statistics, &firstFit) }
  }

  private func place(_ term: Int, _ fit: Int) -> Int { (term - terms.lowerBound) * fits + fit }

  /// Scale and length of a term in each fit.
  private mutating func measure(
    _ term: Int, _ problem: ColumnsProblem, _ statistics: [RowStatistics],
    _ firstFit: inout [BlockSummary]
  ) {
    switch problem.terms[term] {
    case .number(let column):
      let summaries = problem.matrix.summaries(column)
      for (fit, rows) in statistics.enumerated() {
        var all = BlockSummary()
        for block in rows.blocks { all.merge(summaries[block]) }
        if fit == 0 { firstFit.append(all) }
        let deviation = (all.square / all.weight).squareRoot()
        guard all.square > 0 else { continue }
        scale[place(term, fit)] = problem.options.standardize ? 1 / deviation : 1
        if !length.isEmpty {
          let mean = problem.options.intercept ? 0 : all.mean
          length[place(term, fit)] =
            (deviation * deviation + mean * mean).squareRoot() * scale[place(term, fit)]
        }
      }
    case .imputed:
      if fill.isEmpty { fill = Array(repeating: 0, count: scale.count) }
      for (fit, rows) in statistics.enumerated() {
        let made = problem.coordinates(term, rows)
        guard !made.isConstant else { continue }
        scale[place(term, fit)] = made.basis[0][0]
        fill[place(term, fit)] = made.basis[0][1] / made.basis[0][0]
        if !length.isEmpty {
          length[place(term, fit)] = LocalCoordinate(term, made, 0, problem, rows).length(
            problem, rows)
        }
      }
    case .indicated, .levels:
      for fit in statistics.indices { scale[place(term, fit)] = 1 }
    case .group:
      bases[term] = statistics.map { problem.coordinates(term, $0).basis }
      for fit in statistics.indices { scale[place(term, fit)] = 1 }
    }
  }

  /// Has a term count for more or less in a fit than in others, as where its price is another there.
  ///
  /// - Parameter ratio: what its pulls are multiplied by.
  mutating func reweigh(_ term: Int, in fit: Int, by ratio: Double) {
    if length.isEmpty { length = Array(repeating: 1, count: scale.count) }
    scale[place(term, fit)] *= ratio
    length[place(term, fit)] *= ratio
  }

  /// Takes a term out of a fit, which may watch it itself from now on, or out of all.
  mutating func exclude(_ term: Int, from fit: Int? = nil) {
    for one in fit.map({ $0..<$0 + 1 }) ?? 0..<fits {
      scale[place(term, one)] = 0
      refer(term, one, .nan)
    }
  }

  /// Notes a pull.
  private mutating func refer(_ term: Int, _ fit: Int, _ pull: Double) {
    let isIn = scale[place(term, fit)] != 0
    reference[(term &- terms.lowerBound) &* quads &+ fit / 4][fit % 4] =
      isIn ? Float(abs(pull)).nextUp : -.infinity
  }

  /// Looks at all terms whose bound exceeds their price in some fit, or at all.
  ///
  /// - Parameters:
  ///   - vectors: for each fit the residual times wᵢ / W, 0 on rows that are not fitted.
  ///   - now: the epoch that these residuals are.
  /// - Returns: for each fit, what asks to come in.
  mutating func look(
    _ problem: ColumnsProblem, _ statistics: [RowStatistics], _ vectors: InterleavedVectors,
    now: UInt16, at fitsNow: [Fit], _ bounds: Bounds, all: Bool
  ) -> [[Found]] {
    var found = [[Found]](repeating: [], count: fits)
    let wanted = all ? Array(terms) : uncleared(problem, bounds)
    if all { largestPull = 0 }
    let each = Array(0..<fits)
    for run in wanted.chunkedRuns(problem) {
      let pulls = signedPulls(run, problem, statistics, vectors, each)
      for (index, term) in run.enumerated() {
        epoch[term - terms.lowerBound] = now
        let factor = problem.factors[term]
        if all, scale[place(term, 0)] != 0, factor > 0 {
          largestPull = max(largestPull, abs(pulls[index * vectors.stride]) / factor)
        }
        for fit in 0..<fits {
          let pull = pulls[index * vectors.stride + fit]
          refer(term, fit, pull)
          if let one = judge(term, fit, pull, problem, fitsNow[fit]) { found[fit].append(one) }
        }
      }
    }
    return found
  }

  /// The pull of each term at some vectors, in units of its length, in the first of the fits: as many
  /// numbers a term as there are vectors.
  func pulls(_ problem: ColumnsProblem, _ rows: RowStatistics, _ vectors: InterleavedVectors)
    -> [Double]
  {
    let fits = Array(repeating: 0, count: vectors.count)
    return Array(terms).chunkedRuns(problem).flatMap { run in
      let pulls = signedPulls(run, problem, [rows], vectors, fits)
      return run.indices.flatMap { index in
        let reach = length.isEmpty ? 1 : length[place(run[index], 0)]
        let start = (index - run.startIndex) * vectors.stride
        return (0..<vectors.count).lazy.map { reach > 0 ? abs(pulls[start + $0]) / reach : 0 }
      }
    }
  }

  /// The terms that the bounds do not clear in every fit.
  private func uncleared(_ problem: ColumnsProblem, _ bounds: Bounds) -> [Int] {
    var wanted: [Int] = []
    let (reference, epochOf, factors) = (reference.span, epoch.span, problem.factors.span)
    let (slope, offset) = (bounds.slope.span, bounds.offset.span)
    for index in 0..<epochOf.count {
      let (start, now) = (index &* quads, Int(epochOf[index]) &* quads)
      let factor = Float(factors[terms.lowerBound &+ index])
      for quad in 0..<quads {
        let reach = length.isEmpty ? SIMD4(repeating: 1) : reach(index, quad)
        let least = factor * slope[now &+ quad] - reach * offset[now &+ quad]
        if any(reference[start &+ quad] .> least) {
          wanted.append(terms.lowerBound &+ index)
          break
        }
      }
    }
    return wanted
  }

  private func reach(_ index: Int, _ quad: Int) -> SIMD4<Float> {
    var reach = SIMD4<Float>.zero
    for fit in 4 * quad..<min(4 * quad + 4, fits) {
      reach[fit % 4] = Float(length[index * fits + fit])
    }
    return reach
  }

  private func judge(
    _ term: Int, _ fit: Int, _ signed: Double, _ problem: ColumnsProblem, _ now: Fit
  ) -> Found? {
    let place = place(term, fit)
    guard scale[place] != 0 else { return nil }
    let pull =
      switch problem.penalty.signs[term] {
      case .free: abs(signed)
      case .nonnegative: signed
      case .nonpositive: -signed
      }
    let price = problem.factors[term] * now.price
    guard pull > Self.nearly * price else { return nil }
    return Found(term: term, isViolator: pull > price * (1 + 1e-11) + 1e-14)
  }

  /// For each of some terms and each vector v, X'v / W, or its length for a group; one row of
  /// `vectors.stride` a term.
  ///
  /// - Parameter fits: for each vector, the fit whose scales are meant.
  private func signedPulls(
    _ run: ArraySlice<Int>, _ problem: ColumnsProblem, _ statistics: [RowStatistics],
    _ vectors: InterleavedVectors, _ fits: [Int]
  ) -> [Double] {
    let term = run.first!
    let matrix = problem.matrix
    var pulls: [Double]
    switch problem.terms[term] {
    case .number:
      pulls = matrix.products(run.map { problem.terms[$0].columns[0] }, vectors)
      for (index, term) in run.enumerated() {
        for (v, fit) in fits.enumerated() {
          pulls[index * vectors.stride + v] *= scale[place(term, fit)]
        }
      }
    case .imputed(let value, let missing, _):
      pulls = matrix.products([value], vectors)
      let rows = matrix.list(missing)
      for (v, fit) in fits.enumerated() {
        pulls[v] += fill[place(term, fit)] * vectors.sum(rows, of: v)
        pulls[v] *= scale[place(term, fit)]
      }
    case .levels(let columns):
      pulls = fits.enumerated().map { v, fit in
        scale[place(term, fit)] == 0
          ? 0
          : scale[place(term, fit)] * levelPull(columns, matrix, statistics[fit], vectors, v)
      }
    case .indicated, .group:
      let columns = problem.terms[term].columns
      let products = columns.map { rawProducts($0, matrix, vectors) }
      pulls = fits.enumerated().map { v, fit in
        guard scale[place(term, fit)] != 0 else { return 0 }
        let basis = bases[term]?[fit] ?? problem.coordinates(term, statistics[fit]).basis
        let square = basis.reduce(0.0) { sum, weights in
          let product = columns.indices.reduce(0) { $0 + weights[$1] * products[$1][v] }
          return sum + product * product
        }
        return scale[place(term, fit)] * square.squareRoot()
      }
    }
    return pulls
  }

  /// X'v of a raw column, number or indicator, for each vector.
  private func rawProducts(_ column: Int, _ matrix: ColumnMatrix, _ vectors: InterleavedVectors)
    -> [Double]
  {
    if column < matrix.numbers { return matrix.products([column], vectors) }
    let rows = matrix.list(column)
    return (0..<vectors.count).map { vectors.sum(rows, of: $0) }
  }

  /// The projection on disjoint indicators: Σ over levels of (Σ wᵢ rᵢ)² / (W Σ wᵢ). The intercept, which
  /// they span as well, takes nothing, since residuals are centred.
  private func levelPull(
    _ columns: [Int], _ matrix: ColumnMatrix, _ rows: RowStatistics,
    _ vectors: InterleavedVectors, _ v: Int
  ) -> Double {
    columns.reduce(0.0) { sum, column in
      let list = matrix.list(column)
      let product = vectors.sum(list, of: v)
      let share = list.reduce(0) { $0 + rows.shares[Int($1)] }
      return share > 0 ? sum + product * product / share : sum
    }.squareRoot()
  }
}

extension [Int] {
  /// Terms in runs that one product serves: numbers, or a single other term.
  fileprivate func chunkedRuns(_ problem: ColumnsProblem) -> [ArraySlice<Int>] {
    var (runs, first) = ([ArraySlice<Int>](), 0)
    while first < count {
      let run = problem.run(of: self, from: first)
      runs.append(self[first..<first + run])
      first += run
    }
    return runs
  }
}
