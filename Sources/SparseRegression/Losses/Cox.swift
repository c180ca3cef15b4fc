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
  fileprivate let order: [Int32]
  /// Where in `order` each time begins, and the end.
  fileprivate let bounds: [Int]
  /// wᵢ; of events alone; and what is added to each linear predictor, empty for nothing. One a row.
  private let weights: [Double]
  private let eventWeights: [Double]
  private let offset: [Double]
  /// The block of each row.
  private let block: [Int32]
  private let blockCount: Int

  /// - Parameters:
  ///   - blocks: sets of rows, of which a fit has some.
  init(
    time: [Double], event: [Double], weights: [Double], offset: [Double], blocks: [Range<Int>]
  ) {
    (self.event, self.weights, self.offset) = (event, weights, offset)
    let order = time.indices.sorted { (time[$1], $0) < (time[$0], $1) }
    self.order = order.map(Int32.init)
    bounds =
      order.indices.filter { $0 == 0 || time[order[$0]] != time[order[$0 - 1]] } + [order.count]
    eventWeights = zip(weights, event).map(*)
    var block = [Int32](repeating: 0, count: time.count)
    for (index, rows) in blocks.enumerated() { for row in rows { block[row] = Int32(index) } }
    (self.block, blockCount) = (block, blocks.count)
  }

  /// The number of distinct times.
  fileprivate var times: Int { bounds.count - 1 }

  /// Fits that are evaluated together.
  static let lanes = LossBlock.lanes

  /// Where ``lanes`` fits stand, lane by lane.
  struct Evaluation: Sendable {
    /// The loss, and Σ pull (η − offset).
    var value: [Double]
    var cross: [Double]
    /// The pull of each row, times its weight; `rows × lanes`. Empty if not asked for.
    var pull: [Double]
  }

  /// The losses of ``lanes`` fits, and how they pull.
  ///
  /// - Parameters:
  ///   - eta: `rows × stride`.
  ///   - first: the place in a row of the first of them.
  ///   - blocks: for each of them, the blocks that are fitted.
  /// - Complexity: O(n)
  func evaluate(
    _ eta: [Double], stride: Int, first: Int, blocks: [[Int]], wantsPulls: Bool
  ) -> Evaluation {
    let (rows, lanes) = (event.count, Self.lanes)
    precondition(eta.count == rows * stride && first + lanes <= stride && blocks.count <= lanes)
    var member = [Double](repeating: 0, count: blockCount * lanes)
    for (lane, blocks) in blocks.enumerated() {
      for block in blocks { member[block * lanes + lane] = 1 }
    }
    var pull = [Double](repeating: 0, count: rows * lanes)
    var hazard = [Double](repeating: 0, count: times * lanes)
    var value = [Double](repeating: 0, count: lanes)
    var cross = value
    guard rows > 0 else { return Evaluation(value: value, cross: cross, pull: pull) }
    unsafe withTimes { times in
      unsafe eta.withUnsafeBufferPointer { eta in
        unsafe cross.withUnsafeMutableBufferPointer { cross in
          unsafe closses_survival(
            times, eta.baseAddress! + first, stride, member, &pull, &hazard, &value,
            wantsPulls ? cross.baseAddress! : nil)
        }
      }
    }
    return Evaluation(value: value, cross: cross, pull: wantsPulls ? pull : [])
  }

  private func withTimes(_ body: (UnsafePointer<closses_times>) -> Void) {
    unsafe order.withUnsafeBufferPointer { order in
      unsafe bounds.withUnsafeBufferPointer { bounds in
        unsafe weights.withUnsafeBufferPointer { weights in
          unsafe eventWeights.withUnsafeBufferPointer { events in
            unsafe block.withUnsafeBufferPointer { block in
              unsafe offset.withUnsafeBufferPointer { offset in
                var times = unsafe closses_times(
                  rows: order.count, order: order.baseAddress!, bounds: bounds.baseAddress!,
                  times: times, weights: weights.baseAddress!, events: events.baseAddress!,
                  block: block.baseAddress!, offset: offset.isEmpty ? nil : offset.baseAddress)
                unsafe body(&times)
              }
            }
          }
        }
      }
    }
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
      order: order, risk: order.map { risk[Int($0)] }, weights: weights, ends: ends,
      factors: factors)
    return LossPass.Curvature(pairing: .common, weights: [diagonal], means: means)
  }

  /// wᵢ e^(ηᵢ − most)
  private func risk(_ eta: [Double], _ weights: [Double], most: Double) -> [Double] {
    zip(eta.map { $0 - most }.exponentials(), weights).map(*)
  }

  /// Means by risk at the times with an event, √D_t x̄_t.
  struct RiskMeans: Sendable {
    /// The rows, those of the latest time first, and the risk of each.
    fileprivate let order: [Int32]
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
          sum += risk[place] * values[Int(order[place])]
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
        $0 + weights[Int($1)] * event[Int($1)]
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
        let row = Int(order[place])
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
      for place in bounds[time]..<bounds[time + 1] { body(Int(order[place]), sum) }
    }
  }
}
