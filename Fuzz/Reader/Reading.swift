import CFuzz

@testable import CSVRecords

/// All that reading an input gives, each part up to its first fault.
struct Reading {
  private(set) var preamble: [UInt8] = []
  private(set) var names: [[UInt8]] = []
  // What is parsed.
  /// As bit patterns, row by row.
  private(set) var numbers: [UInt64] = []
  /// The texts, row by row, NUL behind each; 1 and NUL for what is missing.
  private(set) var texts: [UInt8] = []
  private(set) var parsedRows = 0
  private(set) var parsedSkipped = 0
  /// One a place of the row.
  private(set) var missing: [Int] = []
  /// The first of each column.
  private(set) var contradictions: [ParsedRows.Contradiction] = []
  private(set) var parseFault: ReadError?
  // What is visited.
  private(set) var cells: [UInt8] = []
  private(set) var visitedRows = 0
  private(set) var visitedSkipped = 0
  private(set) var visitFault: ReadError?
  // What is cut.
  private(set) var cut: [UInt8] = []
  private(set) var cutFault: ReadError?
  /// Whether a second reading, where there was one, went as the first.
  private(set) var isSameTwice = true

  /// - Parameter throughTable: whether libcsv reads all, in one batch.
  init(_ text: UnsafeBufferPointer<UInt8>, _ way: Way, throughTable: Bool) throws(ReadError) {
    memory_set_input(text.baseAddress, text.count, throughTable ? memory_manner_t() : way.manner)
    let sizes =
      throughTable
      ? BatchReader.Sizes(batch: 4096, piece: 4096, alwaysTable: true) : way.sizes
    let twice = way.readsTwice && !throughTable
    let source = try ByteSource(path: nil, readings: twice ? .twice(memory: 300) : .once)
    try read(source, way, sizes)
    guard twice else { return }
    var again = Reading()
    try source.rewind()
    try again.read(source, way, sizes)
    isSameTwice = again == self
  }

  private init() {}

  private mutating func read(_ source: ByteSource, _ way: Way, _ sizes: BatchReader.Sizes)
    throws(ReadError)
  {
    var reader = try BatchReader(source, way.dialect, sizes)
    preamble = reader.preamble
    names = reader.first.fields
    let width = names.count
    let plan = way.plan(width)
    let cutting = CuttingPlan(way.keeps(width), skipsRagged: way.skipsRagged)
    cut = preamble + (way.dialect.hasHeader ? reader.first.batch.cut(0, cutting).bytes : [])
    missing = Array(repeating: 0, count: plan.numberCount)
    do throws(ReadError) {
      while let batch = try reader.next() {
        for piece in batch.pieces.indices {
          if parseFault == nil { parse(batch, piece, plan) }
          if visitFault == nil { visit(batch, piece, width, way) }
          if cutFault == nil {
            let slice = batch.cut(piece, cutting)
            cutFault = slice.failure
            cut += slice.bytes
          }
        }
      }
    } catch {
      parseFault = parseFault ?? error
      visitFault = visitFault ?? error
      cutFault = cutFault ?? error
    }
    // How far a piece with a fault goes depends on the piece.
    if parseFault != nil { (missing, contradictions, parsedSkipped) = ([], [], 0) }
    if visitFault != nil { visitedSkipped = 0 }
    if cutFault != nil { cut = [] }
  }

  private mutating func parse(_ batch: Batch, _ piece: Int, _ plan: ParsingPlan) {
    let rows = batch.parse(piece, plan)
    numbers += rows.numbers.map(\.bitPattern)
    for row in 0..<rows.count {
      for slot in rows.codes.indices {
        texts += rows.levels[slot][rows.codes[slot][row]] ?? [1]
        texts.append(0)
      }
    }
    parsedRows += rows.count
    parsedSkipped += rows.skipped
    for slot in rows.missing.indices { missing[slot] += rows.missing[slot] }
    for found in rows.contradictions
    where !contradictions.contains(where: { $0.column == found.column }) {
      contradictions.append(found)
    }
    parseFault = rows.failure
  }

  private mutating func visit(_ batch: Batch, _ piece: Int, _ width: Int, _ way: Way) {
    let seen = batch.visit(piece, columns: width, skipsRagged: way.skipsRagged, [UInt8]()) {
      $0.append(contentsOf: $1)
      $0.append(0)
    }
    cells += seen.value
    visitedRows += seen.rows
    visitedSkipped += seen.skipped
    visitFault = seen.failure
  }
}

extension Reading: Equatable {}
