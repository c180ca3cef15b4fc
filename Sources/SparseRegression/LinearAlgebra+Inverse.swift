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

  /// A x for a symmetric A.
  static func product(_ matrix: [Double], _ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: x.count)
    for (row, a) in x.enumerated() where a != 0 { addRow(row, of: matrix, times: a, to: &y) }
    return y
  }

  /// L x for a lower triangle L of a row-major square.
  static func lowerProduct(_ matrix: [Double], _ x: [Double]) -> [Double] {
    let count = x.count
    precondition(matrix.count == count * count, "lowerProduct: shapes differ")
    return x.indices.map { row in (0...row).reduce(0) { $0 + matrix[row * count + $1] * x[$1] } }
  }
}
