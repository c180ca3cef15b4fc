internal import CLosses
internal import COpenBLAS
internal import CProducts

/// Products of columns that lie anywhere with a few vectors, or with each other.
extension LinearAlgebra {
  /// X V, and a start for each row.
  ///
  /// - Parameters:
  ///   - columns: of X, each of `rows`.
  ///   - vectors: `columns × stride`, row-major.
  ///   - start: what every row starts from, of `stride`, a multiple of `CLOSSES_LANES`.
  ///   - offset: what is added to all of a row, one a row; empty for nothing.
  /// - Returns: `rows × stride`, row-major.
  static func product(
    _ columns: [UnsafePointer<Double>], rows: Int, _ vectors: [Double], stride: Int,
    start: [Double], offset: ArraySlice<Double>
  ) -> [Double] {
    precondition(unsafe vectors.count == columns.count * stride && start.count == stride)
    precondition(offset.isEmpty || offset.count == rows)
    return unsafe Array(unsafeUninitializedCapacity: rows * stride) { out, count in
      count = rows * stride
      guard rows > 0 else { return }
      unsafe vectors.withUnsafeBufferPointer { vectors in
        unsafe columns.withUnsafeBufferPointer { columns in
          unsafe start.withUnsafeBufferPointer { start in
            unsafe offset.withUnsafeBufferPointer { offset in
              // An empty array has no address; none of it is read.
              unsafe closses_predict(
                columns.baseAddress!, columns.count, rows,
                vectors.baseAddress ?? start.baseAddress!, stride, start.baseAddress!,
                offset.isEmpty ? nil : offset.baseAddress!, out.baseAddress!)
            }
          }
        }
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
    if stride % Int(CPRODUCTS_LANES) == 0 && stride <= 64 {
      // For a dozen vectors a matrix product would pack both sides first, which costs more.
      let pointers = unsafe (0..<columns).map { unsafe x + $0 * leading }
      let products = unsafe transposedProduct(pointers, vectors, length: rows, stride: stride)
      for (index, value) in products.enumerated() { out[offset + index] += value }
      return
    }
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe vectors.withUnsafeBufferPointer { vectors in
        guard stride > 1 else {
          return unsafe cblas_dgemv(
            CblasColMajor, CblasTrans, CInt(rows), CInt(columns), 1, x, CInt(leading),
            vectors.baseAddress!, 1, 1, out.baseAddress! + offset, 1)
        }
        unsafe cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasNoTrans, CInt(stride), CInt(columns), CInt(rows), 1,
          vectors.baseAddress!, CInt(stride), x, CInt(leading), 1, out.baseAddress! + offset,
          CInt(stride))
      }
    }
  }

  /// `out += X' V` for the rows from `x` on.
  ///
  /// - Parameters:
  ///   - x: column-major, columns `leading` apart.
  ///   - vectors: `rows × count`, column-major.
  ///   - out: `columns × count`, column-major, from `offset` on, columns `outLeading` apart.
  static func addProducts(
    _ x: UnsafePointer<Double>, leading: Int, rows: Int, columns: Int, with vectors: [Double],
    count: Int, to out: inout [Double], at offset: Int = 0, leading outLeading: Int
  ) {
    guard rows > 0, columns > 0, count > 0 else { return }
    precondition(
      vectors.count == rows * count && out.count >= offset + (count - 1) * outLeading + columns)
    _ = singleThreaded
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe vectors.withUnsafeBufferPointer { vectors in
        unsafe cblas_dgemm(
          CblasColMajor, CblasTrans, CblasNoTrans, CInt(columns), CInt(count), CInt(rows), 1, x,
          CInt(leading), vectors.baseAddress!, CInt(rows), 1, out.baseAddress! + offset,
          CInt(outLeading))
      }
    }
  }

  /// `out += sign · V'V`, the upper half of it.
  ///
  /// - Parameters:
  ///   - vectors: `rows × count`, column-major; from one column to the next are `leading` numbers.
  ///   - out: `count × count`, row-major.
  static func addSquares(
    of vectors: UnsafePointer<Double>, leading: Int, count: Int, rows: Int, sign: Double,
    to out: inout [Double]
  ) {
    precondition(out.count == count * count && rows <= leading)
    guard rows > 0, count > 0 else { return }
    _ = singleThreaded
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe cblas_dsyrk(
        CblasColMajor, CblasLower, CblasTrans, CInt(count), CInt(rows), sign, vectors,
        CInt(leading), 1, out.baseAddress!, CInt(count))
    }
  }

  /// X'V: `out[c · stride + f]` is the product of column c with vector f.
  ///
  /// - Parameters:
  ///   - columns: each as long as the vectors.
  ///   - vectors: few.
  /// - Complexity: O(length · columns · vectors)
  static func transposedProduct(
    _ columns: [UnsafePointer<Double>], _ vectors: InterleavedVectors
  ) -> [Double] {
    unsafe transposedProduct(
      columns, vectors.values, length: vectors.length, stride: vectors.stride)
  }

  /// The same, four numbers at a time.
  static func transposedQuads(
    _ columns: [UnsafePointer<Double>], _ vectors: InterleavedVectors
  ) -> [SIMD4<Double>] {
    precondition(vectors.stride % 4 == 0 && vectors.values.count >= vectors.length * vectors.stride)
    let quads = unsafe columns.count * (vectors.stride / 4)
    return unsafe Array(unsafeUninitializedCapacity: quads) { out, count in
      count = quads
      guard count > 0 else { return }
      unsafe vectors.values.withUnsafeBufferPointer { values in
        unsafe columns.withUnsafeBufferPointer { columns in
          unsafe UnsafeMutableRawPointer(out.baseAddress!).withMemoryRebound(
            to: Double.self, capacity: 4 * quads
          ) {
            unsafe cproducts(
              columns.baseAddress!, columns.count, vectors.length, values.baseAddress!,
              vectors.stride, $0)
          }
        }
      }
    }
  }

  private static func transposedProduct(
    _ columns: [UnsafePointer<Double>], _ values: [Double], length: Int, stride: Int
  ) -> [Double] {
    precondition(values.count >= length * stride)
    return unsafe Array(unsafeUninitializedCapacity: columns.count * stride) { out, count in
      count = unsafe columns.count * stride
      guard count > 0 else { return }
      unsafe values.withUnsafeBufferPointer { values in
        unsafe columns.withUnsafeBufferPointer { columns in
          unsafe cproducts(
            columns.baseAddress!, columns.count, length, values.baseAddress!, stride,
            out.baseAddress!)
        }
      }
    }
  }
}
