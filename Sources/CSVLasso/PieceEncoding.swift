internal import CSVRecords

/// How the rows of one piece become rows of the moments.
struct PieceEncoding: Sendable {
  /// Whether the parsed numbers are the row as it is.
  let isPlain: Bool
  let width: Int
  let target: Int
  /// For each code of a target that is text, its number; NaN for missing.
  let labels: [Double]?
  /// For each number and companion.
  let origins: [Double]
  /// For each of these, the column of its missing-indicator, or -1.
  let missing: [Int]
  /// For each text column and code, the column of its level, or -1.
  let levels: [[Int]]

  /// Appends the columns of the indicators that are 1 in a row.
  func appendOnes(_ piece: ParsedRows, _ index: Int, stride: Int, to ones: inout [Int32]) {
    if !piece.missing.isEmpty {
      for slot in missing.indices where missing[slot] >= 0 {
        if piece.numbers[index * stride + slot].isNaN { ones.append(Int32(missing[slot])) }
      }
    }
    for (slot, columns) in levels.enumerated() {
      let column = columns[piece.codes[slot][index]]
      if column >= 0 { ones.append(Int32(column)) }
    }
  }

  /// Fills the numbers of a row and, last, its target.
  func encodeNumbers(
    _ piece: ParsedRows, _ index: Int, stride: Int, into row: UnsafeMutableBufferPointer<Double>
  ) {
    let start = index * stride
    if piece.missing.isEmpty && piece.contradictions.isEmpty {
      // All are plain numbers.
      let values = piece.numbers[start..<start + origins.count]
      _ = unsafe row[..<origins.count].update(fromContentsOf: values)
    } else {
      for slot in origins.indices {
        let value = piece.numbers[start + slot]
        unsafe row[slot] = value.isNaN ? origins[slot] : value
      }
    }
    unsafe row[target] = targetValue(piece, index, stride: stride)
  }

  /// The target of a row; NaN if it is missing.
  func targetValue(_ piece: ParsedRows, _ index: Int, stride: Int) -> Double {
    labels.map { $0[piece.codes[levels.count][index]] } ?? piece.numbers[index * stride + target]
  }

  /// Whether any predictor is missing in a row.
  func isIncomplete(_ piece: ParsedRows, _ index: Int, stride: Int) -> Bool {
    origins.indices.contains { piece.numbers[index * stride + $0].isNaN }
      || levels.indices.contains { slot in
        piece.levels[slot][piece.codes[slot][index]] == nil
      }
  }
}
