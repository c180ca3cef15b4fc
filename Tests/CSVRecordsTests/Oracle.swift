import Foundation

@testable import CSVRecords

/// CSV read as slowly and plainly as can be: RFC 4180 and what csvlasso allows beyond it.
///
/// - CR, LF and CR LF end a record; the last needs no line end; blank lines are no records.
/// - A quote opens a field only as its first byte; later in an unquoted field it is text.
/// - A byte-order mark is no part of the first record.
struct Oracle {
  struct Field {
    var raw: [UInt8] = []
    var content: [UInt8] = []
  }

  struct Record {
    /// From 1.
    var line: Int
    var fields: [Field] = []
    /// The line end, and blank lines after it.
    var tail: [UInt8] = []
  }

  private(set) var preamble: [UInt8] = []
  private(set) var records: [Record] = []
  private(set) var failure: ReadError?
  private let dialect: Dialect
  private var rest: ArraySlice<UInt8>
  private var line = 1

  init(_ bytes: [UInt8], _ dialect: Dialect) {
    self.dialect = dialect
    rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { preamble = take(3) }
    preamble += lineEnds()
    while !rest.isEmpty && failure == nil { record() }
  }

  private mutating func record() {
    var record = Record(line: line)
    repeat {
      guard let field = field(record.fields.count + 1) else { return }
      record.fields.append(field)
    } while takeDelimiter()
    record.tail = lineEnds()
    records.append(record)
  }

  private mutating func field(_ column: Int) -> Field? {
    var field = Field()
    guard let first = rest.first, first == dialect.quote else {
      while let byte = rest.first, byte != dialect.delimiter, !isLineEnd(byte) {
        field.raw += take(1)
      }
      field.content = field.raw
      return field
    }
    let opened = line
    field.raw = take(1)
    while true {
      guard let byte = rest.first else {
        failure = .unclosedQuote(line: opened)
        return nil
      }
      if byte == dialect.quote {
        field.raw += take(1)
        guard rest.first == dialect.quote else { break }
      } else if isLineEnd(byte), rest.prefix(2) != [0x0D, 0x0A] {
        line += 1
      }
      field.raw += take(1)
      field.content.append(byte)
    }
    guard rest.isEmpty || rest.first == dialect.delimiter || isLineEnd(rest.first!) else {
      failure = .textAfterQuote(line: line, column: column)
      return nil
    }
    return field
  }

  private mutating func takeDelimiter() -> Bool {
    guard rest.first == dialect.delimiter else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func lineEnds() -> [UInt8] {
    var taken: [UInt8] = []
    while let byte = rest.first, isLineEnd(byte) {
      taken += take(rest.prefix(2) == [0x0D, 0x0A] ? 2 : 1)
      line += 1
    }
    return taken
  }

  private mutating func take(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}

extension Reading {
  /// What reading should give.
  init(_ oracle: Oracle, _ dialect: Dialect, skipsRagged: Bool = false, keeps: Keeps = keepAll)
    throws(ReadError)
  {
    self.init()
    guard let first = oracle.records.first else { throw oracle.failure ?? .empty }
    let keeps = keeps(first.fields.count)
    preamble = oracle.preamble
    names = first.fields.map(\.content)
    cut = .success(preamble)
    for (index, record) in oracle.records.enumerated() {
      let isHeader = index == 0 && dialect.hasHeader
      guard record.fields.count == names.count else {
        let fault = ReadError.ragged(
          line: record.line, expected: names.count, found: record.fields.count)
        skipped += 1
        texts.append([], or: skipsRagged ? nil : fault)
        numbers.append([], or: skipsRagged ? nil : fault)
        cut.append(record.tail.withoutFirstLineEnd, or: skipsRagged ? nil : fault)
        continue
      }
      if !isHeader {
        texts.append([record.fields.map(\.content)], or: nil)
        let cells = Result { () throws(ReadError) in try record.numbers() }
        numbers.append([(try? cells.get()) ?? []], or: cells.failure)
      }
      cut.append(record.cut(keeps, dialect) + record.tail, or: nil)
    }
    if let failure = oracle.failure {
      texts.append([], or: failure)
      numbers.append([], or: failure)
      cut.append([], or: failure)
    }
    if !texts.isSuccess { skipped = 0 }
  }
}

extension Oracle.Record {
  fileprivate func cut(_ keeps: [Bool], _ dialect: Dialect) -> [UInt8] {
    let kept = zip(fields, keeps).filter(\.1).map(\.0.raw)
    // An empty line would be no record.
    if kept == [[]] { return [dialect.quote, dialect.quote] }
    return Array(kept.joined(separator: [dialect.delimiter]))
  }

  /// The cells as bit patterns of doubles.
  fileprivate func numbers() throws(ReadError) -> [UInt64] {
    var values: [UInt64] = []
    for (column, field) in fields.enumerated() {
      func fault(_ kind: CellFault) -> ReadError {
        var text = String(decoding: field.content.prefix(40), as: UTF8.self)
        if field.content.count > 40 { text += "…" }
        return .cell(
          line: line, column: column + 1,
          text: String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }), fault: kind)
      }
      let text = String(decoding: field.content, as: UTF8.self).trimmingCharacters(in: [" ", "\t"])
      if text.isEmpty { throw fault(.empty) }
      if text.lowercased().wholeMatch(of: /[+-]?inf(inity)?/) != nil { throw fault(.notFinite) }
      guard text.wholeMatch(of: /[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?/) != nil else {
        throw fault(.notANumber)
      }
      let value = strtod(text, nil)
      guard value.isFinite else { throw fault(.notFinite) }
      values.append(value.bitPattern)
    }
    return values
  }
}

extension [UInt8] {
  fileprivate var withoutFirstLineEnd: [UInt8] {
    Array(dropFirst(starts(with: [0x0D, 0x0A]) ? 2 : 1))
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}
