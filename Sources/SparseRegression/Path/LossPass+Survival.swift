/// Passes over survival times: fits share the products with the columns, and between these the way through the
/// times.
extension LossPass {
  func run(_ cox: Cox, _ requests: [Request]) -> [Answer] {
    let stride = LossBlock.stride(fits: requests.count, responses: 1)
    let found = evaluated(cox, requests, over: requests.map(\.blocks), wantsPulls: true)
    let stretches = table.stretches
    let sums = concurrentMap(stretches.count, threads: threads) { index in
      let rows = stretches[index].rows
      var pulls = [Double](repeating: 0, count: rows.count * stride)
      for (group, some) in found.enumerated() {
        for row in rows {
          let (from, to) = (
            row &* Cox.lanes, (row &- rows.lowerBound) &* stride &+ group &* Cox.lanes
          )
          for lane in 0..<Cox.lanes { pulls[to &+ lane] = some.pull[from &+ lane] }
        }
      }
      var sum = [Double](repeating: 0, count: table.count * stride)
      table.addTransposedProduct(
        rows, pulls, stride: stride, places: 0..<table.count, to: &sum)
      return sum
    }
    return concurrentMap(requests.count, threads: threads) { fit in
      let (weight, some, lane) = (
        requests[fit].weight, found[fit / Cox.lanes], fit % Cox.lanes
      )
      var answer = Answer(
        value: some.value[lane] / weight, cross: some.cross[lane] / weight,
        pull: Array(repeating: 0, count: table.count))
      for sum in sums {
        for place in 0..<table.count { answer.pull[place] += sum[place &* stride &+ fit] }
      }
      for place in answer.pull.indices { answer.pull[place] /= weight }
      return answer
    }
  }

  func pulls(_ cox: Cox, _ requests: [Request]) -> [[Double]] {
    let found = evaluated(cox, requests, over: requests.map(\.blocks), wantsPulls: true)
    return requests.indices.map { fit in
      stride(from: fit % Cox.lanes, to: table.matrix.rows * Cox.lanes, by: Cox.lanes).map {
        found[fit / Cox.lanes].pull[$0]
      }
    }
  }

  /// The losses of fits over the rows of some blocks each.
  ///
  /// - Parameter blocks: several choices of blocks a fit.
  /// - Returns: for each choice, one a fit.
  /// - Complexity: O(n · places · fits)
  func losses(_ cox: Cox, _ requests: [Request], over blocks: [[[Int]]]) -> [[Double]] {
    let eta = predictors(requests)
    return blocks.map { blocks in
      evaluated(cox, eta, over: blocks, wantsPulls: false).flatMap(\.value)
    }
  }

  private func evaluated(
    _ cox: Cox, _ requests: [Request], over blocks: [[Int]], wantsPulls: Bool
  ) -> [Cox.Evaluation] {
    evaluated(cox, predictors(requests), over: blocks, wantsPulls: wantsPulls)
  }

  private func evaluated(
    _ cox: Cox, _ eta: [Double], over blocks: [[Int]], wantsPulls: Bool
  ) -> [Cox.Evaluation] {
    let stride = LossBlock.stride(fits: blocks.count, responses: 1)
    return concurrentMap(stride / Cox.lanes, threads: threads) { group in
      let first = group * Cox.lanes
      return cox.evaluate(
        eta, stride: stride, first: first,
        blocks: Array(blocks[first..<min(first + Cox.lanes, blocks.count)]), wantsPulls: wantsPulls)
    }
  }

  /// The linear predictors of all rows, `rows × stride`.
  private func predictors(_ requests: [Request]) -> [Double] {
    let stride = LossBlock.stride(fits: requests.count, responses: 1)
    let vectors = interleaved(requests, stride: stride)
    let parts = concurrentMap(table.stretches.count, threads: threads) {
      predictors(table.stretches[$0].rows, vectors, stride: stride)
    }
    var all: [Double] = []
    all.reserveCapacity(table.matrix.rows * stride)
    for part in parts { all += part }
    return all
  }
}
