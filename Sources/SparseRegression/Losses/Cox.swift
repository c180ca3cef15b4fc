internal import RealModule

/// Survival times: Cox's partial likelihood, ties after Breslow (Cox, 1972; Breslow, 1974).
///
/// −Σ over events wᵢ (ηᵢ − log Σ over rows still at risk wⱼ e^ηⱼ). A row's loss depends on the others', so
/// a fit is evaluated as a whole. A constant in η changes nothing: there is no intercept.
struct Cox: Sendable {
  /// 1 for an event, 0 for a row that was censored; one a row.
  let event: [Double]
  /// Rows of one time, latest first.
  private let times: [[Int]]

  init(time: [Double], event: [Double]) {
    self.event = event
    var times: [[Int]] = []
    for row in time.indices.sorted(by: { (time[$1], $0) < (time[$0], $1) }) {
      if let last = times.last, time[last[0]] == time[row] {
        times[times.count - 1].append(row)
      } else {
        times.append([row])
      }
    }
    self.times = times
  }

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
    walk(risk, weights) { rows, events, atRisk in
      value += events * (.log(atRisk) + most)
      for row in rows where event[row] == 1 { value -= weights[row] * eta[row] }
    } hazard: { row, hazard, _ in
      pull[row] = weights[row] * event[row] - risk[row] * hazard
    }
    return (value, pull)
  }

  /// The diagonal of the second derivatives, as glmnet has it.
  func curvature(_ eta: [Double], _ weights: [Double]) -> [Double] {
    let most = eta.max() ?? 0
    let risk = zip(eta, weights).map { $1 * .exp($0 - most) }
    var curvature = [Double](repeating: 0, count: eta.count)
    walk(risk, weights) { _, _, _ in
    } hazard: { row, hazard, square in
      curvature[row] = max(risk[row] * hazard - risk[row] * risk[row] * square, 0)
    }
    return curvature
  }

  /// The least loss that some rows can have: Σ over times D log D, with D the weight of the events then.
  func least(_ weights: [Double]) -> Double {
    times.reduce(0) { sum, rows in
      let events = rows.reduce(0) { $0 + weights[$1] * event[$1] }
      return events > 0 ? sum + events * .log(events) : sum
    }
  }

  /// Goes back in time to add up who is at risk, and forth again to add up the hazard so far.
  ///
  /// - Parameters:
  ///   - event: of the rows of a time, Σ w of the events, Σ risk of those still at risk.
  ///   - hazard: of a row, Σ D / S and Σ D / S² over the times up to its own.
  private func walk(
    _ risk: [Double], _ weights: [Double],
    event body: ([Int], Double, Double) -> Void, hazard: (Int, Double, Double) -> Void
  ) {
    var (atRisk, all) = (0.0, [(events: Double, atRisk: Double)]())
    all.reserveCapacity(times.count)
    for rows in times {
      var events = 0.0
      for row in rows {
        atRisk += risk[row]
        events += weights[row] * event[row]
      }
      if events > 0 { body(rows, events, atRisk) }
      all.append((events, atRisk))
    }
    var (sum, square) = (0.0, 0.0)
    for (rows, one) in zip(times, all).reversed() {
      if one.events > 0 {
        sum += one.events / one.atRisk
        square += one.events / (one.atRisk * one.atRisk)
      }
      for row in rows { hazard(row, sum, square) }
    }
  }
}
