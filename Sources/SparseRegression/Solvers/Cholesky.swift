/// A Cholesky factor L L' = A of a matrix that gains and loses rows one at a time.
///
/// - Complexity: O(k²) to append, remove or solve, for k rows; O(capacity²) memory.
struct Cholesky {
  /// A row is refused if the part of its diagonal that the rows before it do not explain falls below
  /// this share: the column it stands for is then, to working precision, a combination of theirs.
  static let pivotTolerance = 1e-12

  private(set) var count = 0
  private var stride: Int
  /// Row-major lower triangle with rows of `stride`.
  private var factor: [Double]

  init(capacity: Int = 16) {
    stride = capacity
    factor = Array(repeating: 0, count: capacity * capacity)
  }

  /// Appends a row of A: its entries with the rows so far, in order, and its diagonal.
  ///
  /// - Returns: false, and nothing is changed, if the row depends on the others.
  mutating func append(_ row: consuming [Double], diagonal: Double) -> Bool {
    precondition(row.count == count)
    LinearAlgebra.solveTriangular(factor, stride: stride, count: count, transposed: false, &row)
    let pivot = diagonal - row.reduce(0) { $0 + $1 * $1 }
    guard pivot > Self.pivotTolerance * diagonal, pivot > 0 else { return false }
    if count == stride { grow(to: stride + max(16, stride / 4)) }
    let start = count * stride
    for k in 0..<count { factor[start + k] = row[k] }
    factor[start + count] = pivot.squareRoot()
    count += 1
    return true
  }

  /// Removes a row and column of A; the ones after it move up.
  ///
  /// The rows below shift into a lower Hessenberg matrix, which rotations of neighbouring columns make
  /// triangular again (Golub & Van Loan, Matrix Computations, section 6.5).
  mutating func remove(at position: Int) {
    precondition(position < count)
    for i in position + 1..<max(count, position + 1) {
      for k in 0...i { factor[(i - 1) * stride + k] = factor[i * stride + k] }
    }
    count -= 1
    for i in position..<max(count, position) {
      let (a, b) = (factor[i * stride + i], factor[i * stride + i + 1])
      let length = (a * a + b * b).squareRoot()
      rotate(columns: i, i + 1, from: i, cosine: a / length, sine: b / length)
      factor[i * stride + i + 1] = 0
    }
  }

  /// A⁻¹ b
  func solve(_ b: consuming [Double]) -> [Double] {
    precondition(b.count == count)
    LinearAlgebra.solveTriangular(factor, stride: stride, count: count, transposed: false, &b)
    LinearAlgebra.solveTriangular(factor, stride: stride, count: count, transposed: true, &b)
    return b
  }

  /// Starts again from a whole matrix.
  ///
  /// - Parameter lower: `count × count`, row-major; the strict upper triangle is not read.
  /// - Returns: false, leaving the factor empty, if a row depends on the others.
  /// - Complexity: O(count³)
  mutating func reset(lower: [Double], count: Int) -> Bool {
    let diagonal = (0..<count).map { lower[$0 * count + $0] }
    self.count = 0
    stride = max(count, 16)
    factor = lower
    guard LinearAlgebra.factorize(&factor, stride: count, count: count) else {
      self = Cholesky(capacity: stride)
      return false
    }
    for j in 0..<count {
      let pivot = factor[j * count + j] * factor[j * count + j]
      guard pivot > Self.pivotTolerance * diagonal[j] else {
        self = Cholesky(capacity: stride)
        return false
      }
    }
    if count < stride {
      var wide = [Double](repeating: 0, count: stride * stride)
      for i in 0..<count { for k in 0...i { wide[i * stride + k] = factor[i * count + k] } }
      factor = wide
    }
    self.count = count
    return true
  }

  private mutating func rotate(
    columns i: Int, _ j: Int, from first: Int, cosine: Double, sine: Double
  ) {
    let (rows, stride) = (count, stride)
    var l = factor.mutableSpan
    for row in first..<rows {
      let start = row &* stride
      let (x, y) = (l[start &+ i], l[start &+ j])
      l[start &+ i] = cosine * x + sine * y
      l[start &+ j] = cosine * y - sine * x
    }
  }

  private mutating func grow(to capacity: Int) {
    var larger = [Double](repeating: 0, count: capacity * capacity)
    for i in 0..<count { for k in 0...i { larger[i * capacity + k] = factor[i * stride + k] } }
    factor = larger
    stride = capacity
  }
}
