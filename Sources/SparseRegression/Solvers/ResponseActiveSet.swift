/// The path solver of least squares with several responses, which have one G.
///
/// A term has a coefficient for each response, and one price for the length of all of them, so that nothing but the
/// penalty ties responses together. With S the coordinates that are in, the Hessian of Newton's method is
///
///   A ⊗ I − Σ_g c_g u_g u_g',   A = G[S, S] + D,   c_g = λαv / ‖b_g‖,   u_g = b_g / ‖b_g‖,
///
/// D diagonal with c_g + λ(1 − α)v: one matrix of the size of S, and a change of rank |S|. By the identity of Sherman,
/// Morrison and Woodbury a step costs a few products of S³, where the whole Hessian would cost S³ times the cube of
/// the number of responses. `GroupActiveSet`, which knows nothing of what they share, is its oracle.
struct ResponseActiveSet: ActiveGroups {
  let responses: Int
  /// Over places, each of which stands for a coordinate of every response. Its own correlations are not used.
  var gram: Quadratic
  /// For each response and place, the coordinate.
  private var coordinate: [[Int]]
  private(set) var terms: [ResponseTerm] = []
  /// Whether place 0 is that of the intercepts.
  private var hasIntercepts = false
  private(set) var penalty: ElasticNet
  /// Coefficients, correlations and gradients of each response by place.
  var own: [[Double]]
  private var correlations: [[Double]]
  var gradients: [[Double]]
  private var targetNorm = 1.0
  let dependent: Set<Int> = []
  var active: [Int] = []
  var isActive: [Bool] = []
  private var hessian: Hessian?
  var left = 0
  private var goal = 0.0
  var patience = Patience()
  private(set) var work = 0.0

  private static let slow = 0.1

  private struct Hessian {
    let places: [Int]
    /// G on them, the lower triangle.
    let gram: [Double]
    let inverse: ResponseHessian
  }

  /// A solver without coordinates, to be extended: by an intercept a response in a group of its own, where there are
  /// any, then by terms, whose coordinates go response by response.
  init(_ source: any GramSource, alpha: Double, responses: Int) {
    self.responses = responses
    gram = Quadratic(source, diagonal: [], correlation: [])
    penalty = ElasticNet(alpha: alpha, count: 0)
    coordinate = Array(repeating: [], count: responses)
    (own, correlations, gradients) = (coordinate.map { _ in [] }, coordinate.map { _ in [] }, [])
    gradients = own
  }

  // MARK: What others see: coordinates in one row

  var b: [Double] { flat(own) }
  var g: [Double] { flat(gradients) }

  /// As one quadratic, for whoever knows nothing of responses.
  var loss: Quadratic {
    let count = coordinate.reduce(0) { $0 + $1.count }
    return Quadratic(
      UnitedResponses(gram: gram, coordinate: coordinate, count: count),
      diagonal: Array(repeating: .nan, count: count), correlation: flat(correlations),
      targetNorm: targetNorm)
  }

  private func flat(_ values: [[Double]]) -> [Double] {
    var all = [Double](repeating: 0, count: coordinate.reduce(0) { $0 + $1.count })
    for (places, values) in zip(coordinate, values) {
      for (place, j) in places.enumerated() { all[j] = values[place] }
    }
    return all
  }

  private func split(_ all: [Double]) -> [[Double]] { coordinate.map { $0.map { all[$0] } } }

  // MARK: Coordinates

  mutating func extend(_ new: NewCoordinates) {
    let old = coordinate[0].count
    let first = penalty.factors.count
    penalty.extend(new)
    for group in new.groups {
      let place = coordinate[0].count
      if group.count == 1 {
        let response = hasIntercepts ? coordinate.firstIndex { $0.isEmpty } ?? 0 : 0
        hasIntercepts = true
        coordinate[response].append(group.lowerBound)
      } else {
        let rank = group.count / responses
        for response in 0..<responses {
          let first = group.lowerBound + response * rank
          coordinate[response] += first..<first + rank
        }
        terms.append(ResponseTerm(places: place..<place + rank, coordinate: group.lowerBound))
        isActive.append(false)
      }
    }
    let more = coordinate[0].count - old
    let zeros = [Double](repeating: 0, count: more)
    gram.extend(
      NewCoordinates(
        source: ResponseGram(source: new.source, coordinate: coordinate[0]),
        diagonal: zeros.map { _ in .nan }, correlation: zeros))
    for k in 0..<responses {
      own[k] += zeros
      correlations[k] += coordinate[k][old...].map { new.correlation[$0 - first] }
    }
    refresh()
  }

  mutating func recenter(at base: [Double], gradient: [Double], rest: Double) {
    let (base, gradient) = (split(base), split(gradient))
    targetNorm = rest
    for k in 0..<responses {
      // c = g + G b
      var products = [Double](repeating: 0, count: base[k].count)
      prepare(base[k].indices.filter { base[k][$0] != 0 })
      gram.subtractProduct(base[k], from: &products)
      correlations[k] = zip(gradient[k], products).map(-)
      for place in base[k].indices where base[k][place] != 0 {
        targetNorm += base[k][place] * (correlations[k][place] + gradient[k][place])
      }
    }
    if own == base { gradients = gradient } else { refresh() }
  }

  mutating func take(slopes: [Double]) { penalty.slopes = slopes }

  mutating func prepareAll() { gram.prepareAll() }

  mutating func restart(_ b: [Double], _ source: (any GramSource)?) {
    if let source {
      gram = gram.with(ResponseGram(source: source, coordinate: coordinate[0]))
      hessian = nil
    }
    own = split(b)
    isActive = terms.map { !isZero($0) }
    active = terms.indices.filter { isActive[$0] }
  }

  mutating func prepare(_ places: [Int]) {
    for place in places { gram.prepare(place) }
  }

  mutating func refresh() {
    for k in 0..<responses {
      prepare(own[k].indices.filter { own[k][$0] != 0 })
      gradients[k] = correlations[k]
      gram.subtractProduct(own[k], from: &gradients[k])
    }
  }

  // MARK: A λ

  /// - Complexity: O(responses · support³) a Newton step, O(responses · p · support) a round.
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome {
    // A step that is to be the last is worth more digits than its gap, of which the decrement is about the square.
    goal = 1e-5 * tolerance
    let (isDirect, steps, cost) = walk(lambda)
    if !isDirect { patience.spend(steps, of: cost) }
    let gap = DualityGap(loss: loss, penalty: penalty, groups: groups)(b, g, lambda: lambda)
    return Outcome(gap: gap, isDirect: isDirect)
  }

  private var groups: [Range<Int>] {
    (hasIntercepts ? coordinate.map { $0[0]..<$0[0] + 1 } : [])
      + terms.map { $0.coordinate..<$0.coordinate + $0.places.count * responses }
  }

  private func isZero(_ term: ResponseTerm) -> Bool {
    own.allSatisfy { b in term.places.allSatisfy { b[$0] == 0 } }
  }

  private func length(_ term: ResponseTerm, of values: [[Double]]) -> Double {
    values.reduce(0) { sum, some in term.places.reduce(sum) { $0 + some[$1] * some[$1] } }
      .squareRoot()
  }

  func price(_ term: ResponseTerm, _ lambda: Double) -> (threshold: Double, ridge: Double) {
    (penalty.threshold(term.coordinate, lambda), penalty.curvature(term.coordinate, lambda))
  }

  var width: Int { responses * own[0].count }

  func isZero(_ group: Int) -> Bool { isZero(terms[group]) }

  func asks(_ group: Int, _ lambda: Double) -> Bool {
    let term = terms[group]
    return isZero(term)
      && length(term, of: gradients) > price(term, lambda).threshold * (1 + 1e-11) + 1e-14
  }

  mutating func newton(_ lambda: Double) -> Bool {
    defer { refresh() }
    var last = Double.infinity
    for _ in 0..<100 where left > 0 {
      left -= 1
      dropCollapsed(lambda)
      let support = active.map { terms[$0] }.filter { !isZero($0) }
      let places = (hasIntercepts ? [0] : []) + support.flatMap(\.places)
      guard !places.isEmpty else { return true }
      let isOld = hessian?.places == places
      if !isOld { hessian = factorized(support, places, lambda) }
      guard let hessian else { return false }
      let residual = downhill(support, places, lambda)
      let direction = hessian.inverse.solve(residual)
      guard step(direction, hessian, support, lambda) else {
        self.hessian = nil
        if isOld { continue }
        return false
      }
      let decrement = zip(residual, direction).reduce(0) {
        $0 + LinearAlgebra.dot($1.0, $1.1)
      }
      if decrement / 2 < goal || decrement < 1e-26 { return true }
      if isOld && decrement > Self.slow * last { self.hessian = nil }
      last = decrement
    }
    return false
  }

  /// Sets terms to zero whose own optimum, the others held, is zero: there the norm has no derivative.
  private mutating func dropCollapsed(_ lambda: Double) {
    for index in active where !isZero(terms[index]) {
      let term = terms[index]
      if pull(without: term) <= price(term, lambda).threshold { setToZero(term) }
    }
  }

  /// The negative gradient of the objective on the support.
  private func downhill(_ support: [ResponseTerm], _ places: [Int], _ lambda: Double) -> [[Double]]
  {
    var residual = gradients.map { gradient in places.map { gradient[$0] } }
    var start = hasIntercepts ? 1 : 0
    for term in support {
      let (t, r) = price(term, lambda)
      let pull = t / length(term, of: own) + r
      for k in 0..<responses {
        for (offset, place) in term.places.enumerated() {
          residual[k][start + offset] -= pull * own[k][place]
        }
      }
      start += term.places.count
    }
    return residual
  }

  private mutating func factorized(_ support: [ResponseTerm], _ places: [Int], _ lambda: Double)
    -> Hessian?
  {
    work += Patience.dense * Double(places.count * places.count) * Double(places.count)
    prepare(places)
    let lower = gram.lowerTriangle(of: places)
    var bends: [ResponseHessian.Bend] = []
    var diagonal = [Double](repeating: 0, count: places.count)
    var start = hasIntercepts ? 1 : 0
    for term in support {
      let (t, r) = price(term, lambda)
      let (norm, range) = (length(term, of: own), start..<start + term.places.count)
      for row in range { diagonal[row] = t / norm + r }
      if t > 0 {
        let unit = (t / norm).squareRoot() / norm
        bends.append(
          ResponseHessian.Bend(
            rows: range, values: own.map { b in term.places.map { unit * b[$0] } }))
      }
      start += term.places.count
    }
    return ResponseHessian(
      grams: [lower], diagonal: diagonal, bends: bends, responses: responses
    ).map { Hessian(places: places, gram: lower, inverse: $0) }
  }

  /// Goes along `direction` as far as the objective falls.
  private mutating func step(
    _ direction: [[Double]], _ hessian: Hessian, _ support: [ResponseTerm], _ lambda: Double
  ) -> Bool {
    let places = hessian.places
    let change = direction.map { LinearAlgebra.product(lower: hessian.gram, $0) }
    let value = objective(support, lambda)
    let before = (own, gradients)
    var share = 1.0
    for _ in 0..<40 {
      for k in 0..<responses {
        for (row, place) in places.enumerated() {
          let moved = before.0[k][place] + share * direction[k][row]
          own[k][place] = moved.magnitude < CoordinateDescent.nothing ? 0 : moved
          gradients[k][place] = before.1[k][place] - share * change[k][row]
        }
      }
      // Below rounding nothing can be told from the value; the step is then tiny, and taken.
      if objective(support, lambda) <= value + 1e-15 * targetNorm { return true }
      share /= 2
    }
    (own, gradients) = before
    return false
  }

  private func objective(_ support: [ResponseTerm], _ lambda: Double) -> Double {
    var (cross, cost) = (0.0, 0.0)
    func add(_ place: Int) {
      for k in 0..<responses {
        cross += own[k][place] * (correlations[k][place] + gradients[k][place])
      }
    }
    if hasIntercepts { add(0) }
    for term in support {
      let norm = length(term, of: own)
      let (t, r) = price(term, lambda)
      cost += t * norm + r * norm * norm / 2
      for place in term.places { add(place) }
    }
    return 0.5 * (targetNorm - cross) + cost
  }

  // MARK: Without a penalty

  /// - Complexity: O(responses · p³)
  mutating func solveFree() -> (b: [Double], g: [Double]) {
    prepareAll()
    var (values, gradients) = (own, correlations)
    for k in 0..<responses {
      let block = gram.with(correlation: correlations[k])
      var refit = Refit()
      _ = refit.solve(Array(own[k].indices), block, ElasticNet(alpha: 1, count: own[k].count))
      values[k] = refit.values
      gradients[k] = block.residualCorrelation(refit.values)
    }
    return (flat(values), flat(gradients))
  }
}

/// A term of a `ResponseActiveSet`.
struct ResponseTerm: Sendable {
  let places: Range<Int>
  /// The first of its coordinates, which has its price.
  let coordinate: Int
}
