/// The screens of all terms, one for each stretch of them, so that threads have something to share.
struct Screens: Sendable {
  private(set) var stretches: [Screen]
  private let threads: Int
  /// The looks since all terms were looked at, that one included: how many, at how many terms, and at how
  /// many by the last.
  private var looks = (count: 0, terms: 0, last: 0)

  /// Terms a screen.
  private static let stretch = 512

  /// - Parameters:
  ///   - statistics: of each fit.
  ///   - everyRow: those of the first; takes in what the screens work out on their way.
  init(
    _ problem: ColumnsProblem, _ statistics: [RowStatistics], everyRow: inout RowStatistics,
    threads: Int
  ) {
    let terms = problem.terms
    let starts = Array(stride(from: 0, to: terms.count, by: Self.stretch))
    let measured = concurrentMap(starts.count, threads: threads) { index in
      let start = starts[index]
      var firstFit: [BlockSummary] = []
      let screen = Screen(
        start..<min(start + Self.stretch, terms.count), of: problem, statistics: statistics,
        firstFit: &firstFit)
      return (screen: screen, firstFit: firstFit)
    }
    stretches = measured.map(\.screen)
    self.threads = threads
    everyRow.take(measured.flatMap(\.firstFit), of: terms)
  }

  /// Takes a term out of a fit, or out of all.
  mutating func exclude(_ term: Int, from fit: Int? = nil) {
    stretches[term / Self.stretch].exclude(term, from: fit)
  }

  /// Has a term count for more or less in a fit than in others.
  mutating func reweigh(_ term: Int, in fit: Int, by ratio: Double) {
    stretches[term / Self.stretch].reweigh(term, in: fit, by: ratio)
  }

  /// The largest pull over its price at λα = 1, in the first of the fits.
  var largestPull: Double { stretches.reduce(0) { max($0, $1.largestPull) } }

  /// Looks for terms that can have no coefficient, twins among them, and takes them out of all fits.
  ///
  /// - Parameter target: one value a row, of length 1 over the rows that decide.
  /// - Returns: for each term why it is out, and its correlation with the target.
  mutating func excludeTwins(
    _ problem: ColumnsProblem, _ everyRow: RowStatistics, _ design: Design, target: [Double]
  ) -> (exclusions: [RegularizationPath.Exclusion?], targetCorrelations: [Double]) {
    var exclusions = design.exclusions(problem.penalty)
    let likeness = Likeness(problem, everyRow, target: target, stretches, threads: threads)
    let standIns = Twins.find(
      design, problem.penalty, among: exclusions.indices.filter { exclusions[$0] == nil },
      projections: likeness.projections, threads: threads, overlap: likeness.overlap)
    for (term, standIn) in standIns.enumerated() {
      if let standIn { exclusions[term] = .twin(of: standIn) }
    }
    for term in exclusions.indices where exclusions[term] != nil { exclude(term) }
    return (exclusions, exclusions.indices.map { min(1, likeness.projections[$0, 0]) })
  }

  /// Which epoch the residuals of now become.
  ///
  /// Bounds wear out, and each look takes in more terms than the one before. As soon as one takes in more
  /// than all since everything was looked at have on average, that one included, it is time to look at
  /// everything again: the past is let go, and the bounds are fresh. Where there are as many epochs as may
  /// be, the one that the fewest terms refer to makes way, and these terms are looked at.
  ///
  /// - Parameters:
  ///   - epochs: how many there are.
  ///   - most: how many there may be.
  func nextEpoch(_ epochs: Int, most: Int) -> (epoch: UInt16, looksAtAll: Bool) {
    if looks.last * looks.count > looks.terms { return (0, true) }
    if epochs < most { return (UInt16(epochs), false) }
    var references = [Int](repeating: 0, count: epochs)
    for screen in stretches {
      for (epoch, count) in screen.references(epochs).enumerated() { references[epoch] += count }
    }
    return (UInt16(references.indices.min { references[$0] < references[$1] }!), false)
  }

  /// Looks at the terms that the bounds do not clear, or at all.
  ///
  /// - Parameters:
  ///   - vectors: for each fit the residual times wᵢ / W, 0 on rows that are not fitted.
  ///   - epoch: that these residuals are.
  ///   - now: how each fit stands.
  /// - Returns: for each fit, what asks to come in.
  mutating func look(
    _ problem: ColumnsProblem, _ statistics: [RowStatistics], _ vectors: InterleavedVectors,
    epoch: UInt16, at now: [Screen.Fit], all: Bool
  ) -> [[Screen.Found]] {
    let bounds = Screen.Bounds(now)
    // Moved, not shared: a screen is changed where it lies.
    var work = stretches.map { (screen: $0, found: [[Screen.Found]]()) }
    stretches = []
    concurrently(&work, threads: threads) { _, one in
      one.found = one.screen.look(
        problem, statistics, vectors, now: epoch, at: now, bounds, all: all)
    }
    stretches = work.map(\.screen)
    let last = stretches.reduce(0) { $0 + $1.looked }
    looks = all ? (count: 1, terms: last, last: 0) : (looks.count + 1, looks.terms + last, last)
    return statistics.indices.map { fit in work.flatMap { $0.found[fit] } }
  }
}
