internal import RealModule

/// Survival times: Cox's partial likelihood, ties after Breslow (Cox, 1972; Breslow, 1974).
///
/// −Σ over events wᵢ (ηᵢ − log Σ over rows still at risk wⱼ e^ηⱼ). A row's loss depends on the others', so
/// a fit is evaluated as a whole. A constant in η changes nothing: there is no intercept.
struct Cox: Sendable {
  /// 1 for an event, 0 for a row that was censored; one a row.
  let event: [Double]
  /// The rows, those of the latest time first.
  private let order: [Int]
  /// Where in `order` each time begins, and the end.
  private let bounds: [Int]

  init(time: [Double], event: [Double]) {
    self.event = event
    let order = time.indices.sorted { (time[$1], $0) < (time[$0], $1) }
    self.order = order
    bounds =
      order.indices.filter { $0 == 0 || time[order[$0]] != time[order[$0 - 1]] } + [order.count]
  }

  /// The number of distinct times.
  private var times: Int { bounds.count - 1 }

  /// The loss and the pull of each row, times its weight.
  ///
  /// - Parameters:
  ///   - eta: one a row.
  ///   - weights: one a row; 0 for rows that are not fitted.
  /// - Complexity: O(n)
  func evaluate(_ eta: [Double], _ weights: [Double]) -> (value: Double, pull: [Double]) {
    let most = eta.max() ?? 0
    let risk = zip(eta, weights).map { $1 * .exp($0 - most) }
    var (value, pull) = (0.0, [Double](repeating: 0, count: eta.count))
    walk(risk, weights) { events, atRisk in
      value += events * (.log(atRisk) + most)
    } hazard: { row, hazard, _ in
      value -= weights[row] * event[row] * eta[row]
      pull[row] = weights[row] * event[row] - risk[row] * hazard
    }
    return (value, pull)
  }

  /// The diagonal of the second derivatives, as glmnet has it.
  func curvature(_ eta: [Double], _ weights: [Double]) -> [Double] {
    let most = eta.max() ?? 0
    let risk = zip(eta, weights).map { $1 * .exp($0 - most) }
    var curvature = [Double](repeating: 0, count: eta.count)
    walk(risk, weights) { _, _ in
    } hazard: { row, hazard, square in
      curvature[row] = max(risk[row] * hazard - risk[row] * risk[row] * square, 0)
    }
    return curvature
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

  /// Goes back in time to add up who is at risk, and forth again to add up the hazard so far.
  ///
  /// - Parameters:
  ///   - body: told, for each time with an event, Σ w of its events and Σ risk of those still at risk.
  ///   - hazard: told, for each row, Σ D / S and Σ D / S² over the times up to its own.
  @inline(__always)
  private func walk(
    _ risk: [Double], _ weights: [Double],
    event body: (Double, Double) -> Void, hazard: (Int, Double, Double) -> Void
  ) {
    var (events, atRisk) = (
      [Double](repeating: 0, count: times), [Double](repeating: 0, count: times)
    )
    var sumAtRisk = 0.0
    for time in 0..<times {
      for place in bounds[time]..<bounds[time + 1] {
        let row = order[place]
        sumAtRisk += risk[row]
        events[time] += weights[row] * event[row]
      }
      atRisk[time] = sumAtRisk
      if events[time] > 0 { body(events[time], sumAtRisk) }
    }
    var (sum, square) = (0.0, 0.0)
    for time in (0..<times).reversed() {
      if events[time] > 0 {
        sum += events[time] / atRisk[time]
        square += events[time] / (atRisk[time] * atRisk[time])
      }
      for place in bounds[time]..<bounds[time + 1] { hazard(order[place], sum, square) }
    }
  }
}
