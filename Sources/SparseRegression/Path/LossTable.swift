internal import CLosses

/// The raw columns that some fits look at, in places: place 0 is a column of ones, the intercept's.
///
/// Numbers stand column by column. In a tall table these are all numbers of the matrix, as they are there,
/// and indicators stay lists of rows; in a wide one those that are watched are copied together.
struct LossTable: Sendable {
  let matrix: ColumnMatrix
  /// For each block, whole stretches of at most ``stretch`` of its rows.
  let stretches: [(block: Int, rows: Range<Int>)]
  /// For each raw column, its place; 0 if it has none.
  private var placeOf: [Int32]
  /// The columns at the places from 1 on.
  private(set) var columns: [Int] = []
  /// How many of them, from the first, are dense.
  private var dense = 0
  /// Copies of the dense columns; nil where they are the matrix's own.
  private var copies: [Double]? = nil

  /// The middle and half the range of the values at each place; empty in a wide table.
  private var extents: [(middle: Double, half: Double)] = []

  private static let stretch = 2048
  private static let ones = [Double](repeating: 1, count: stretch)
  /// Rows that are worked on at once, so that what is read again stays in the nearest cache.
  static let block = 128

  /// - Parameters:
  ///   - watchesAll: whether all columns have a place from the start.
  init(_ matrix: ColumnMatrix, watchesAll: Bool, threads: Int) {
    self.matrix = matrix
    placeOf = Array(repeating: 0, count: matrix.width)
    stretches = matrix.blocks.enumerated().flatMap { block, rows in
      stride(from: rows.lowerBound, to: rows.upperBound, by: Self.stretch).map {
        (block, $0..<min($0 + Self.stretch, rows.upperBound))
      }
    }
    copies = watchesAll && matrix.isTable ? nil : []
    guard watchesAll else { return }
    defer { extents = measured(threads: threads) }
    let indicators = matrix.numbers + 1..<max(matrix.width, matrix.numbers + 1)
    if copies != nil {
      for column in Array(0..<matrix.numbers) + Array(indicators) { add(column) }
      return
    }
    columns = Array(0..<matrix.numbers) + Array(indicators)
    dense = matrix.numbers
    for (index, column) in columns.enumerated() { placeOf[column] = Int32(index + 1) }
  }

  private func measured(threads: Int) -> [(middle: Double, half: Double)] {
    [(1, 0)]
      + concurrentMap(columns.count, threads: threads) { place in
        let column = columns[place]
        guard column < matrix.numbers else { return (0.5, 0.5) }
        let (least, most) = unsafe matrix.withColumn(column) { x in
          unsafe x.reduce((Double.infinity, -Double.infinity)) { (min($0.0, $1), max($0.1, $1)) }
        }
        return ((least + most) / 2, (most - least) / 2)
      }
  }

  /// At most how far the linear predictor of a row can change; of several responses, by how much more one
  /// can than another.
  ///
  /// - Parameters:
  ///   - change: of coefficients, `places × responses`, row-major.
  /// - Complexity: O(places · responses), in a table whose columns all have a place.
  func reach(_ change: [Double], responses: Int) -> Double {
    precondition(change.count == count * responses && extents.count == count)
    var (lows, highs) = ([Double](), [Double]())
    for response in 0..<responses {
      var (middle, half) = (0.0, 0.0)
      for (place, extent) in extents.enumerated() {
        let change = change[place * responses + response]
        middle += change * extent.middle
        half += abs(change) * extent.half
      }
      lows.append(middle - half)
      highs.append(middle + half)
    }
    return responses == 1 ? max(-lows[0], highs[0]) : highs.max()! - lows.min()!
  }

  /// Places, that of the ones included.
  var count: Int { columns.count + 1 }

  /// The place of a raw column that has one.
  func place(of column: Int) -> Int { Int(placeOf[column]) }

  /// Gives a raw column a place, unless it has one.
  mutating func add(_ column: Int) {
    guard placeOf[column] == 0 else { return }
    precondition(copies != nil)
    columns.append(column)
    dense += 1
    placeOf[column] = Int32(columns.count)
    var x = [Double](repeating: 0, count: matrix.rows)
    matrix.add(column, times: 1, to: &x)
    copies! += x
  }

  private func withDense<Result>(_ body: (UnsafePointer<Double>, Int) -> Result) -> Result? {
    guard dense > 0 else { return nil }
    guard let copies else { return unsafe matrix.withTable { unsafe body($0, matrix.rows) } }
    return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!, matrix.rows) }
  }

  /// X V over some rows and all places.
  ///
  /// - Parameters:
  ///   - vectors: `count × stride`, row-major; the first row belongs to the ones.
  ///   - stride: a multiple of `CLOSSES_LANES`.
  ///   - offset: what is added to all of a row, one a row; empty for nothing.
  /// - Returns: `rows × stride`, row-major.
  func product(
    _ rows: Range<Int>, _ vectors: [Double], stride: Int, offset: ArraySlice<Double>
  ) -> [Double] {
    precondition(vectors.count == count * stride)
    var (wanted, some) = ([Int](), [Double]())
    for column in 0..<dense {
      let values = vectors[(column + 1) * stride..<(column + 2) * stride]
      guard values.contains(where: { $0 != 0 }) else { continue }
      wanted.append(column)
      some += values
    }
    let start = Array(vectors[..<stride])
    func product(_ columns: [UnsafePointer<Double>]) -> [Double] {
      unsafe LinearAlgebra.product(
        columns, rows: rows.count, some, stride: stride, start: start, offset: offset)
    }
    var out =
      unsafe withDense { x, leading in
        unsafe product(wanted.map { unsafe x + $0 * leading + rows.lowerBound })
      } ?? product([])
    for index in dense..<columns.count {
      let start = (index + 1) * stride
      guard vectors[start..<start + stride].contains(where: { $0 != 0 }) else { continue }
      for row in ones(columns[index], rows) {
        let at = (Int(row) - rows.lowerBound) * stride
        for f in 0..<stride { out[at + f] += vectors[start + f] }
      }
    }
    return out
  }

  /// `out += X' R` over some rows and places.
  ///
  /// - Parameters:
  ///   - vectors: `rows × stride`, row-major.
  ///   - out: `places × stride`, row-major.
  func addTransposedProduct(
    _ rows: Range<Int>, _ vectors: [Double], stride: Int, places: Range<Int>,
    to out: inout [Double]
  ) {
    precondition(vectors.count == rows.count * stride && out.count == places.count * stride)
    if places.lowerBound == 0 {
      unsafe Self.ones.withUnsafeBufferPointer { ones in
        unsafe LinearAlgebra.addTransposedProduct(
          ones.baseAddress!, leading: rows.count, rows: rows.count, columns: 1, vectors,
          stride: stride,
          to: &out)
      }
    }
    let some = places.clamped(to: 1..<dense + 1)
    _ = unsafe withDense { x, leading in
      let first = unsafe x + (some.lowerBound - 1) * leading + rows.lowerBound
      unsafe LinearAlgebra.addTransposedProduct(
        first, leading: leading, rows: rows.count, columns: some.count, vectors, stride: stride,
        to: &out, at: (some.lowerBound - places.lowerBound) * stride)
    }
    for place in places.clamped(to: dense + 1..<max(count, dense + 1)) {
      let (index, start) = (place - 1, (place - places.lowerBound) * stride)
      for row in ones(columns[index], rows) {
        let at = (Int(row) - rows.lowerBound) * stride
        for f in 0..<stride { out[start + f] += vectors[at + f] }
      }
    }
  }

  /// `out += X' W X` over some rows, of some places with others.
  ///
  /// - Parameters:
  ///   - rows: of one stretch.
  ///   - weights: of all rows.
  ///   - others: nil for all places.
  ///   - out: `some × others`, row-major.
  func addGram(
    _ rows: Range<Int>, _ weights: [Double], _ some: [Int], with others: [Int]?,
    to out: inout [Double]
  ) {
    let width = others?.count ?? count
    precondition(weights.count == matrix.rows && out.count == width * some.count)
    if others == nil && some.count <= Self.fewPlaces {
      return addGram(rows, weights, few: some, to: &out)
    }
    let vectors = scaled(rows, by: Array(weights[rows]), some)
    if let others {
      let values = scaled(rows, by: Array(Self.ones[..<rows.count]), others)
      unsafe values.withUnsafeBufferPointer { x in
        unsafe LinearAlgebra.addProducts(
          x.baseAddress!, leading: rows.count, rows: rows.count, columns: width, with: vectors,
          count: some.count, to: &out, leading: width)
      }
      return
    }
    for index in some.indices {
      out[index * width] += vectors[index * rows.count..<(index + 1) * rows.count].reduce(0, +)
    }
    _ = unsafe withDense { x, leading in
      unsafe LinearAlgebra.addProducts(
        x + rows.lowerBound, leading: leading, rows: rows.count, columns: dense, with: vectors,
        count: some.count, to: &out, at: 1, leading: width)
    }
    for place in dense + 1..<max(count, dense + 1) {
      let list = ones(columns[place - 1], rows)
      for index in some.indices {
        for row in list {
          out[index * width + place] += vectors[index * rows.count + Int(row) - rows.lowerBound]
        }
      }
    }
  }

  /// Up to so many places are better multiplied as the pulls of as many fits, whose blocks of rows need no
  /// packing.
  private static let fewPlaces = 24

  /// The same for few places with all.
  private func addGram(
    _ rows: Range<Int>, _ weights: [Double], few: [Int], to out: inout [Double]
  ) {
    let width = LossBlock.stride(fits: few.count, responses: 1)
    var sums = [Double](repeating: 0, count: count * width)
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.block) {
      let block = start..<min(start + Self.block, rows.upperBound)
      let columns = scaled(block, by: Array(weights[block]), few)
      var vectors = [Double](repeating: 0, count: block.count * width)
      for index in few.indices {
        for row in 0..<block.count {
          vectors[row &* width &+ index] = columns[index &* block.count &+ row]
        }
      }
      addTransposedProduct(block, vectors, stride: width, places: 0..<count, to: &sums)
    }
    for index in few.indices {
      for place in 0..<count { out[index * count + place] += sums[place * width + index] }
    }
  }

  /// `out += X' W X` over some rows, of some places with each other; the upper half of it.
  ///
  /// - Parameters:
  ///   - rows: of one stretch.
  ///   - weights: of all rows; none negative, or none positive.
  ///   - out: `some × some`, row-major.
  func addGram(_ rows: Range<Int>, _ weights: [Double], _ some: [Int], to out: inout [Double]) {
    let roots = weights[rows].map { abs($0).squareRoot() }
    let sign: Double = weights[rows].contains { $0 < 0 } ? -1 : 1
    let vectors = scaled(rows, by: roots, some)
    unsafe vectors.withUnsafeBufferPointer { vectors in
      unsafe LinearAlgebra.addSquares(
        of: vectors.baseAddress!, leading: rows.count, count: some.count, rows: rows.count,
        sign: sign, to: &out)
    }
  }

  /// Some rows and places, each row times its factor; `rows × some`, column-major.
  private func scaled(_ rows: Range<Int>, by factors: [Double], _ some: [Int]) -> [Double] {
    precondition(factors.count == rows.count)
    return unsafe Array(unsafeUninitializedCapacity: rows.count * some.count) { out, filled in
      for (index, place) in some.enumerated() {
        let first = unsafe out.baseAddress! + index * rows.count
        if place > 0 && place <= dense {
          _ = unsafe withDense { x, leading in
            let x = unsafe x + (place - 1) * leading + rows.lowerBound
            for row in 0..<rows.count { unsafe first[row] = x[row] * factors[row] }
          }
        } else {
          for (row, value) in values(place, rows).enumerated() {
            unsafe first[row] = value * factors[row]
          }
        }
      }
      filled = rows.count * some.count
    }
  }

  /// The values of some rows at a place.
  func values(_ place: Int, _ rows: Range<Int>) -> [Double] {
    if place == 0 { return Array(repeating: 1, count: rows.count) }
    let column = columns[place - 1]
    if column < matrix.numbers {
      return unsafe matrix.withColumn(column) { unsafe Array($0[rows]) }
    }
    var values = [Double](repeating: 0, count: rows.count)
    for row in ones(column, rows) { values[Int(row) - rows.lowerBound] = 1 }
    return values
  }

  /// Those of some rows where an indicator is 1.
  private func ones(_ column: Int, _ rows: Range<Int>) -> ArraySlice<Int32> {
    let list = matrix.list(column)
    return list[
      list.firstPlace(notBelow: rows.lowerBound)..<list.firstPlace(notBelow: rows.upperBound)]
  }
}

extension ArraySlice<Int32> {
  /// The first place of an increasing list that is not below `bound`.
  fileprivate func firstPlace(notBelow bound: Int) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if Int(self[middle]) < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
