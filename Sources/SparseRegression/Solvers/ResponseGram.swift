/// G of least squares with several responses, seen by one of them, and by all together.

/// Rows of the Gram matrix that all responses have.
struct ResponseGram: GramSource {
  let source: any GramSource
  /// For each place, the coordinate of the first response.
  let coordinate: [Int]

  var isDear: Bool { source.isDear }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    source.products(some.map { coordinate[$0] }, with: others.map { coordinate[$0] })
  }

  func product(_ j: Int, _ k: Int) -> Double { source.product(coordinate[j], coordinate[k]) }
}

/// The Gram matrix of all responses together: zero between coordinates of two.
struct UnitedResponses: GramSource {
  let gram: Quadratic
  /// For each coordinate, its response and place.
  let places: [(response: Int, place: Int)]

  init(gram: Quadratic, coordinate: [[Int]], count: Int) {
    self.gram = gram
    var places = [(response: Int, place: Int)](repeating: (0, 0), count: count)
    for (response, some) in coordinate.enumerated() {
      for (place, j) in some.enumerated() { places[j] = (response, place) }
    }
    self.places = places
  }

  var isDear: Bool { false }

  func products(_ some: [Int], with others: [Int]) -> [[Double]] {
    some.map { j in others.map { product(j, $0) } }
  }

  func product(_ j: Int, _ k: Int) -> Double {
    guard places[j].response == places[k].response else { return 0 }
    return gram.gram(places[j].place, places[k].place)
  }
}
