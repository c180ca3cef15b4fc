/// A Cholesky factor L L' = A of a matrix that gains and loses rows one at a time.
///
/// - Complexity: O(k²) to append, remove or solve, for k rows; k² / 2 numbers of memory.
struct Cholesky {
  /// A row is refused if the part of its diagonal that the rows before it do not explain falls below
  /// this share: the column it stands for is then, to working precision, a combination of theirs.
  static let pivotTolerance = 1e-12

  /// The share below which this factor refuses a row.
  private let tolerance: Double
  private(set) var count = 0
  /// The lower triangle row by row, without what is above the diagonal.
  private var factor: [Double] = []

  init(tolerance: Double = Self.pivotTolerance) { self.tolerance = tolerance }

  /// Appends a row of A: its entries with the rows so far, in order, and its diagonal.
  ///
  /// - Returns: false, and nothing is changed, if the row depends on the others.
  mutating func append(_ row: consuming [Double], diagonal: Double) -> Bool {
    precondition(row.count == count)
    LinearAlgebra.solveTriangular(factor, count: count, transposed: false, &row)
    let pivot = diagonal - row.reduce(0) { $0 + $1 * $1 }
    guard pivot > tolerance * diagonal, pivot > 0 else { return false }
    // Room for an eighth more: doubling is too much where there are many rows.
    let needed = factor.count + count + 1
    if factor.capacity < needed { factor.reserveCapacity(needed + needed / 8) }
    factor += row
    factor.append(pivot.squareRoot())
    count += 1
    return true
  }

  /// Removes a row and column of A; the ones after it move up.
  ///
  /// The rows below shift into a lower Hessenberg matrix, which rotations of neighbouring columns make
  /// triangular again (Golub & Van Loan, Matrix Computations, section 6.5).
  mutating func remove(at position: Int) {
    precondition(position < count)
    if position + 1 < count { shift(to: position) }
    count -= 1
    factor.removeLast(count + 1)
  }

  /// Moves the rows behind a position up by one.
  ///
  /// Row i then has an entry more than fits. That is rotated away at once; the rotation is told to the
  /// rows below, so that each row is gone through once.
  private mutating func shift(to position: Int) {
    let rows = count
    var rotations: [(cosine: Double, sine: Double)] = []
    var l = factor.mutableSpan
    for i in position..<rows - 1 {
      let (new, old) = (i &* (i &+ 1) / 2, (i &+ 1) &* (i &+ 2) / 2)
      for k in 0..<position { l[new &+ k] = l[old &+ k] }
      var carried = l[old &+ position]
      for place in 0..<rotations.count {
        let ((cosine, sine), k) = (rotations[place], position &+ place)
        let next = l[old &+ k &+ 1]
        l[new &+ k] = cosine * carried + sine * next
        carried = cosine * next - sine * carried
      }
      let last = l[old &+ i &+ 1]
      let length = (carried * carried + last * last).squareRoot()
      rotations.append((carried / length, last / length))
      l[new &+ i] = length
    }
  }

  /// L⁻¹ b
  func solveLower(_ b: consuming [Double]) -> [Double] {
    precondition(b.count == count)
    LinearAlgebra.solveTriangular(factor, count: count, transposed: false, &b)
    return b
  }

  /// A⁻¹ b
  func solve(_ b: consuming [Double]) -> [Double] {
    precondition(b.count == count)
    LinearAlgebra.solveTriangular(factor, count: count, transposed: false, &b)
    LinearAlgebra.solveTriangular(factor, count: count, transposed: true, &b)
    return b
  }

  /// Starts again from a whole matrix.
  ///
  /// - Parameter lower: `count × count`, row-major; the strict upper triangle is not read.
  /// - Returns: false, leaving the factor empty, if a row depends on the others.
  /// - Complexity: O(count³)
  mutating func reset(lower: [Double], count: Int) -> Bool {
    let diagonal = (0..<count).map { lower[$0 * count + $0] }
    var square = lower
    self = Cholesky(tolerance: tolerance)
    guard LinearAlgebra.factorize(&square, stride: count, count: count) else { return false }
    for j in 0..<count {
      let pivot = square[j * count + j] * square[j * count + j]
      guard pivot > tolerance * diagonal[j] else { return false }
    }
    factor.reserveCapacity(count * (count + 1) / 2)
    for i in 0..<count { factor += square[i * count...i * count + i] }
    self.count = count
    return true
  }
}
