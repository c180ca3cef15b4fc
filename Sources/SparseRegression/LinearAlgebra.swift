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

  /// `c += rows' rows`, upper triangle of the leading `width × width` of the row-major `c`.
  ///
  /// - Parameters:
  ///   - rows: `count × width`, row-major.
  ///   - c: its strict lower triangle is neither read nor written.
  ///   - leading: how far apart its rows begin.
  /// - Complexity: O(count · width²)
  static func addGram(
    of rows: [Double], count: Int, width: Int, to c: UnsafeMutableBufferPointer<Double>,
    leading: Int
  ) {
    precondition(
      rows.count >= count * width && c.count >= width * leading && leading >= width,
      "addGram: shapes differ")
    guard count > 0, width > 0, let c = c.baseAddress else { return }
    guard count * width * width > fewestProducts else {
      return unsafe addShortGram(of: rows, count: count, width: width, to: c, leading: leading)
    }
    _ = singleThreaded
    unsafe rows.withUnsafeBufferPointer { rows in
      // Row-major upper is column-major lower.
      unsafe cblas_dsyrk(
        CblasColMajor, CblasLower, CblasNoTrans, CInt(width), CInt(count), 1,
        rows.baseAddress!, CInt(width), 1, c, CInt(leading))
    }
  }

  /// The same for a square of its own.
  static func addGram(of rows: [Double], count: Int, width: Int, to c: inout [Double]) {
    precondition(c.count == width * width, "addGram: shapes differ")
    unsafe c.withUnsafeMutableBufferPointer {
      unsafe addGram(of: rows, count: count, width: width, to: $0, leading: width)
    }
  }

  /// Up to so many products a loop is done before OpenBLAS has room to work in.
  private static let fewestProducts = 1 << 15

  private static func addShortGram(
    of rows: [Double], count: Int, width: Int, to c: UnsafeMutablePointer<Double>, leading: Int
  ) {
    let rows = rows.span
    for start in stride(from: 0, to: count * width, by: width) {
      for i in 0..<width {
        let (x, place) = (rows[start &+ i], i &* leading)
        for k in i..<width { unsafe c[place &+ k] += x * rows[start &+ k] }
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
    unsafe x.withUnsafeBufferPointer { x in unsafe add(x, times: a, to: &y) }
  }

  /// `y += a · x`
  static func add(_ x: UnsafeBufferPointer<Double>, times a: Double, to y: inout [Double]) {
    precondition(x.count == y.count, "add: shapes differ")
    guard !x.isEmpty else { return }
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe cblas_daxpy(CInt(x.count), a, x.baseAddress!, 1, y.baseAddress!, 1)
    }
  }

  /// x'y
  static func dot(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
    precondition(x.count == y.count, "dot: shapes differ")
    guard !x.isEmpty else { return 0 }
    return unsafe cblas_ddot(CInt(x.count), x.baseAddress!, 1, y.baseAddress!, 1)
  }

  /// x'y
  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in unsafe dot(x, y) }
    }
  }

  /// Σ wᵢ xᵢ zᵢ
  static func inner(_ w: [Double], _ x: [Double], _ z: [Double]) -> Double {
    precondition(x.count == w.count && z.count == w.count, "inner: shapes differ")
    guard !w.isEmpty else { return 0 }
    return unsafe w.withUnsafeBufferPointer { w in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe cinner(w.baseAddress!, x.baseAddress!, z.baseAddress!, w.count)
        }
      }
    }
  }

  /// Σ wᵢ (xᵢ − origin) and Σ wᵢ (xᵢ − origin)² over some places.
  @inline(__always)
  static func deviations(
    _ x: UnsafeBufferPointer<Double>, _ w: [Double], _ places: Range<Int>, from origin: Double
  ) -> (first: Double, second: Double) {
    precondition(
      places.lowerBound >= 0 && places.upperBound <= x.count && places.upperBound <= w.count)
    guard let base = x.baseAddress else { return (0, 0) }
    var (first, second) = (0.0, 0.0)
    unsafe w.withUnsafeBufferPointer { w in
      unsafe cdeviations(
        base + places.lowerBound, w.baseAddress! + places.lowerBound, places.count, origin,
        &first, &second)
    }
    return (first, second)
  }

  /// `y += a A x`, A symmetric.
  ///
  /// - Parameter triangle: the rows of A, each as far as its diagonal.
  /// - Complexity: O(count²)
  static func addProduct(
    ofTriangle triangle: [[Double]], _ x: [Double], times a: Double, to y: inout [Double]
  ) {
    precondition(x.count == triangle.count && y.count == triangle.count)
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe x.withUnsafeBufferPointer { x in
        for (j, row) in triangle.enumerated() {
          precondition(row.count == j + 1)
          unsafe row.withUnsafeBufferPointer { row in
            unsafe csymmetric(row.baseAddress!, j, x.baseAddress!, a, y.baseAddress!)
          }
        }
      }
    }
  }

  /// Solves `L x = b` in place, or `L' x = b`, for a lower triangle of `count` rows.
  ///
  /// - Parameter factor: row by row, each as far as its diagonal.
  /// - Complexity: O(count²)
  static func solveTriangular(
    _ factor: [Double], count: Int, transposed: Bool, _ b: inout [Double]
  ) {
    precondition(count * (count + 1) / 2 <= factor.count && count <= b.count)
    guard count > shortest else {
      return solveShort(factor, count: count, transposed: transposed, &b)
    }
    unsafe b.withUnsafeMutableBufferPointer { b in
      unsafe factor.withUnsafeBufferPointer { factor in
        unsafe cblas_dtpsv(
          CblasRowMajor, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit,
          CInt(count), factor.baseAddress!, b.baseAddress!, 1)
      }
    }
  }

  /// Up to so many numbers a loop is done before OpenBLAS has looked up its kernel.
  static let shortest = 24

  private static func solveShort(
    _ factor: [Double], count: Int, transposed: Bool, _ b: inout [Double]
  ) {
    let l = factor.span
    var x = b.mutableSpan
    guard transposed else {
      var place = 0
      for i in 0..<count {
        var sum = x[i]
        for k in 0..<i { sum -= l[place &+ k] * x[k] }
        place &+= i &+ 1
        x[i] = sum / l[place &- 1]
      }
      return
    }
    var place = count &* (count &+ 1) / 2
    for i in (0..<count).reversed() {
      place &-= i &+ 1
      let value = x[i] / l[place &+ i]
      x[i] = value
      for k in 0..<i { x[k] -= value * l[place &+ k] }
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
