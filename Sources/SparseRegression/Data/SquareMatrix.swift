/// A square of numbers, in memory or in a mapped file.
struct SquareMatrix: Sendable {
  let side: Int
  /// Empty where there is a file.
  private var array: [Double]
  private var file: NumberBuffer?
  private let files: NumberFiles?

  /// Zeros in memory.
  init(side: Int) {
    self.side = side
    files = nil
    array = Array(repeating: 0, count: side * side)
  }

  /// Zeros.
  ///
  /// - Parameter files: nil for memory.
  /// - Throws: ``RowStore/Failure``
  init(side: Int, _ files: NumberFiles?) throws(RowStore.Failure) {
    self.side = side
    self.files = side > 0 ? files : nil
    array = []
    if let files = self.files {
      file = try files.buffer(side * side)
    } else {
      array = Array(repeating: 0, count: side * side)
    }
  }

  subscript(_ j: Int, _ k: Int) -> Double {
    get {
      guard let file else { return array[j * side + k] }
      return unsafe file.withNumbers(j * side + k..<j * side + k + 1) { unsafe $0[0] }
    }
    set {
      guard file == nil else {
        unsafe withMutableRow(j, k..<k + 1) { unsafe $0[0] = newValue }
        return
      }
      array[j * side + k] = newValue
    }
  }

  /// Lends a row.
  @inline(__always)
  func withRow<Result>(_ j: Int, _ body: (UnsafeBufferPointer<Double>) -> Result) -> Result {
    let range = j * side..<(j + 1) * side
    if let file { return unsafe file.withNumbers(range, body) }
    return unsafe array.withUnsafeBufferPointer { unsafe body(.init(rebasing: $0[range])) }
  }

  /// Lends a part of a row for writing.
  mutating func withMutableRow<Result>(
    _ j: Int, _ columns: Range<Int>, _ body: (UnsafeMutableBufferPointer<Double>) -> Result
  ) -> Result {
    let range = j * side + columns.lowerBound..<j * side + columns.upperBound
    makeUnique()
    if let file { return unsafe file.withMutableNumbers(range, body) }
    return unsafe array.withUnsafeMutableBufferPointer { unsafe body(.init(rebasing: $0[range])) }
  }

  /// Lends all of it for writing.
  mutating func withMutableNumbers<Result>(
    _ body: (UnsafeMutableBufferPointer<Double>) -> Result
  ) -> Result {
    makeUnique()
    if let file { return unsafe file.withMutableNumbers(0..<side * side, body) }
    return unsafe array.withUnsafeMutableBufferPointer { unsafe body($0) }
  }

  /// Gives a copy that is about to be changed numbers of its own: in memory only where there is no file.
  private mutating func makeUnique() {
    guard file != nil, !isKnownUniquelyReferenced(&file), let shared = file else { return }
    let all = 0..<side * side
    if let copy = try? files?.buffer(side * side) {
      unsafe copy.withMutableNumbers(all) { to in
        unsafe shared.withNumbers(all) { _ = unsafe to.update(fromContentsOf: $0) }
      }
      file = copy
      return
    }
    array = unsafe shared.withNumbers(all) { unsafe Array($0) }
    file = nil
  }

  var isInFile: Bool { file != nil }

  var isFinite: Bool {
    (0..<side).allSatisfy { unsafe withRow($0) { unsafe $0.allSatisfy(\.isFinite) } }
  }

  /// Takes in the rows of a smaller square as the first part of its own.
  mutating func copy(_ other: SquareMatrix) {
    for j in 0..<other.side {
      unsafe other.withRow(j) { from in
        unsafe withMutableRow(j, 0..<other.side) { to in
          _ = unsafe to.update(fromContentsOf: from)
        }
      }
    }
  }
}

extension SquareMatrix: Equatable {
  static func == (a: SquareMatrix, b: SquareMatrix) -> Bool {
    a.side == b.side
      && (0..<a.side).allSatisfy { j in
        unsafe a.withRow(j) { x in unsafe b.withRow(j) { unsafe x.elementsEqual($0) } }
      }
  }
}
