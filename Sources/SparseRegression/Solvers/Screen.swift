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
  /// One over the scale; 0 for a term that takes no part in a fit.
  private var scale: [Double]
  /// For a number with missing cells, what its indicator is multiplied by; empty if there is none.
  private var fill: [Double] = []
  /// A bound on the length of a term's coordinates; empty where all are 1.
  private var length: [Double] = []
  /// The pull at the residual of `epoch`.
  private var reference: [Double]
  private var epoch: [UInt16]
  private var isMember: [Bool]

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

  init(
    _ terms: Range<Int>, of problem: ColumnsProblem, statistics: [RowStatistics]
  ) {
    self.terms = terms
    fits = statistics.count
    let size = terms.count * fits
    scale = Array(repeating: 0, count: size)
    reference = Array(repeating: 0, count: size)
    epoch = Array(repeating: 0, count: terms.count)
    isMember = Array(repeating: false, count: size)
    if !problem.options.standardize || !problem.options.intercept {
      length = Array(repeating: 1, count: size)
    }
    for term in terms { measure(term, problem, statistics) }
  }

  private func place(_ term: Int, _ fit: Int) -> Int { (term - terms.lowerBound) * fits + fit }

  /// Scale and length of a term in each fit.
  private mutating func measure(
    _ term: Int, _ problem: ColumnsProblem, _ statistics: [RowStatistics]
  ) {
    switch problem.terms[term] {
    case .number(let column):
      let summaries = problem.matrix.summaries(column)
      for (fit, rows) in statistics.enumerated() {
        var all = BlockSummary()
        for block in rows.blocks { all.merge(summaries[block]) }
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
    }
  }

  /// Takes a term out of a fit, or out of all.
  mutating func exclude(_ term: Int, from fit: Int? = nil) {
    for one in fit.map({ $0..<$0 + 1 }) ?? 0..<fits { scale[place(term, one)] = 0 }
  }

  /// The largest pull over its price at λα = 1, in the first of the fits.
  func largestPull(_ factors: [Double]) -> Double {
    terms.reduce(0) { most, term in
      let place = place(term, 0)
      return scale[place] != 0 && factors[term] > 0
        ? max(most, reference[place] / factors[term]) : most
    }
  }

  /// Notes that the fit itself now watches a term.
  mutating func join(_ term: Int, _ fit: Int) { isMember[place(term, fit)] = true }

  /// Looks at all terms whose bound exceeds their price in some fit, or at all.
  ///
  /// - Parameters:
  ///   - vectors: for each fit the residual times wᵢ / W, 0 on rows that are not fitted.
  ///   - now: the epoch that these residuals are.
  /// - Returns: for each fit, what asks to come in.
  mutating func look(
    _ problem: ColumnsProblem, _ statistics: [RowStatistics], _ vectors: InterleavedVectors,
    now: UInt16,
    at fitsNow: [Fit], all: Bool
  ) -> [[Found]] {
    var found = [[Found]](repeating: [], count: fits)
    let wanted = all ? Array(terms) : uncleared(problem, fitsNow)
    let each = Array(0..<fits)
    for run in wanted.chunkedRuns(problem) {
      let pulls = signedPulls(run, problem, statistics, vectors, each)
      for (index, term) in run.enumerated() {
        epoch[term - terms.lowerBound] = now
        for fit in 0..<fits {
          let pull = pulls[index * vectors.stride + fit]
          reference[place(term, fit)] = abs(pull)
          if let one = judge(term, fit, pull, problem, fitsNow[fit]) { found[fit].append(one) }
        }
      }
    }
    return found
  }

  /// The pull of each term at some vectors, in units of its length, in the first of the fits: one row a
  /// term.
  func pulls(_ problem: ColumnsProblem, _ rows: RowStatistics, _ vectors: InterleavedVectors)
    -> [[Double]]
  {
    let fits = Array(repeating: 0, count: vectors.count)
    return Array(terms).chunkedRuns(problem).flatMap { run in
      let pulls = signedPulls(run, problem, [rows], vectors, fits)
      return run.indices.map { index in
        let reach = length.isEmpty ? 1 : length[place(run[index], 0)]
        let start = (index - run.startIndex) * vectors.stride
        return (0..<vectors.count).map { reach > 0 ? abs(pulls[start + $0]) / reach : 0 }
      }
    }
  }

  /// The terms that the bounds do not clear in every fit.
  private func uncleared(_ problem: ColumnsProblem, _ fitsNow: [Fit]) -> [Int] {
    // Pull ≤ share · reference + reach · rest, so a term asks only where its reference exceeds
    // (price − reach · rest) / share. A margin for the rounding of both.
    let epochs = fitsNow[0].since.count
    var (slope, offset) = ([Double](), [Double]())
    for epoch in 0..<epochs {
      for fit in fitsNow {
        let share = max(fit.since[epoch].share, .leastNormalMagnitude) * (1 + 1e-9)
        slope.append(fit.price / share)
        offset.append(fit.since[epoch].rest * (1 + 1e-9) / share)
      }
    }
    var wanted: [Int] = []
    let (reference, epochOf) = (reference.span, epoch.span)
    for index in 0..<terms.count {
      let (start, now) = (index &* fits, Int(epochOf[index]) &* fits)
      let factor = problem.factors[terms.lowerBound + index]
      for fit in 0..<fits {
        let reach = length.isEmpty ? 1 : length[start &+ fit]
        let least = factor * slope[now &+ fit] - reach * offset[now &+ fit]
        if reference[start &+ fit] > least, scale[start &+ fit] != 0, !isMember[start &+ fit] {
          wanted.append(terms.lowerBound + index)
          break
        }
      }
    }
    return wanted
  }

  private func judge(
    _ term: Int, _ fit: Int, _ signed: Double, _ problem: ColumnsProblem, _ now: Fit
  ) -> Found? {
    let place = place(term, fit)
    guard scale[place] != 0, !isMember[place] else { return nil }
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
    case .number(let column):
      pulls = matrix.products(column..<column + run.count, vectors)
      for (index, term) in run.enumerated() {
        for (v, fit) in fits.enumerated() {
          pulls[index * vectors.stride + v] *= scale[place(term, fit)]
        }
      }
    case .imputed(let value, let missing, _):
      pulls = matrix.products(value..<value + 1, vectors)
      let rows = matrix.list(missing)
      for (v, fit) in fits.enumerated() {
        pulls[v] += fill[place(term, fit)] * vectors.sum(rows, of: v)
        pulls[v] *= scale[place(term, fit)]
      }
    case .levels(let columns):
      pulls = fits.enumerated().map { v, fit in
        scale[place(term, fit)] == 0
          ? 0 : levelPull(columns, matrix, statistics[fit], vectors, v)
      }
    case .indicated(let value, let missing, _):
      pulls = matrix.products(value..<value + 1, vectors)
      let rows = matrix.list(missing)
      for (v, fit) in fits.enumerated() where scale[place(term, fit)] != 0 {
        let (number, indicator) = (pulls[v], vectors.sum(rows, of: v))
        pulls[v] = problem.coordinates(term, statistics[fit]).basis.reduce(0.0) { sum, basis in
          let product = basis[0] * number + basis[1] * indicator
          return sum + product * product
        }.squareRoot()
      }
    }
    return pulls
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
  /// Terms in runs that one product serves: numbers in neighbouring columns, or a single other term.
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
