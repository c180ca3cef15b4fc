internal import CNumbers

/// Parses records that hold no quote: every delimiter ends a field, every line end a record.
///
/// A number is parsed where it stands and shows where its field ends, so numeric columns are gone over
/// once.
@safe struct PlainLane {
  private(set) var rows: ParsedRows
  private let plan: ParsingPlan
  private let dialect: Dialect
  private let base: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private var p: UnsafePointer<UInt8>
  private var line = 0
  private var row: [Double]
  private var rowCodes: [Int]

  init(_ bytes: UnsafeRawBufferPointer, _ dialect: Dialect, _ plan: ParsingPlan) {
    unsafe base = unsafe bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    unsafe end = unsafe base + bytes.count
    unsafe p = unsafe base
    self.dialect = dialect
    self.plan = plan
    rows = ParsedRows(plan)
    row = Array(repeating: 0, count: plan.numberCount)
    rowCodes = Array(repeating: 0, count: plan.textCount)
  }

  /// Parses all records, or up to the first failure.
  mutating func run() {
    while unsafe p != end && rows.failure == nil {
      if unsafe isLineEnd(p.pointee) {
        endLine()
        continue
      }
      record()
    }
  }

  /// Steps over one line end; `p` stands on it.
  private mutating func endLine() {
    let isReturn = unsafe p.pointee == UInt8(ascii: "\r")
    unsafe p += 1
    if unsafe isReturn && p != end && p.pointee == UInt8(ascii: "\n") { unsafe p += 1 }
    line += 1
  }

  /// Parses one record and steps over its line end.
  private mutating func record() {
    let start = unsafe p
    let actions = plan.actions
    let mayBeMissing = plan.missing.includeNumbers  // then a number has to be looked up first
    var column = 0
    while column < actions.count {
      let action = actions[column]
      var fault: CellFault?
      switch action {
      case .weight(let slot):
        let field = unsafe p
        if !number(slot) || row[slot] < 0 {
          unsafe p = unsafe field
          fault = odd(action, column)
        }
      case .optional(let slot):
        if mayBeMissing || !number(slot) { fault = odd(action, column) }
      case .tentative(let slot):
        if mayBeMissing || !number(slot, refusesExtraZero: true) { fault = odd(action, column) }
      case .skip: skipField()
      case .text(let slot):
        let field = unsafe p
        skipField()
        if let code = unsafe rows.code(
          UnsafeRawBufferPointer(start: field, count: p - field), slot: slot, plan.missing)
        {
          rowCodes[slot] = code
        } else {
          fault = .missing
        }
      }
      if let fault {
        unsafe refuse(start, column, fault)
        return
      }
      column += 1
      if unsafe p == end || isLineEnd(p.pointee) { break }
      if column < actions.count { unsafe p += 1 }  // the delimiter
    }
    guard unsafe column == actions.count && (p == end || isLineEnd(p.pointee)) else {
      unsafe ragged(start)
      return
    }
    if unsafe p != end { endLine() }
    rows.numbers.append(contentsOf: row)
    for slot in rowCodes.indices { rows.codes[slot].append(rowCodes[slot]) }
    rows.count += 1
  }

  /// Parses the field at `p` as a number, and steps to its end; stays where it is if it is none.
  @inline(__always)
  private mutating func number(_ slot: Int, refusesExtraZero: Bool = false) -> Bool {
    let start = unsafe p
    while unsafe p != end && dialect.isSpace(p.pointee) { unsafe p += 1 }
    let after = unsafe cnumbers_parse(p, end, &row[slot])
    var q = unsafe after
    while unsafe q != end && dialect.isSpace(q.pointee) { unsafe q += 1 }
    let isCode =
      unsafe refusesExtraZero && after - p > 1 && p.pointee == UInt8(ascii: "0")
      && p[1] &- UInt8(ascii: "0") <= 9
    guard unsafe after != p && isFieldEnd(q), row[slot].isFinite, !isCode else {
      unsafe p = unsafe start
      return false
    }
    unsafe p = unsafe q
    return true
  }

  /// Takes the field at `p`, which is no plain number, and steps to its end.
  private mutating func odd(_ action: ColumnAction, _ column: Int) -> CellFault? {
    let field = unsafe p
    skipField()
    return unsafe rows.store(
      odd: UnsafeRawBufferPointer(start: field, count: p - field), action, column: column,
      line: line, &row, plan)
  }

  @inline(__always)
  private func isFieldEnd(_ q: UnsafePointer<UInt8>) -> Bool {
    unsafe q == end || q.pointee == dialect.delimiter || isLineEnd(q.pointee)
  }

  private mutating func skipField() {
    while unsafe !isFieldEnd(p) { unsafe p += 1 }
  }

  /// Reports a cell, unless its record has the wrong length, which says more.
  private mutating func refuse(_ start: UnsafePointer<UInt8>, _ column: Int, _ fault: CellFault) {
    let fields = unsafe fieldCount(start)
    guard fields == plan.actions.count else {
      unsafe ragged(start)
      return
    }
    unsafe p = unsafe start
    for _ in 0..<column {
      skipField()
      unsafe p += 1
    }
    let field = unsafe p
    skipField()
    let text = unsafe UnsafeRawBufferPointer(start: field, count: p - field)
    rows.failure = unsafe .cell(
      line: line, column: column + 1, text: excerpt(text), fault: fault)
  }

  /// Reports or passes over a record of the wrong length.
  private mutating func ragged(_ start: UnsafePointer<UInt8>) {
    let found = unsafe fieldCount(start)
    while unsafe p != end && !isLineEnd(p.pointee) { unsafe p += 1 }
    guard plan.skipsRagged else {
      rows.failure = .ragged(line: line, expected: plan.actions.count, found: found)
      return
    }
    rows.skipped += 1
    if unsafe p != end { endLine() }
  }

  private func fieldCount(_ start: UnsafePointer<UInt8>) -> Int {
    var count = 1
    var q = unsafe start
    while unsafe q != end && !isLineEnd(q.pointee) {
      if unsafe q.pointee == dialect.delimiter { count += 1 }
      unsafe q += 1
    }
    return count
  }
}
