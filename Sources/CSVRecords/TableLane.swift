/// Parses records that libcsv has split: the lane of record, which every other must agree with.
@safe struct TableLane {
  private(set) var rows: ParsedRows
  private let plan: ParsingPlan
  private let table: RecordTable
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, _ batch: Batch, _ plan: ParsingPlan) {
    unsafe self.bytes = unsafe bytes
    self.plan = plan
    table = batch.table!
    rows = ParsedRows(plan)
  }

  /// Parses records `records`, or up to the first failure.
  mutating func run(_ records: Range<Int>) {
    var row = [Double](repeating: 0, count: plan.numberCount)
    var codes = [Int](repeating: 0, count: plan.textCount)
    for record in records {
      let fields = table.fields(record)
      guard fields.count == plan.actions.count else {
        if plan.skipsRagged {
          rows.skipped += 1
          continue
        }
        rows.failure = .ragged(
          line: table.lines[record], expected: plan.actions.count, found: fields.count)
        return
      }
      for (column, field) in fields.enumerated() {
        let action = plan.actions[column]
        var fault: CellFault?
        switch action {
        case .skip: break
        case .weight, .optional, .tentative:
          fault = unsafe withContent(field, of: record) {
            unsafe rows.store(
              odd: $0, action, column: column, line: table.lines[record], &row, plan)
          }
        case .text(let slot):
          let code = unsafe withContent(field, of: record) {
            unsafe rows.code($0, slot: slot, plan.missing)
          }
          if let code { codes[slot] = code } else { fault = .missing }
        }
        if let fault {
          rows.failure = unsafe .cell(
            line: table.lines[record], column: column + 1,
            text: withContent(field, of: record) { unsafe excerpt($0) }, fault: fault)
          return
        }
      }
      rows.numbers.append(contentsOf: row)
      for slot in codes.indices { rows.codes[slot].append(codes[slot]) }
      rows.count += 1
    }
  }

  private func withContent<Result>(
    _ field: Int, of record: Int, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    guard table.contentEnds[field] >= 0 else {
      return unsafe body(UnsafeRawBufferPointer(rebasing: bytes[table.raw(field, of: record)]))
    }
    let range = table.contentStarts[field]..<table.contentEnds[field]
    return unsafe table.unquoted.withUnsafeBytes { bytes in
      unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }
}
