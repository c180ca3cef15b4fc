internal import COpenBLAS

/// Whole inverses, for matrices of a few thousand columns at most.
extension LinearAlgebra {
  /// A⁻¹ of a symmetric positive definite matrix, both halves filled; nil if it is not positive definite
  /// to rounding.
  ///
  /// - Complexity: O(count³)
  static func inverse(of matrix: [Double], count: Int) -> [Double]? {
    precondition(matrix.count == count * count, "inverse: shapes differ")
    guard count > 0 else { return [] }
    var inverse = matrix
    guard factorize(&inverse, stride: count, count: count) else { return nil }
    var (n, lda, info) = (CInt(count), CInt(count), CInt(0))
    unsafe inverse.withUnsafeMutableBufferPointer { inverse in
      // Row-major lower is column-major upper.
      unsafe dpotri_("U", &n, inverse.baseAddress!, &lda, &info)
    }
    guard info == 0 else { return nil }
    for j in 0..<count { for k in 0..<j { inverse[k * count + j] = inverse[j * count + k] } }
    return inverse
  }

  /// `matrix += a · x x'`, both halves.
  static func addOuterProduct(_ x: [Double], times a: Double, to matrix: inout [Double]) {
    let count = x.count
    precondition(matrix.count == count * count, "addOuterProduct: shapes differ")
    guard count > 0 else { return }
    unsafe matrix.withUnsafeMutableBufferPointer { matrix in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe cblas_dger(
          CblasRowMajor, CInt(count), CInt(count), a, x.baseAddress!, 1, x.baseAddress!, 1,
          matrix.baseAddress!, CInt(count))
      }
    }
  }

  /// A B for row-major A, `rows × inner`, and B, `inner × columns`.
  static func product(
    _ a: [Double], _ b: [Double], rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    precondition(a.count == rows * inner && b.count == inner * columns, "product: shapes differ")
    var c = [Double](repeating: 0, count: rows * columns)
    guard rows > 0, inner > 0, columns > 0 else { return c }
    _ = singleThreaded
    unsafe c.withUnsafeMutableBufferPointer { c in
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          unsafe cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, CInt(rows), CInt(columns), CInt(inner), 1,
            a.baseAddress!, CInt(inner), b.baseAddress!, CInt(columns), 0, c.baseAddress!,
            CInt(columns))
        }
      }
    }
    return c
  }

  /// L of a symmetric positive definite matrix L L', row-major with zeros above the diagonal: column-major, L'. Nil
  /// if there is none, to rounding.
  ///
  /// - Complexity: O(count³)
  static func lowerFactor(of matrix: [Double], count: Int) -> [Double]? {
    var factor = matrix
    guard factorize(&factor, stride: count, count: count) else { return nil }
    for row in 0..<count {
      for column in row + 1..<max(count, row + 1) { factor[row * count + column] = 0 }
    }
    return factor
  }

  /// `out ← keeping · out + A B`, all column-major; from one column to the next are `leading` numbers.
  ///
  /// - Parameters:
  ///   - a: `rows × inner`.
  ///   - b: `inner × columns`, without gaps.
  static func multiply(
    _ a: UnsafePointer<Double>, leading: Int, _ b: UnsafePointer<Double>, rows: Int, inner: Int,
    columns: Int, keeping: Double, to out: UnsafeMutablePointer<Double>, leading outLeading: Int
  ) {
    guard rows > 0, inner > 0, columns > 0 else { return }
    _ = singleThreaded
    unsafe cblas_dgemm(
      CblasColMajor, CblasNoTrans, CblasNoTrans, CInt(rows), CInt(columns), CInt(inner), 1, a,
      CInt(leading), b, CInt(inner), keeping, out, CInt(outLeading))
  }

  /// L of a symmetric positive semidefinite matrix C = L L', column by column, the largest remaining share
  /// of a diagonal first, until what is left of every diagonal is rounding.
  ///
  /// - Parameters:
  ///   - row: a row of C.
  ///   - diagonal: of C.
  ///   - ends: for each diagonal, what counts as rounding.
  ///   - rank: columns at most.
  /// - Complexity: O(count · rank²)
  static func semidefiniteFactor(
    _ row: (Int) -> [Double], diagonal: [Double], ends: [Double], rank: Int
  ) -> [[Double]] {
    var (rest, factor) = (diagonal, [[Double]]())
    while factor.count < min(rank, diagonal.count) {
      let shares = zip(rest, zip(diagonal, ends)).map { $0 > $1.1 ? $0 / $1.0 : 0 }
      guard let pivot = shares.indices.max(by: { shares[$0] < shares[$1] }), shares[pivot] > 0
      else { break }
      var column = row(pivot)
      for before in factor { add(before, times: -before[pivot], to: &column) }
      let scale = 1 / rest[pivot].squareRoot()
      for j in column.indices {
        column[j] *= scale
        rest[j] -= column[j] * column[j]
      }
      rest[pivot] = 0
      factor.append(column)
    }
    return factor
  }

  /// A x for a symmetric A.
  static func product(_ matrix: [Double], _ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: x.count)
    for (row, a) in x.enumerated() where a != 0 { addRow(row, of: matrix, times: a, to: &y) }
    return y
  }

  /// A x for a symmetric A, row-major, of which what is above the diagonal is not read.
  static func product(lower: [Double], _ x: [Double]) -> [Double] {
    precondition(lower.count == x.count * x.count, "product: shapes differ")
    _ = singleThreaded
    var y = [Double](repeating: 0, count: x.count)
    guard let width = CInt(exactly: x.count), width > 0 else { return y }
    unsafe cblas_dsymv(CblasRowMajor, CblasLower, width, 1, lower, width, x, 1, 0, &y, 1)
    return y
  }

  /// L x for a lower triangle L of a row-major square.
  static func lowerProduct(_ matrix: [Double], _ x: [Double]) -> [Double] {
    let count = x.count
    precondition(matrix.count == count * count, "lowerProduct: shapes differ")
    return x.indices.map { row in (0...row).reduce(0) { $0 + matrix[row * count + $1] * x[$1] } }
  }
}

extension LinearAlgebra {
  /// L⁻¹ for the Cholesky factor L of a matrix, row-major with zeros above the diagonal.
  ///
  /// - Parameter matrix: `count × count`; what is above its diagonal is not read.
  /// - Returns: nil if the matrix is not positive definite to rounding.
  /// - Complexity: O(count³)
  static func inverseFactor(of matrix: [Double], count: Int) -> [Double]? {
    precondition(matrix.count == count * count, "inverseFactor: shapes differ")
    var factor = matrix
    guard factorize(&factor, stride: count, count: count) else { return nil }
    var inverse = [Double](repeating: 0, count: count * count)
    for j in 0..<count { inverse[j * count + j] = 1 }
    guard count > 0 else { return inverse }
    unsafe inverse.withUnsafeMutableBufferPointer { inverse in
      unsafe factor.withUnsafeBufferPointer { factor in
        unsafe cblas_dtrsm(
          CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, CInt(count),
          CInt(count), 1, factor.baseAddress!, CInt(count), inverse.baseAddress!, CInt(count))
      }
    }
    return inverse
  }

  /// A⁻¹ b, with L⁻¹ of A = L L' as ``inverseFactor(of:count:)`` gives it.
  ///
  /// - Complexity: O(count²)
  static func applyInverse(_ inverse: [Double], to b: [Double]) -> [Double] {
    let count = b.count
    precondition(inverse.count == count * count, "applyInverse: shapes differ")
    var (half, answer) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
    )
    for row in 0..<count {
      half[row] = dot(Array(inverse[row * count...row * count + row]), Array(b[...row]))
    }
    for row in 0..<count { addRow(row, of: inverse, times: half[row], to: &answer) }
    return answer
  }

  /// Copies the upper half of a square matrix into the lower one.
  static func mirror(_ c: inout [Double], count: Int) {
    precondition(c.count == count * count, "mirror: shapes differ")
    for i in 0..<count { for k in 0..<i { c[i * count + k] = c[k * count + i] } }
  }
}
