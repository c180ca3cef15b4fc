public import CSVRecords

/// What a CSV holds, column by column, and what in it would trouble a fit.
public struct Check: Sendable {
  public let header: Header
  public let columns: [ColumnProfile]
  /// Records of the right length.
  public let rows: Int
  /// Records passed over for their length.
  public let skipped: Int
  private let maxLevels: Int
  /// For each column, the first before it that holds the same cells.
  private let twins: [Int?]

  /// Reads a CSV once.
  ///
  /// - Throws: ``Failure``
  /// - Complexity: O(bytes), in memory of one batch and O(columns).
  public init(_ source: ByteSource, _ options: Options, progress: Progress) throws(Failure) {
    var reader = try Reduction.records(of: source, options)
    let header = Header(reader.first, hasHeader: options.dialect.hasHeader)
    try Reduction.refuseOtherDelimiter(header, source: source.name)
    let count = header.names.count
    let missing = MissingCells(options.missingTexts)
    let skipsRagged = options.skipsRagged
    var columns = [ColumnProfile](repeating: ColumnProfile(), count: count)
    var (rows, skipped) = (0, 0)
    try forEachBatch(
      of: &reader, stage: "reading", options, nil, progress,
      work: { batch, index in
        unsafe batch.visit(
          index, columns: count, skipsRagged: skipsRagged,
          [ColumnProfile](repeating: ColumnProfile(), count: count)
        ) { profiles, column, cell in unsafe profiles[column].add(cell, missing) }
      },
      take: { pieces throws(Failure) in
        for piece in pieces where piece.rows > 0 {
          for column in columns.indices { columns[column].append(piece.value[column]) }
          rows += piece.rows
        }
        for piece in pieces { skipped += piece.skipped }
      })
    (self.header, self.columns, self.rows, self.skipped) = (header, columns, rows, skipped)
    maxLevels = options.maxLevels
    twins = columns.indices.map { [columns] column in
      rows == 0 ? nil : columns[..<column].firstIndex { $0.equals(columns[column]) }
    }
  }

  /// What is wrong with a column; empty if nothing is.
  public func problems(_ column: Int) -> [String] {
    var problems = columns[column].problems(maxLevels: maxLevels)
    if let twin = twins[column], !problems.contains("empty"), !problems.contains("constant") {
      problems.append("the same as \(header.label(twin))")
    }
    if header.names[column].isEmpty {
      problems.append("no name")
    } else if header.label(column) != header.names[column] {
      problems.append("name stands more than once")
    }
    return problems
  }

  /// The columns with problems.
  public var troubled: [Int] { columns.indices.filter { !problems($0).isEmpty } }

  /// One row a column, a header first.
  public func table() -> [[String]] {
    [["index", "name", "type", "distinct", "missing", "min", "max", "problems"]]
      + columns.indices.map { column in
        let profile = columns[column]
        let type =
          switch profile.type(maxLevels: maxLevels) {
          case .numeric: "numeric"
          case .categorical: "categorical"
          case .text: "text"
          case nil: "empty"
          }
        return [
          String(column + 1), header.names[column], type,
          (profile.isExact ? "" : "~") + String(profile.distinctCount), String(profile.missing),
          profile.texts > 0 ? "" : profile.range.map { decimalText($0.lowerBound) } ?? "",
          profile.texts > 0 ? "" : profile.range.map { decimalText($0.upperBound) } ?? "",
          problems(column).joined(separator: "; "),
        ]
      }
  }

  /// ``table()`` as CSV.
  public func csv() -> [UInt8] {
    let rows = table()
    var text = TableText(rows[0])
    for row in rows.dropFirst() { text.row(row) }
    return text.bytes
  }

  /// ``table()`` with aligned columns, for a person: numbers to the right, wide cells cut.
  public func aligned() -> String {
    let rows = table().map { $0.map { $0.count > 40 ? $0.prefix(39) + "…" : $0 } }
    let widths = rows[0].indices.map { place in rows.map { $0[place].count }.max()! }
    let numeric: Set<Int> = [0, 3, 4, 5, 6]
    return rows.map { row in
      var line = row.enumerated().map { place, cell in
        let space = String(repeating: " ", count: widths[place] - cell.count)
        return numeric.contains(place) ? space + cell : cell + space
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
