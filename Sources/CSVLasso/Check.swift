public import CSVRecords
internal import SparseRegression

/// What a CSV holds, column by column, and what in it would trouble a fit.
public struct Check: Sendable {
  public let header: Header
  public let columns: [ColumnProfile]
  /// Records of the right length.
  public let rows: Int
  /// Records passed over for their length.
  public let skipped: Int
  private let maxLevels: Int
  /// For each column, the first that holds the same cells, often itself.
  private let twins: [Int32]

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
    var stretches = Self.stretches(count, threads: options.threads)
    var (rows, skipped, bytes) = (0, 0, 0)
    try forEachBatch(
      of: &reader, stage: "reading", options, nil, progress,
      work: { batch, index in
        unsafe batch.visit(index, columns: count, skipsRagged: skipsRagged, [CellFacts]()) {
          unsafe $0.append(CellFacts($1, missing))
        }
      },
      take: { pieces throws(Failure) in
        for piece in pieces {
          rows += piece.rows
          skipped += piece.skipped
          bytes += piece.bytes
        }
        // A few more than the bytes per row say; it is only a matter of room.
        let expected =
          source.size.map { size in
            Int(Double(rows + 1) * 1.02 * Double(size) / Double(bytes + 1)) + 4
          } ?? .max
        concurrently(&stretches, threads: options.threads) { _, stretch in
          for piece in pieces {
            stretch.add(piece.value, rows: piece.rows, of: count, expected: expected)
          }
        }
      })
    concurrently(&stretches, threads: options.threads) { _, stretch in stretch.finish() }
    columns = stretches.flatMap(\.profiles)
    (self.header, self.rows, self.skipped) = (header, rows, skipped)
    maxLevels = options.maxLevels
    var first: [UInt64: Int32] = [:]
    twins = columns.indices.map { [columns] column in
      let place = Int32(column)
      guard let twin = first[columns[column].fingerprint] else {
        first[columns[column].fingerprint] = place
        return place
      }
      return twin
    }
  }

  /// Some columns beside each other, which one thread looks after.
  private struct Stretch: Sendable {
    let start: Int
    var profiles: [ColumnProfile]

    /// - Parameters:
    ///   - cells: `rows × columns`, row-major.
    ///   - expected: rows in all, as far as can be told.
    mutating func add(_ cells: [CellFacts], rows: Int, of columns: Int, expected: Int) {
      for row in 0..<rows {
        let first = row * columns + start
        for place in profiles.indices {
          profiles[place].add(cells[first &+ place], expected: expected)
        }
      }
    }

    mutating func finish() {
      for place in profiles.indices { profiles[place].finish() }
    }
  }

  private static func stretches(_ columns: Int, threads: Int) -> [Stretch] {
    // Few enough columns that their profiles stay in the cache, enough stretches that no thread waits.
    let length = min(256, max(1, columns / (4 * threads)))
    return stride(from: 0, to: columns, by: length).map { start in
      Stretch(
        start: start,
        profiles: Array(repeating: ColumnProfile(), count: min(length, columns - start)))
    }
  }

  /// What is wrong with a column; empty if nothing is.
  public func problems(_ column: Int) -> [String] {
    var problems = columns[column].problems(maxLevels: maxLevels)
    let twin = Int(twins[column])
    if twin < column, rows > 0, !problems.contains("empty"), !problems.contains("constant") {
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

  private static let titles = [
    "index", "name", "type", "distinct", "missing", "min", "max", "problems",
  ]

  /// One row a column, a header first.
  public func table() -> [[String]] { [Self.titles] + columns.indices.map(row) }

  private func row(_ column: Int) -> [String] {
    let profile = columns[column]
    let type =
      switch profile.type(maxLevels: maxLevels) {
      case .numeric: "numeric"
      case .categorical: "categorical"
      case .text: "text"
      case nil: "empty"
      }
    let range = profile.texts > 0 ? nil : profile.range
    return [
      String(column + 1), header.names[column], type,
      (profile.isExact ? "" : "~") + String(profile.distinctCount), String(profile.missing),
      range.map { decimalText($0.lowerBound) } ?? "",
      range.map { decimalText($0.upperBound) } ?? "",
      problems(column).joined(separator: "; "),
    ]
  }

  /// ``table()`` as CSV.
  public func csv() -> [UInt8] {
    var text = TableText(Self.titles)
    for column in columns.indices { text.row(row(column)) }
    return text.bytes
  }

  /// ``table()`` with aligned columns, for a person: numbers to the right, wide cells cut.
  public func aligned() -> String {
    let rows = table().map {
      $0.map {
        let cell = shown($0)
        return cell.count > 40 ? cell.prefix(39) + "…" : cell
      }
    }
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
