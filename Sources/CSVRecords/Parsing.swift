/// What to take from each column.
package enum ColumnAction: Sendable, Equatable {
  case skip
  /// A number, into this place of the row.
  case number(Int)
  /// Text, as a code, into this place of the codes.
  case text(Int)
}

/// What to take from each record, and what to do with one of the wrong length.
package struct ParsingPlan: Sendable {
  /// One action a column.
  package let actions: [ColumnAction]
  package let numberCount: Int
  package let textCount: Int
  /// Whether a record with more or fewer fields than `actions` is passed over.
  package let skipsRagged: Bool

  package init(_ actions: [ColumnAction], skipsRagged: Bool = false) {
    self.actions = actions
    self.skipsRagged = skipsRagged
    numberCount = actions.count { if case .number = $0 { true } else { false } }
    textCount = actions.count { if case .text = $0 { true } else { false } }
  }
}

/// The rows of one piece.
package struct ParsedRows: PieceResult {
  package internal(set) var count = 0
  /// `count × numberCount`, row-major.
  package internal(set) var numbers: [Double] = []
  /// For each text column, one code a row: an index in its `levels`.
  package internal(set) var codes: [[Int]]
  /// For each text column, its distinct values in order of appearance in the piece.
  package internal(set) var levels: [[[UInt8]]]
  /// Records passed over for their length.
  package internal(set) var skipped = 0
  /// Why parsing stopped, with the line counted from 0 at the start of the piece.
  package internal(set) var failure: ReadError?
  /// Lines that ended in the piece.
  package internal(set) var lines = 0

  private var codeOf: [[[UInt8]: Int]]

  init(_ plan: ParsingPlan) {
    codes = Array(repeating: [], count: plan.textCount)
    levels = Array(repeating: [], count: plan.textCount)
    codeOf = Array(repeating: [:], count: plan.textCount)
  }

  /// The code of a text in column `slot`; a new one for a new text.
  mutating func code(_ text: UnsafeRawBufferPointer, slot: Int) -> Int {
    let key = unsafe Array(text)
    if let code = codeOf[slot][key] { return code }
    let code = levels[slot].count
    codeOf[slot][key] = code
    levels[slot].append(key)
    return code
  }
}

extension Batch {
  /// Takes the planned columns out of one piece.
  ///
  /// A failure stops it and is left in the result, its line counted in the input, so that the first in
  /// the input can be reported whichever piece was done first.
  ///
  /// - Complexity: O(bytes of the piece)
  package func parse(_ index: Int, _ plan: ParsingPlan) -> ParsedRows {
    var rows = unsafe bytes.withUnsafeBytes { bytes in
      switch pieces[index] {
      case .plain(let range):
        var lane = unsafe PlainLane(
          UnsafeRawBufferPointer(rebasing: bytes[range]), dialect, plan)
        lane.run()
        return lane.rows
      case .records(let records):
        var lane = unsafe TableLane(bytes, self, plan)
        lane.run(records)
        return lane.rows
      }
    }
    if let failure = rows.failure {
      var before = firstLine
      if case .plain(let range) = pieces[index] {
        before += countLines(bytes, upTo: range.lowerBound)
      }
      rows.failure = failure.shifted(byLines: before)
    }
    return rows
  }
}

/// The start of a cell, for a message: at most 40 bytes, control characters as spaces.
func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
  var text = unsafe String(decoding: bytes.prefix(40), as: UTF8.self)
  if bytes.count > 40 { text += "…" }
  return String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
}
