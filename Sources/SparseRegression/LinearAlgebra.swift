internal import COpenBLAS
internal import CProducts

/// The few dense kernels of this module, over OpenBLAS.
///
/// Matrices are square, symmetric where said, stored as one array of `count * count` doubles; for a
/// symmetric matrix with both halves filled, row- and column-major are the same. OpenBLAS runs
/// single-threaded: threads belong to the tasks above it, so that sums never depend on their number.
enum LinearAlgebra {
  /// Keeps OpenBLAS from starting threads of its own. Evaluated once, by the first kernel.
  static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `c += rows' rows`, upper triangle of the row-major `width × width` matrix `c`.
  ///
  /// - Parameters:
  ///   - rows: `count × width`, row-major.
  ///   - c: `width × width`; the strict lower triangle is neither read nor written.
  /// - Complexity: O(count · width²)
  static func addGram(of rows: [Double], count: Int, width: Int, to c: inout [Double]) {
    precondition(rows.count >= count * width && c.count == width * width, "addGram: shapes differ")
    guard count > 0, width > 0 else { return }
    _ = singleThreaded
    unsafe c.withUnsafeMutableBufferPointer { c in
      unsafe rows.withUnsafeBufferPointer { rows in
        // Row-major upper is column-major lower.
        unsafe cblas_dsyrk(
          CblasColMajor, CblasLower, CblasNoTrans, CInt(width), CInt(count), 1,
          rows.baseAddress!, CInt(width), 1, c.baseAddress!, CInt(width))
      }
    }
  }

  /// `y += a · matrix[row]`, for one row of a row-major matrix with rows of `y.count`.
  static func addRow(_ row: Int, of matrix: [Double], times a: Double, to y: inout [Double]) {
    let width = y.count
    precondition((row + 1) * width <= matrix.count, "addRow: shapes differ")
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe matrix.withUnsafeBufferPointer { matrix in
        unsafe cblas_daxpy(
          CInt(width), a, matrix.baseAddress! + row * width, 1, y.baseAddress!, 1)
      }
    }
  }

  /// `y += a · x`
  static func add(_ x: [Double], times a: Double, to y: inout [Double]) {
    precondition(x.count == y.count, "add: shapes differ")
    guard !x.isEmpty else { return }
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe cblas_daxpy(CInt(x.count), a, x.baseAddress!, 1, y.baseAddress!, 1)
      }
    }
  }

  /// x'y
  static func dot(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
    precondition(x.count == y.count, "dot: shapes differ")
    guard !x.isEmpty else { return 0 }
    return unsafe cblas_ddot(CInt(x.count), x.baseAddress!, 1, y.baseAddress!, 1)
  }

  /// X'V: `out[k · stride + f]` is the product of column k of X with vector f.
  ///
  /// - Parameters:
  ///   - x: `length × columns`, column-major.
  ///   - vectors: few.
  /// - Complexity: O(length · columns · vectors)
  static func transposedProduct(
    _ x: UnsafeBufferPointer<Double>, columns: Int, _ vectors: InterleavedVectors
  ) -> [Double] {
    let (length, stride) = (vectors.length, vectors.stride)
    precondition(x.count == columns * length)
    var out = [Double](repeating: 0, count: columns * stride)
    guard !x.isEmpty else { return out }
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe vectors.values.withUnsafeBufferPointer { values in
        for k in 0..<columns {
          unsafe cproducts(
            x.baseAddress! + k * length, length, values.baseAddress!, stride,
            out.baseAddress! + k * stride)
        }
      }
    }
    return out
  }

  /// `out += X V` for the rows from `x` on.
  ///
  /// - Parameters:
  ///   - x: column-major, columns `leading` apart.
  ///   - vectors: `columns × stride`, row-major.
  ///   - out: `rows × stride`, row-major.
  static func addProduct(
    _ x: UnsafePointer<Double>, leading: Int, rows: Int, columns: Int, _ vectors: [Double],
    stride: Int, to out: inout [Double]
  ) {
    precondition(vectors.count == columns * stride && out.count == rows * stride)
    guard rows > 0, columns > 0 else { return }
    _ = singleThreaded
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe vectors.withUnsafeBufferPointer { vectors in
        // Row-major is the transpose of column-major.
        unsafe cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasTrans, CInt(stride), CInt(rows), CInt(columns), 1,
          vectors.baseAddress!, CInt(stride), x, CInt(leading), 1, out.baseAddress!, CInt(stride))
      }
    }
  }

  /// `out += X' R` for the rows from `x` on.
  ///
  /// - Parameters:
  ///   - x: column-major, columns `leading` apart.
  ///   - vectors: `rows × stride`, row-major.
  ///   - out: `columns × stride`, row-major, from `offset` on.
  static func addTransposedProduct(
    _ x: UnsafePointer<Double>, leading: Int, rows: Int, columns: Int, _ vectors: [Double],
    stride: Int, to out: inout [Double], at offset: Int = 0
  ) {
    precondition(vectors.count == rows * stride && out.count >= offset + columns * stride)
    guard rows > 0, columns > 0 else { return }
    _ = singleThreaded
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe vectors.withUnsafeBufferPointer { vectors in
        unsafe cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasNoTrans, CInt(stride), CInt(columns), CInt(rows), 1,
          vectors.baseAddress!, CInt(stride), x, CInt(leading), 1, out.baseAddress! + offset,
          CInt(stride))
      }
    }
  }

  /// Solves `L x = b` in place, or `L' x = b`, for the leading `count` rows of a lower triangle.
  ///
  /// - Parameter factor: row-major with rows of `stride`.
  /// - Complexity: O(count²)
  static func solveTriangular(
    _ factor: [Double], stride: Int, count: Int, transposed: Bool, _ b: inout [Double]
  ) {
    precondition(count <= stride && count * stride <= factor.count && count <= b.count)
    guard count > 0 else { return }
    unsafe b.withUnsafeMutableBufferPointer { b in
      unsafe factor.withUnsafeBufferPointer { factor in
        unsafe cblas_dtrsv(
          CblasRowMajor, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit,
          CInt(count), factor.baseAddress!, CInt(stride), b.baseAddress!, 1)
      }
    }
  }

  /// Replaces the leading `count × count` lower triangle of a row-major matrix by its Cholesky
  /// factor.
  ///
  /// - Returns: false if the matrix is not positive definite to rounding; its content is then lost.
  /// - Complexity: O(count³)
  static func factorize(_ matrix: inout [Double], stride: Int, count: Int) -> Bool {
    guard count > 0 else { return true }
    _ = singleThreaded
    var (n, lda, info) = (CInt(count), CInt(stride), CInt(0))
    unsafe matrix.withUnsafeMutableBufferPointer { matrix in
      // Row-major lower is column-major upper.
      unsafe dpotrf_("U", &n, matrix.baseAddress!, &lda, &info)
    }
    return info == 0
  }
}

/// A few vectors of one length, element by element: all first elements, then all second ones.
struct InterleavedVectors: Sendable {
  let count: Int
  let length: Int
  /// From one element to the next: `count`, rounded up.
  let stride: Int
  let values: [Double]

  init(_ vectors: [[Double]]) {
    count = vectors.count
    length = vectors.first?.count ?? 0
    let lanes = Int(CPRODUCTS_LANES)
    stride = (count + lanes - 1) / lanes * lanes
    var values = [Double](repeating: 0, count: stride * length)
    for (f, vector) in vectors.enumerated() {
      precondition(vector.count == length)
      for (i, value) in vector.enumerated() { values[i * stride + f] = value }
    }
    self.values = values
  }

  /// Σ over some places of vector `f`.
  func sum(_ places: ArraySlice<Int32>, of f: Int) -> Double {
    var sum = 0.0
    for place in places { sum += values[Int(place) * stride + f] }
    return sum
  }
}
