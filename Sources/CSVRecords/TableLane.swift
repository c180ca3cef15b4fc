/// Parses records that libcsv has split: the lane of record, which every other must agree with.
struct TableLane {
  private(set) var rows: ParsedRows
  private let plan: ParsingPlan
  private let table: RecordTable
  private let bytes: [UInt8]

  init(_ batch: Batch, _ plan: ParsingPlan) {
    bytes = batch.bytes
    self.plan = plan
    table = batch.table!
    rows = ParsedRows(plan)
  }

  static func rows(_ batch: Batch, _ records: Range<Int>, _ plan: ParsingPlan) -> ParsedRows {
    var lane = TableLane(batch, plan)
    lane.run(records)
    return lane.rows
  }

  /// Parses records `records`, or up to the first failure.
  private mutating func run(_ records: Range<Int>) {
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
        case .weight, .optional, .bounded, .tentative:
          let parsed = unsafe withContent(field, of: record) {
            unsafe rows.value(
              ofOdd: $0, action, column: column, line: table.lines[record], plan)
          }
          switch parsed {
          case .value(let value): row[action.slot] = value
          case .fault(let found): fault = found
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
    unsafe table.withContent(field, of: record, in: bytes, body)
  }
}
