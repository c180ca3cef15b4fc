internal import CLosses
internal import RealModule

/// Survival times: Cox's partial likelihood, ties after Breslow (Cox, 1972; Breslow, 1974).
///
/// −Σ over events wᵢ (ηᵢ − log Σ over rows still at risk wⱼ e^ηⱼ). A row's loss depends on the others', so
/// a fit is evaluated as a whole. A constant in η changes nothing: there is no intercept.
struct Cox: Sendable {
  /// 1 for an event, 0 for a row that was censored; one a row.
  let event: [Double]
  /// The rows, those of the latest time first.
  fileprivate let order: [Int]
  /// Where in `order` each time begins, and the end.
  fileprivate let bounds: [Int]

  init(time: [Double], event: [Double]) {
    self.event = event
    let order = time.indices.sorted { (time[$1], $0) < (time[$0], $1) }
    self.order = order
    bounds =
      order.indices.filter { $0 == 0 || time[order[$0]] != time[order[$0 - 1]] } + [order.count]
  }

  /// The number of distinct times.
  fileprivate var times: Int { bounds.count - 1 }

  /// The loss and the pull of each row, times its weight.
  ///
  /// - Parameters:
  ///   - eta: one a row.
  ///   - weights: one a row; 0 for rows that are not fitted.
  /// - Complexity: O(n)
  func evaluate(_ eta: [Double], _ weights: [Double]) -> (value: Double, pull: [Double]) {
    let most = eta.max() ?? 0
    let risk = risk(eta, weights, most: most)
    var (value, pull) = (0.0, [Double](repeating: 0, count: eta.count))
    let times = timesAtRisk(risk, weights) { _, events, atRisk in
      value += events * (.log(atRisk) + most)
    }
    hazards(times) { row, hazard in
      value -= weights[row] * event[row] * eta[row]
      pull[row] = weights[row] * event[row] - risk[row] * hazard
    }
    return (value, pull)
  }

  /// The loss.
  ///
  /// - Complexity: O(n)
  func loss(_ eta: [Double], _ weights: [Double]) -> Double {
    let most = eta.max() ?? 0
    var value = 0.0
    _ = timesAtRisk(risk(eta, weights, most: most), weights) { _, events, atRisk in
      value += events * (.log(atRisk) + most)
    }
    return eta.indices.reduce(value) { $0 - weights[$1] * event[$1] * eta[$1] }
  }

  /// wᵢ e^(ηᵢ − most)
  private func risk(_ eta: [Double], _ weights: [Double], most: Double) -> [Double] {
    let lanes = LossBlock.lanes
    let padded = (eta.count + lanes - 1) / lanes * lanes
    var risk = eta.map { $0 - most } + Array(repeating: 0, count: padded - eta.count)
    unsafe risk.withUnsafeMutableBufferPointer {
      if !$0.isEmpty { unsafe closses_exp($0.baseAddress!, $0.count) }
    }
    for row in weights.indices { risk[row] *= weights[row] }
    return risk
  }

  /// The second derivatives: with S_t the risk of those at risk at time t and D_t the weight of its events,
  ///
  ///   ∂²/∂ηᵢ∂ηⱼ = [i = j] riskᵢ Σ D_t / S_t − riskᵢ riskⱼ Σ D_t / S_t²,
  ///
  /// sums over the times at which both are at risk. In terms of a column x the last part is that of
  /// Σ D_t x̄_t², x̄_t the mean of x at time t by risk.
  ///
  /// - Complexity: O(n)
  func curvature(_ eta: [Double], _ weights: [Double]) -> LossPass.Curvature {
    let risk = risk(eta, weights, most: eta.max() ?? 0)
    var diagonal = [Double](repeating: 0, count: eta.count)
    var (ends, factors) = ([Int](), [Double]())
    let times = timesAtRisk(risk, weights) { time, events, atRisk in
      ends.append(bounds[time + 1])
      factors.append(events.squareRoot() / atRisk)
    }
    hazards(times) { row, hazard in diagonal[row] = risk[row] * hazard }
    let means = RiskMeans(
      order: order, risk: order.map { risk[$0] }, weights: weights, ends: ends, factors: factors)
    return LossPass.Curvature(weights: [diagonal], means: means)
  }

  /// Means by risk at the times with an event, √D_t x̄_t.
  struct RiskMeans: Sendable {
    /// The rows, those of the latest time first, and the risk of each.
    fileprivate let order: [Int]
    fileprivate let risk: [Double]
    /// One a row.
    fileprivate let weights: [Double]
    /// For each time with an event, where in `order` those end who are at risk, and √D_t / S_t.
    fileprivate let ends: [Int]
    fileprivate let factors: [Double]

    /// The number of times with an event.
    var count: Int { ends.count }

    /// What blocks of rows weigh among the rows that are fitted.
    func shares(of blocks: [Range<Int>]) -> [Double] {
      let sums = blocks.map { weights[$0].reduce(0, +) }
      let all = sums.reduce(0, +)
      return sums.map { $0 / all }
    }

    /// - Parameter values: of a column, one a row.
    /// - Complexity: O(n)
    func callAsFunction(_ values: [Double]) -> [Double] {
      precondition(values.count == order.count)
      var (sum, place) = (0.0, 0)
      return zip(ends, factors).map { end, factor in
        while place < end {
          sum += risk[place] * values[order[place]]
          place &+= 1
        }
        return factor * sum
      }
    }
  }

  /// The least loss that some rows can have: Σ over times D log D, with D the weight of the events then.
  func least(_ weights: [Double]) -> Double {
    (0..<times).reduce(0) { sum, time in
      let events = order[bounds[time]..<bounds[time + 1]].reduce(0) {
        $0 + weights[$1] * event[$1]
      }
      return events > 0 ? sum + events * .log(events) : sum
    }
  }

  /// Goes back in time to add up who is at risk.
  ///
  /// - Parameters:
  ///   - body: told, for each time with an event, Σ w of its events and Σ risk of those still at risk.
  /// - Returns: for each time, D / S.
  @inline(__always)
  private func timesAtRisk(
    _ risk: [Double], _ weights: [Double], event body: (Int, Double, Double) -> Void
  ) -> [Double] {
    var sumAtRisk = 0.0
    return (0..<times).map { time in
      var events = 0.0
      for place in bounds[time]..<bounds[time + 1] {
        let row = order[place]
        sumAtRisk += risk[row]
        events += weights[row] * event[row]
      }
      guard events > 0 else { return 0 }
      body(time, events, sumAtRisk)
      return events / sumAtRisk
    }
  }

  /// Goes forth in time to add up the hazard so far.
  ///
  /// - Parameter body: told, for each row, Σ D / S over the times up to its own.
  @inline(__always)
  private func hazards(_ times: [Double], _ body: (Int, Double) -> Void) {
    var sum = 0.0
    for time in times.indices.reversed() {
      sum += times[time]
      for place in bounds[time]..<bounds[time + 1] { body(order[place], sum) }
    }
  }
}
