/// Which of very many terms a fit must look at.
///
/// A term's pull, ‖X_g'r‖ / W, cannot change by more than the residual does: for a term of unit length
///
///   ‖X_g'r‖ / W ≤ |a| ‖X_g'r₀‖ / W + ‖r − a r₀‖,   ‖r‖² = Σ wᵢ rᵢ² / W,
///
/// for any a, and so it is for several responses, r a matrix with one column each and all lengths those over its
/// entries; the best is near the one that makes the last term smallest, a little below 1 while the
/// residual shrinks along the path. So a pull that was worked out at an earlier residual r₀ bounds the
/// pull now, and most terms, far from their price, are not touched at most λ. (Bounds of this kind:
/// gap-safe rules, Ndiaye, Fercoq, Gramfort & Salmon, 2017; lazily updated: Johnson & Guestrin, 2015.) A
/// term that is looked at again is so for all fits, since one reading of its column serves them all.
///
/// This is the state of one stretch of the terms. Arrays of terms × fits go term by term.
struct Screen: Sendable {
  let terms: Range<Int>
  private let fits: Int
  /// How many times four fits there are; the lanes of the last beyond the last fit are idle.
  let quads: Int
  /// One over the scale; 0 for a term that takes no part in a fit, or that the fit itself watches.
  private(set) var scale: [SIMD4<Double>]
  /// For a number with missing cells, what its indicator is multiplied by; empty if there is none.
  private(set) var fill: [Double] = []
  /// A bound on the length of a term's coordinates; empty where all are 1.
  private var length: [Double] = []
  /// For each declared group, its coordinates in each fit, which are dear to make again.
  private(set) var bases: [Int: [[[Double]]]] = [:]
  /// The pull at the residual of `epoch`, rounded up; −∞ where the scale is 0 and beyond the last fit.
  private var reference: [SIMD4<Float>]
  /// For each term, its largest reference: most terms are cleared by it alone.
  private var peak: [Float]
  private var epoch: [UInt16]
  /// How many terms were looked at last.
  private(set) var looked = 0
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
  static let nearly = 0.975

  /// - Parameter firstFit: takes in the summary of each number over the rows of the first fit.
  init(
    _ terms: Range<Int>, of problem: ColumnsProblem, statistics: [RowStatistics],
    firstFit: inout [BlockSummary]
  ) {
    self.terms = terms
    fits = statistics.count
    quads = (fits + 3) / 4
    scale = Array(repeating: .zero, count: terms.count * quads)
    peak = Array(repeating: -.infinity, count: terms.count)
    reference = Array(repeating: SIMD4(repeating: -.infinity), count: terms.count * quads)
    epoch = Array(repeating: 0, count: terms.count)
    if !problem.options.standardize || !problem.options.intercept {
      length = Array(repeating: 1, count: terms.count * fits)
    }
    let merges = statistics.map(BlockMerge.init)
    for term in terms { measure(term, problem, statistics, merges, &firstFit) }
  }

  func place(_ term: Int, _ fit: Int) -> Int { (term - terms.lowerBound) * fits + fit }

  /// One over the scale of a term in a fit.
  private(set) subscript(_ term: Int, _ fit: Int) -> Double {
    get { scale[(term &- terms.lowerBound) &* quads &+ fit / 4][fit % 4] }
    set { scale[(term &- terms.lowerBound) &* quads &+ fit / 4][fit % 4] = newValue }
  }

  /// Scale and length of a term in each fit.
  private mutating func measure(
    _ term: Int, _ problem: ColumnsProblem, _ statistics: [RowStatistics], _ merges: [BlockMerge],
    _ firstFit: inout [BlockSummary]
  ) {
    switch problem.terms[term] {
    case .number(let column):
      let summaries = problem.matrix.summaries(column)
      for fit in 0..<fits {
        let all = merges[fit].merged(summaries)
        if fit == 0 { firstFit.append(all) }
        let deviation = (all.square / all.weight).squareRoot()
        guard all.square > 0 else { continue }
        self[term, fit] = problem.options.standardize ? 1 / deviation : 1
        if !length.isEmpty {
          let mean = problem.options.intercept ? 0 : all.mean
          length[place(term, fit)] =
            (deviation * deviation + mean * mean).squareRoot() * self[term, fit]
        }
      }
    case .imputed:
      if fill.isEmpty { fill = Array(repeating: 0, count: terms.count * fits) }
      for (fit, rows) in statistics.enumerated() {
        let made = problem.coordinates(term, rows)
        guard !made.isConstant else { continue }
        self[term, fit] = made.basis[0][0]
        fill[place(term, fit)] = made.basis[0][1] / made.basis[0][0]
        if !length.isEmpty {
          length[place(term, fit)] = LocalCoordinate(term, made, 0, problem, rows).length(
            problem, rows)
        }
      }
    case .indicated, .levels:
      for fit in statistics.indices { self[term, fit] = 1 }
    case .group:
      bases[term] = statistics.map { problem.coordinates(term, $0).basis }
      for fit in statistics.indices { self[term, fit] = 1 }
    }
  }

  /// Has a term count for more or less in a fit than in others, as where its price is another there.
  ///
  /// - Parameter ratio: what its pulls are multiplied by.
  mutating func reweigh(_ term: Int, in fit: Int, by ratio: Double) {
    if length.isEmpty { length = Array(repeating: 1, count: terms.count * fits) }
    self[term, fit] *= ratio
    length[place(term, fit)] *= ratio
  }

  /// Takes a term out of a fit, which may watch it itself from now on, or out of all.
  mutating func exclude(_ term: Int, from fit: Int? = nil) {
    for one in fit.map({ $0..<$0 + 1 }) ?? 0..<fits {
      self[term, one] = 0
      reference[(term - terms.lowerBound) * quads + one / 4][one % 4] = -.infinity
    }
  }

  /// Looks at all terms whose bound exceeds their price in some fit, or at all. A term that refers to the
  /// epoch of now refers to what was there before, and is looked at.
  ///
  /// - Parameters:
  ///   - vectors: for each fit the residual times wᵢ / W, 0 on rows that are not fitted; of several responses as
  ///     ``InterleavedVectors/init(fits:)`` has them.
  ///   - now: the epoch that these residuals are.
  /// - Returns: for each fit, what asks to come in.
  mutating func look(
    _ problem: ColumnsProblem, _ statistics: [RowStatistics], _ vectors: InterleavedVectors,
    now: UInt16, at fitsNow: [Fit], _ bounds: Bounds, all: Bool
  ) -> [[Found]] {
    var found = [[Found]](repeating: [], count: fits)
    let wanted = all ? Array(terms) : uncleared(problem, bounds, now)
    if all { largestPull = 0 }
    let prices = Prices(fitsNow)
    looked = wanted.count
    for run in wanted.chunkedRuns(problem) {
      let pulls = lengths(
        signedPulls(run, problem, statistics, vectors, ofFit: nil), terms: run.count)
      for (index, term) in run.enumerated() {
        epoch[term &- terms.lowerBound] = now
        let factor = problem.factors[term]
        if all, factor > 0 {
          largestPull = max(largestPull, abs(pulls[index &* quads][0]) / factor)
        }
        let asking = take(
          term, pulls[index &* quads..<(index &+ 1) &* quads], problem.penalty.bounds[term], factor,
          prices)
        for one in asking {
          found[one.fit].append(Found(term: term, isViolator: one.isViolator))
        }
      }
    }
    return found
  }

  /// What a term of factor 1 must pull to be let in, and to violate its condition.
  private struct Prices {
    let exact: [SIMD4<Double>]

    init(_ fits: [Fit]) {
      var exact = [SIMD4<Double>](
        repeating: SIMD4(repeating: .infinity), count: (fits.count + 3) / 4)
      for (fit, now) in fits.enumerated() { exact[fit / 4][fit % 4] = now.price }
      self.exact = exact
    }
  }

  /// Notes the pulls of a term.
  ///
  /// - Returns: the fits that it asks to come in to.
  private mutating func take(
    _ term: Int, _ pulls: ArraySlice<SIMD4<Double>>, _ bounds: ElasticNet.Bounds, _ factor: Double,
    _ prices: Prices
  ) -> [(fit: Int, isViolator: Bool)] {
    var asking: [(fit: Int, isViolator: Bool)] = []
    var highest = SIMD4<Float>(repeating: -.infinity)
    let start = (term &- terms.lowerBound) &* quads
    for quad in 0..<quads {
      let signed = pulls[pulls.startIndex &+ quad]
      let size = signed.replacing(with: -signed, where: signed .< 0)
      // Nothing of a fit that the term is not in.
      let isOut = scale[start &+ quad] .== 0
      let bound =
        SIMD4<Float>(size.replacing(with: -.infinity, where: isOut)) * (1 + 0x1p-22)
        + .leastNormalMagnitude
      reference[start &+ quad] = bound
      highest.replace(with: bound, where: bound .> highest)
      let pull =
        bounds.upper > 0 ? (bounds.lower < 0 ? size : signed) : -signed
      let price = factor * prices.exact[quad]
      let asks = (pull .> Self.nearly * price) .& .!isOut
      guard any(asks) else { continue }
      for lane in 0..<4 where asks[lane] {
        let isViolator = pull[lane] > price[lane] * (1 + 1e-11) + 1e-14
        asking.append((4 * quad + lane, isViolator))
      }
    }
    peak[term &- terms.lowerBound] = highest.max()
    return asking
  }

  /// The pull of each term at some vectors, in units of its length, in the first of the fits: as many
  /// numbers a term as there are vectors.
  func pulls(_ problem: ColumnsProblem, _ rows: RowStatistics, _ vectors: InterleavedVectors)
    -> [Double]
  {
    Array(terms).chunkedRuns(problem).flatMap { run in
      let pulls = signedPulls(run, problem, [rows], vectors, ofFit: 0)
      return run.indices.flatMap { index in
        let reach = length.isEmpty ? 1 : length[place(run[index], 0)]
        let start = (index - run.startIndex) * (vectors.stride / 4)
        return (0..<vectors.count).lazy.map {
          reach > 0 ? abs(pulls[start + $0 / 4][$0 % 4]) / reach : 0
        }
      }
    }
  }

  /// How many terms refer to each of the first `count` epochs.
  func references(_ count: Int) -> [Int] {
    var references = [Int](repeating: 0, count: count)
    for epoch in epoch { references[Int(epoch)] += 1 }
    return references
  }

  /// The terms that the bounds do not clear in every fit, and those that refer to an epoch that is gone.
  private func uncleared(_ problem: ColumnsProblem, _ bounds: Bounds, _ gone: UInt16) -> [Int] {
    let (reference, epochOf, factors) = (reference.span, epoch.span, problem.factors.span)
    let (slope, offset) = (bounds.slope.span, bounds.offset.span)
    let doubtful = doubtful(factors, bounds, gone)
    var (wanted, count) = ([Int](repeating: 0, count: doubtful.count), 0)
    for index in doubtful {
      let (start, now) = (index &* quads, Int(epochOf[index]) &* quads)
      let factor = Float(factors[terms.lowerBound &+ index])
      // Which terms these are is random, so that there is no branch.
      var exceeds = SIMDMask<SIMD4<Int32>>(repeating: epochOf[index] == gone)
      for quad in 0..<quads {
        let reach = length.isEmpty ? SIMD4(repeating: 1) : reach(index, quad)
        let least = factor * slope[now &+ quad] - reach * offset[now &+ quad]
        exceeds .|= reference[start &+ quad] .> least
      }
      wanted[count] = terms.lowerBound &+ index
      count &+= any(exceeds) ? 1 : 0
    }
    wanted.removeLast(wanted.count - count)
    return wanted
  }

  /// The places of the terms that their largest reference does not clear.
  private func doubtful(_ factors: Span<Double>, _ bounds: Bounds, _ gone: UInt16) -> [Int] {
    guard length.isEmpty else { return Array(0..<terms.count) }
    let (peak, epochOf, floor) = (peak.span, epoch.span, bounds.floor.span)
    var (doubtful, count) = ([Int](repeating: 0, count: terms.count), 0)
    for index in 0..<terms.count {
      let least = floor[Int(epochOf[index])]
      let bound = Float(factors[terms.lowerBound &+ index]) * least.slope - least.offset
      doubtful[count] = index
      count &+= peak[index] > bound || epochOf[index] == gone ? 1 : 0
    }
    doubtful.removeLast(doubtful.count - count)
    return doubtful
  }

  private func reach(_ index: Int, _ quad: Int) -> SIMD4<Float> {
    var reach = SIMD4<Float>.zero
    for fit in 4 * quad..<min(4 * quad + 4, fits) {
      reach[fit % 4] = Float(length[index * fits + fit])
    }
    return reach
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
