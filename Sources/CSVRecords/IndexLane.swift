internal import CNumbers

/// Parses the records of a piece by its ``FieldIndex``: runs of numbers by one call, other cells one by
/// one, as libcsv's lane does.
@safe struct IndexLane {
  private(set) var rows: ParsedRows
  private let plan: ParsingPlan
  private let index: FieldIndex
  private var codes: [Int]
  private let parsesOneByOne: Bool

  init(_ index: FieldIndex, _ plan: ParsingPlan) {
    self.index = index
    self.plan = plan
    rows = ParsedRows(plan)
    codes = Array(repeating: 0, count: plan.textCount)
    parsesOneByOne = Dialect.standsInNumbers(index.quote)
  }

  /// Parses all records, or up to the first failure.
  mutating func run() {
    let (columns, stride) = (plan.actions.count, plan.numberCount)
    // Blank lines need no room.
    let room = min(index.recordCount, index.fieldCount / columns) * stride
    rows.numbers = unsafe Array(unsafeUninitializedCapacity: room) { numbers, count in
      for i in 0..<index.recordCount {
        let record = index.record(i)
        if record.isBlank { continue }
        guard record.count == columns else {
          guard plan.skipsRagged else {
            rows.failure = .ragged(
              line: index.lines(before: record.start), expected: columns, found: record.count)
            break
          }
          rows.skipped += 1
          continue
        }
        let row = unsafe UnsafeMutableBufferPointer(rebasing: numbers[count..<count &+ stride])
        if let (column, fault) = unsafe parse(record, into: row) {
          rows.failure = unsafe index.withContent(record.first + column) {
            unsafe .cell(
              line: index.lines(before: record.start), column: column + 1, text: excerpt($0),
              fault: fault)
          }
          break
        }
        count &+= stride
        for slot in codes.indices { rows.codes[slot].append(codes[slot]) }
        rows.count += 1
      }
    }
    countLinesOfContradictions()
  }

  /// - Returns: the first cell that is refused.
  private mutating func parse(
    _ record: FieldIndex.Record, into row: UnsafeMutableBufferPointer<Double>
  ) -> (column: Int, fault: CellFault)? {
    for run in plan.runs {
      switch run.kind {
      case .skip: break
      case .numbers where !parsesOneByOne:
        if let refused = unsafe numbers(run, record, row) { return refused }
      case .numbers, .cell:
        for k in 0..<run.count {
          if let fault = unsafe cell(run.column + k, record, row) {
            return (run.column + k, fault)
          }
        }
      case .text:
        let code = unsafe index.withContent(record.first + run.column) {
          unsafe rows.code($0, slot: run.slot, plan.missing)
        }
        guard let code else { return (run.column, .missing) }
        codes[run.slot] = code
      }
    }
    return nil
  }

  /// Parses a run of columns, as many at a time as hold plain numbers.
  private mutating func numbers(
    _ run: ParsingPlan.Run, _ record: FieldIndex.Record,
    _ row: UnsafeMutableBufferPointer<Double>
  ) -> (column: Int, fault: CellFault)? {
    let base = unsafe index.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    let values = unsafe row.baseAddress! + run.slot
    let field = record.first &+ run.column
    var done = 0
    while true {
      done &+= unsafe cnumbers_fields(
        base, index.limit, index.start(field &+ done), index.ends + field + done,
        run.count &- done, index.quote, run.refusesCodes ? 1 : 0, values + done)
      guard done < run.count else { return nil }
      if let fault = unsafe cell(run.column &+ done, record, row) {
        return (run.column &+ done, fault)
      }
      done &+= 1
      guard done < run.count else { return nil }
    }
  }

  /// Stores a cell of a numeric column that may hold anything.
  private mutating func cell(
    _ column: Int, _ record: FieldIndex.Record, _ row: UnsafeMutableBufferPointer<Double>
  ) -> CellFault? {
    let action = plan.actions[column]
    return unsafe index.withContent(record.first + column) { text in
      switch unsafe rows.value(ofOdd: text, action, column: column, line: record.start, plan) {
      case .value(let value):
        unsafe row[action.slot] = value
        return nil
      case .fault(let fault): return fault
      }
    }
  }

  /// Contradictions were noted by the start of their record, in order.
  private mutating func countLinesOfContradictions() {
    var (place, line) = (0, 0)
    for i in rows.contradictions.indices {
      let start = rows.contradictions[i].line
      line += index.lines(place..<start)
      place = start
      rows.contradictions[i].line = line
    }
  }
}
