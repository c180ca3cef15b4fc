/// What to take from each column.
package enum ColumnAction: Sendable, Equatable {
  case skip
  /// A number from 0 on, into this place of the row; anything else is a failure.
  case weight(Int)
  /// A number, or NaN for a missing cell, into this place of the row; text is a failure.
  case optional(Int)
  /// The same, and a number out of bounds is a failure, too.
  case bounded(Int, CellBound)
  /// The same, but text, and an integer that starts with a zero, say that the column is no number: they
  /// are noted, and the pass goes on.
  case tentative(Int)
  /// Text, as a code, into this place of the codes.
  case text(Int)

  var isText: Bool { if case .text = self { true } else { false } }
  var isNumber: Bool { self != .skip && !isText }

  /// Where in the row or the codes the cell goes; -1 if it is skipped.
  var slot: Int {
    switch self {
    case .skip: -1
    case .weight(let slot), .optional(let slot), .bounded(let slot, _), .tentative(let slot),
      .text(let slot):
      slot
    }
  }
}

/// Which numbers a column may hold.
package enum CellBound: Sendable {
  /// From 0 on.
  case nonnegative
  /// 0 and 1.
  case zeroOrOne

  /// What is wrong with a number; nil if nothing is.
  func fault(of value: Double) -> CellFault? {
    switch self {
    case .nonnegative: value < 0 ? .negative : nil
    case .zeroOrOne: value == 0 || value == 1 ? nil : .neitherZeroNorOne
    }
  }
}

/// What to take from each record, and what to do with one of the wrong length.
package struct ParsingPlan: Sendable {
  /// One action a column.
  package let actions: [ColumnAction]
  package let numberCount: Int
  package let textCount: Int
  /// Whether a record with more or fewer fields than `actions` is passed over.
  package let skipsRagged: Bool
  /// What a missing cell says, spaces around it taken off.
  package let missing: MissingCells
  /// The same as `actions`, neighbours that are treated alike taken together.
  let runs: [Run]

  /// `count` columns from `column` on, whose cells go into places from `slot` on.
  struct Run: Sendable {
    enum Kind: Sendable {
      case skip
      /// Numbers, parsed together.
      case numbers
      /// Numbers that have to be looked at one by one.
      case cell
      /// One column of text.
      case text
    }
    let kind: Kind
    let refusesCodes: Bool
    let column: Int
    let slot: Int
    var count = 1

    init(_ action: ColumnAction, column: Int, looksUpNumbers: Bool) {
      (self.column, slot) = (column, action.slot)
      refusesCodes = if case .tentative = action { true } else { false }
      kind =
        switch action {
        case .skip: .skip
        case .weight, .bounded: .cell
        // What is missing may look like a number.
        case .optional, .tentative: looksUpNumbers ? .cell : .numbers
        case .text: .text
        }
    }

    /// Whether the columns of `other` can be taken together with those before them.
    func goesOn(with other: Run) -> Bool {
      kind == other.kind && refusesCodes == other.refusesCodes && kind != .text
        && (kind == .skip || kind == .cell || slot + count == other.slot)
    }
  }

  package init(
    _ actions: [ColumnAction], skipsRagged: Bool = false, missing: MissingCells = MissingCells()
  ) {
    self.actions = actions
    self.skipsRagged = skipsRagged
    self.missing = missing
    numberCount = actions.count(where: \.isNumber)
    textCount = actions.count(where: \.isText)
    var runs: [Run] = []
    for (column, action) in actions.enumerated() {
      let run = Run(action, column: column, looksUpNumbers: missing.includeNumbers)
      if let last = runs.last, last.goesOn(with: run) {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(run)
      }
    }
    self.runs = runs
  }
}

/// The rows of one piece.
package struct ParsedRows: PieceResult {
  package internal(set) var count = 0
  /// `count × numberCount`, row-major.
  package internal(set) var numbers: [Double] = []
  /// For each text column, one code a row: an index in its `levels`.
  package internal(set) var codes: [[Int]]
  /// For each text column, its distinct values in order of appearance in the piece; nil for missing.
  package internal(set) var levels: [[[UInt8]?]]
  /// For each place of a row, how many cells are missing; empty where none is.
  package internal(set) var missing: [Int]
  /// Columns that turned out to be no numbers, each once, with the cell that says so.
  package internal(set) var contradictions: [Contradiction] = []
  /// Records passed over for their length.
  package internal(set) var skipped = 0
  /// Why parsing stopped, with the line counted from 0 at the start of the piece.
  package internal(set) var failure: ReadError?

  private var texts: [TextCodes]
  private var contradicted: Set<Int> = []

  /// A cell that says that its column is no number.
  package struct Contradiction: Sendable, Equatable {
    /// From 0.
    package let column: Int
    /// In the input, from 1.
    package internal(set) var line: Int
    package let text: String
  }

  init(_ plan: ParsingPlan) {
    missing = []
    codes = Array(repeating: [], count: plan.textCount)
    levels = Array(repeating: [], count: plan.textCount)
    texts = Array(repeating: TextCodes(), count: plan.textCount)
  }

  /// The code of a text in column `slot`; a new one for a new text, one for all that means missing.
  ///
  /// - Returns: nil if the cell is missing and may not be.
  mutating func code(_ text: UnsafeRawBufferPointer, slot: Int, _ missing: MissingCells) -> Int? {
    let (place, code) = unsafe texts[slot].find(text)
    if let code { return code }
    let isMissing = unsafe missing.contains(text)
    if isMissing && missing.areRefused { return nil }
    let known = isMissing ? levels[slot].firstIndex(of: nil) : nil
    let fresh = known ?? levels[slot].count
    if known == nil { unsafe levels[slot].append(isMissing ? nil : Array(text)) }
    unsafe texts[slot].insert(text, at: place, code: fresh)
    return fresh
  }

  /// What a cell of a numeric column says, given that it is no plain number.
  ///
  /// - Parameter line: goes with the contradiction, if it is one.
  mutating func value(
    ofOdd text: UnsafeRawBufferPointer, _ action: ColumnAction, column: Int, line: Int,
    _ plan: ParsingPlan
  ) -> Number.Parsed {
    let (mayBeMissing, mayBeText) =
      switch action {
      case .weight: (false, false)
      case .optional, .bounded: (true, false)
      case .tentative: (true, true)
      case .skip, .text: preconditionFailure("not a numeric column")
      }
    if unsafe mayBeMissing && plan.missing.contains(text) {
      guard !plan.missing.areRefused else { return .fault(.missing) }
      if missing.isEmpty { missing = Array(repeating: 0, count: plan.numberCount) }
      missing[action.slot] += 1
      return .value(.nan)
    }
    let parsed = unsafe Number.parse(text)
    let isLabel = unsafe mayBeText && startsWithExtraZero(trimmed(text))
    if case .value(let value) = parsed, !isLabel {
      let fault: CellFault? =
        switch action {
        case .weight: CellBound.nonnegative.fault(of: value)
        case .bounded(_, let bound): bound.fault(of: value)
        case .optional, .tentative, .skip, .text: nil
        }
      return fault.map { .fault($0) } ?? parsed
    }
    // An infinity is a number that no fit can take, not a label.
    if mayBeText, isLabel || parsed.isText {
      if contradicted.insert(column).inserted {
        unsafe contradictions.append(Contradiction(column: column, line: line, text: excerpt(text)))
      }
      return .value(.nan)
    }
    guard case .fault = parsed else { return .fault(.notANumber) }
    return parsed
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
    var rows =
      switch pieces[index] {
      case .indexed(let range):
        FieldIndex.with(bytes, range, dialect, rooms) { index in
          var lane = IndexLane(index, plan)
          lane.run()
          return lane.rows
        }
      case .records(let records): TableLane.rows(self, records, plan)
      }
    if !rows.contradictions.isEmpty {
      let before = linesBefore(index) + 1
      for place in rows.contradictions.indices { rows.contradictions[place].line += before }
    }
    if let failure = rows.failure {
      rows.failure = failure.shifted(byLines: linesBefore(index))
    }
    return rows
  }

  /// The lines of the input before those that a piece counts from.
  func linesBefore(_ index: Int) -> Int {
    guard case .indexed(let range) = pieces[index] else { return firstLine }
    return firstLine + countLines(bytes, upTo: range.lowerBound)
  }
}

/// What counts as a missing cell.
package struct MissingCells: Sendable {
  /// The texts, of which there are few.
  private let texts: [[UInt8]]
  /// The length of the longest; what is longer need not be looked up.
  private let longest: Int
  private let includeEmpty: Bool
  /// Whether one of them could be taken for a number.
  package let includeNumbers: Bool
  /// Whether a missing cell is a failure.
  package let areRefused: Bool

  /// - Parameter texts: without spaces around them; the empty text stands for an empty cell.
  package init(_ texts: [String] = [""], areRefused: Bool = false) {
    self.texts = texts.map { Array($0.utf8) }
    longest = texts.map(\.utf8.count).max() ?? -1
    includeEmpty = texts.contains("")
    includeNumbers = texts.contains { parseNumber($0) != nil }
    self.areRefused = areRefused
  }

  /// Whether a cell, spaces around it taken off, is missing.
  package func contains(_ cell: UnsafeRawBufferPointer) -> Bool {
    let text = unsafe trimmed(cell)
    if unsafe text.isEmpty { return includeEmpty }
    guard text.count <= longest else { return false }
    for missing in texts where missing.count == text.count {
      if unsafe missing.elementsEqual(text) { return true }
    }
    return false
  }
}

/// `bytes` without spaces and tabs at its ends.
func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var (first, last) = (0, bytes.count)
  while unsafe first < last && Number.isBlank(bytes[first]) { first += 1 }
  while unsafe last > first && Number.isBlank(bytes[last - 1]) { last -= 1 }
  return unsafe UnsafeRawBufferPointer(rebasing: bytes[first..<last])
}

/// Whether a text is all digits and starts with a zero that a number would not have: a code, as postal
/// codes are.
func startsWithExtraZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard unsafe bytes.count > 1 && bytes[0] == UInt8(ascii: "0") else { return false }
  return unsafe bytes.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
}

/// The start of a cell, for a message: at most 40 bytes, control characters as spaces.
func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
  var text = unsafe String(decoding: bytes.prefix(40), as: UTF8.self)
  if bytes.count > 40 { text += "…" }
  return String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
}
