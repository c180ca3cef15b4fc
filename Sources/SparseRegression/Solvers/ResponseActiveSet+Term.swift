/// One term of several responses, the others held.
extension ResponseActiveSet {
  /// The gradients of a term were its coefficients zero.
  private mutating func pulls(without term: ResponseTerm) -> [[Double]] {
    prepare(Array(term.places))
    return (0..<responses).map { k in
      term.places.map { row in
        term.places.reduce(gradients[k][row]) {
          $0 + gram.gram(row, $1) * own[k][$1]
        }
      }
    }
  }

  mutating func setToZero(_ term: ResponseTerm) {
    set(term, own.map { _ in term.places.map { _ in 0 } })
  }

  /// Gives a term other coefficients.
  private mutating func set(_ term: ResponseTerm, _ values: [[Double]]) {
    for k in 0..<responses {
      for (offset, place) in term.places.enumerated() where own[k][place] != values[k][offset] {
        gram.prepare(place)
        gram.addRow(
          place, times: own[k][place] - values[k][offset], to: &gradients[k])
        own[k][place] = values[k][offset]
      }
    }
  }

  /// The length of the gradients of a term were its coefficients zero.
  func pull(without term: ResponseTerm) -> Double {
    var square = 0.0
    for k in 0..<responses {
      let (b, g) = (own[k], gradients[k])
      for row in term.places {
        var pull = g[row]
        for column in term.places { pull += gram.gram(row, column) * b[column] }
        square += pull * pull
      }
    }
    return square.squareRoot()
  }

  /// Minimizes over a term: zero where that is its minimum, else some steps of proximal descent towards it.
  mutating func minimize(_ group: Int, _ lambda: Double) {
    let term = terms[group]
    let (t, r) = price(term, lambda)
    guard pull(without: term) > t else { return setToZero(term) }
    let pulls = pulls(without: term)
    let rank = term.places.count
    let own = term.places.map { row in term.places.map { gram.gram(row, $0) } }
    // No eigenvalue is above the largest sum of a row.
    let bound = own.reduce(0) { max($0, $1.reduce(0) { $0 + abs($1) }) }
    guard bound > 0 else { return }
    var values = self.own.map { b in term.places.map { b[$0] } }
    var largest = 0.0
    for _ in 0..<30 {
      var next = values
      for k in 0..<responses {
        for row in 0..<rank {
          let pull = (0..<rank).reduce(pulls[k][row]) { $0 - own[row][$1] * values[k][$1] }
          next[k][row] += pull / bound
        }
      }
      let length = next.reduce(0) { sum, some in some.reduce(sum) { $0 + $1 * $1 } }.squareRoot()
      let shrink = length * bound <= t ? 0 : (1 - t / (bound * length)) / (1 + r / bound)
      var change = 0.0
      for k in 0..<responses {
        for row in 0..<rank {
          next[k][row] *= shrink
          change = max(change, abs(next[k][row] - values[k][row]))
        }
      }
      values = next
      largest = max(largest, change)
      if change <= 1e-3 * largest { break }
    }
    set(
      term,
      values.map { $0.map { $0.magnitude < CoordinateDescent.nothing ? 0 : $0 } })
  }
}
