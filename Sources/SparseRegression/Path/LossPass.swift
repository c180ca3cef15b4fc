/// One pass over the rows: where some fits stand, and where the loss pulls them.
struct LossPass {
  let table: LossTable
  let objective: Objective
  let offset: [Double]
  let threads: Int

  /// What is minimized over the rows.
  enum Objective: Sendable {
    case rows(any RowLoss)
    case survival(Cox)

    var responses: Int {
      switch self {
      case .rows(let loss): loss.responses
      case .survival: 1
      }
    }
  }

  /// A fit's coefficients at the places of the table.
  struct Request: Sendable {
    /// The blocks that are fitted.
    let blocks: [Int]
    /// The weight of their rows.
    let weight: Double
    /// `places × responses`, row-major.
    let beta: [Double]

    /// γ of these coefficients and 1 − γ of others.
    func blended(_ gamma: Double, with other: Request) -> Request {
      Request(
        blocks: blocks, weight: weight,
        beta: zip(beta, other.beta).map { gamma * $0 + (1 - gamma) * $1 })
    }
  }

  /// What a fit is told.
  struct Answer: Sendable {
    /// Σ wᵢ ℓᵢ / W
    var value = 0.0
    /// Σ wᵢ (−∂ℓᵢ/∂η) (ηᵢ − offset) / W
    var cross = 0.0
    /// X'(pull) / W, `places × responses`, row-major.
    var pull: [Double]
  }

  /// - Complexity: O(n · places · fits)
  func run(_ requests: [Request]) -> [Answer] {
    switch objective {
    case .rows(let loss): run(loss, requests)
    case .survival(let cox): run(cox, requests)
    }
  }

  private struct Partial: Sendable {
    var pull: [Double]
    var value: [Double]
    var cross: [Double]
  }

  private func forEachBlock(of rows: Range<Int>, _ body: (Range<Int>) -> Void) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: LossTable.block) {
      body(start..<min(start + LossTable.block, rows.upperBound))
    }
  }

  private func evaluated(
    _ loss: any RowLoss, _ rows: Range<Int>, fits: Int, _ eta: [Double]
  ) -> LossBlock {
    var block = LossBlock(
      rows, fits: fits, responses: loss.responses, weights: table.matrix.weights[rows],
      offset: offset.isEmpty ? [] : offset[rows], eta: eta)
    loss.evaluate(&block)
    return block
  }

  private func run(_ loss: any RowLoss, _ requests: [Request]) -> [Answer] {
    let responses = loss.responses
    let stride = LossBlock.stride(fits: requests.count, responses: responses)
    let vectors = interleaved(requests, stride: stride)
    let partials = concurrentMap(table.stretches.count, threads: threads) { index in
      var partial = Partial(
        pull: Array(repeating: 0, count: table.count * stride),
        value: Array(repeating: 0, count: stride), cross: Array(repeating: 0, count: stride))
      forEachBlock(of: table.stretches[index].rows) { rows in
        let block = evaluated(
          loss, rows, fits: requests.count, predictors(rows, vectors, stride: stride))
        table.addTransposedProduct(
          rows, block.eta, stride: stride, places: 0..<table.count, to: &partial.pull)
        for slot in 0..<stride {
          partial.value[slot] += block.value[slot]
          partial.cross[slot] += block.cross[slot]
        }
      }
      return partial
    }
    return concurrentMap(requests.count, threads: threads) { fit in
      let request = requests[fit]
      var isFitted = [Bool](repeating: false, count: table.matrix.blocks.count)
      for block in request.blocks { isFitted[block] = true }
      var answer = Answer(pull: Array(repeating: 0, count: table.count * responses))
      let slots = fit * responses..<(fit + 1) * responses
      // In the order of the rows, whoever worked on them.
      for (part, stretch) in zip(partials, table.stretches) where isFitted[stretch.block] {
        for slot in slots {
          answer.value += part.value[slot]
          answer.cross += part.cross[slot]
        }
        for place in 0..<table.count {
          for k in 0..<responses {
            answer.pull[place &* responses &+ k] +=
              part.pull[place &* stride &+ slots.lowerBound &+ k]
          }
        }
      }
      answer.value /= request.weight
      answer.cross /= request.weight
      for index in answer.pull.indices { answer.pull[index] /= request.weight }
      return answer
    }
  }

  func interleaved(_ requests: [Request], stride: Int) -> [Double] {
    let responses = objective.responses
    var vectors = [Double](repeating: 0, count: table.count * stride)
    for (fit, request) in requests.enumerated() {
      for place in 0..<table.count {
        for k in 0..<responses {
          vectors[place * stride + fit * responses + k] = request.beta[place * responses + k]
        }
      }
    }
    return vectors
  }

  /// The linear predictors of some rows, offset included.
  func predictors(_ rows: Range<Int>, _ vectors: [Double], stride: Int) -> [Double] {
    table.product(rows, vectors, stride: stride, offset: offset.isEmpty ? [] : offset[rows])
  }

  /// wᵢ times the pull of each row, for each request and response; on rows that it does not fit, too, where
  /// the loss knows one.
  ///
  /// - Complexity: O(n · places · fits)
  func pulls(_ requests: [Request]) -> [[[Double]]] {
    switch objective {
    case .survival(let cox): return pulls(cox, requests).map { [$0] }
    case .rows(let loss):
      let responses = loss.responses
      let stride = LossBlock.stride(fits: requests.count, responses: responses)
      let vectors = interleaved(requests, stride: stride)
      let parts = concurrentMap(table.stretches.count, threads: threads) { index in
        let rows = table.stretches[index].rows
        return evaluated(
          loss, rows, fits: requests.count, predictors(rows, vectors, stride: stride)
        ).eta
      }
      return requests.indices.map { fit in
        (0..<responses).map { response in
          parts.flatMap { part in
            Swift.stride(from: fit * responses + response, to: part.count, by: stride).map {
              part[$0]
            }
          }
        }
      }
    }
  }

  /// Σ wᵢ ℓᵢ of fits over the rows of some blocks; nil where some deviance would be another.
  ///
  /// - Complexity: O(rows · places · fits)
  func losses(_ blocks: [Int], _ requests: [Request], _ loss: any RowLoss) -> [Double]? {
    let reach = loss.devianceReach
    let stride = LossBlock.stride(fits: requests.count, responses: loss.responses)
    let vectors = interleaved(requests, stride: stride)
    var sums = [Double](repeating: 0, count: requests.count)
    var isWithin = true
    for block in blocks {
      forEachBlock(of: table.matrix.blocks[block]) { rows in
        guard isWithin else { return }
        let eta = predictors(rows, vectors, stride: stride)
        isWithin = eta.allSatisfy { abs($0) <= reach }
        let value = evaluated(loss, rows, fits: requests.count, eta).value
        for fit in sums.indices {
          for slot in fit * loss.responses..<(fit + 1) * loss.responses { sums[fit] += value[slot] }
        }
      }
    }
    return isWithin ? sums : nil
  }

  /// wᵢ on the rows of some blocks, 0 elsewhere.
  func weights(of blocks: [Int]) -> [Double] {
    var weights = [Double](repeating: 0, count: table.matrix.rows)
    for block in blocks {
      for row in table.matrix.blocks[block] { weights[row] = table.matrix.weights[row] }
    }
    return weights
  }

  /// All linear predictors of a fit in some rows, `rows × responses`.
  func predictors(_ rows: Range<Int>, _ request: Request) -> [Double] {
    let responses = objective.responses
    let stride = LossBlock.stride(fits: 1, responses: responses)
    let all = predictors(rows, interleaved([request], stride: stride), stride: stride)
    if responses == 1 { return (0..<rows.count).map { all[$0 &* stride] } }
    guard stride > responses else { return all }
    return (0..<rows.count).flatMap { all[$0 * stride..<$0 * stride + responses] }
  }

  /// The curvature at a fit: X'WX where rows have losses of their own.
  ///
  /// - Parameter exactness: in `[0, 1]`, the share of the second derivatives as they are; the rest is what steps
  ///   take for them.
  /// - Complexity: O(n · places)
  func curvature(_ request: Request, exactness: Double = 0, threads: Int) -> Curvature {
    switch objective {
    case .survival(let cox):
      return cox.curvature(
        predictors(0..<table.matrix.rows, request), weights(of: request.blocks))
    case .rows(let loss):
      let parts = concurrentMap(table.stretches.count, threads: threads) { index in
        let rows = table.stretches[index].rows
        let weights = table.matrix.weights[rows]
        let eta = predictors(rows, request)
        return loss.curvature(rows, eta, exactness: exactness)
          .map { zip($0, weights).map(*) }
      }
      return Curvature(
        pairing: loss.pairing,
        weights: (0..<parts[0].count).map { pair in parts.flatMap { $0[pair] } }, means: nil,
        sumsToZero: loss.curvatureSumsToZero)
    }
  }

  /// The second derivatives of the loss by the linear predictors: X'WX − M'M in terms of columns, M nil
  /// where the loss of a row is its own.
  struct Curvature: Sendable {
    let pairing: ResponsePairing
    /// For each of these pairs of responses, wᵢ ∂²ℓ/∂η_k∂η_m, one value a row.
    let weights: [[Double]]
    /// What makes a column of M of a column of X.
    let means: Cox.RiskMeans?
    /// As in ``RowLoss/curvatureSumsToZero``.
    var sumsToZero = false
  }
}
