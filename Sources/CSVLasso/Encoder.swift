internal import CSVRecords
internal import SparseRegression

/// Turns parsed rows into rows of the moments, and knows which column of the moments is what.
///
/// The moments start with one column a number, the companions of the target, and the target. A column of indicators is added when a
/// level, or the first missing cell of a number, is met: in all rows before it was zero, so the moments
/// stay exact.
struct Encoder: Sendable {
  /// A predictor that is read as a number.
  private struct NumberColumn: Sendable {
    let predictor: Int
    /// Whether text in it is a fault.
    let isDeclared: Bool
    var missingCount = 0
    /// Distinct values, until there are more than a categorical may have.
    var distinct: Set<Double> = []
    /// Whether all values so far are whole numbers that only rise, or only fall.
    var isSequence = true
    /// 1 if they rise, -1 if they fall, 0 before two were seen.
    var direction = 0.0
    var last = Double.nan
    /// Whether the column turned out to be text when it already had more values than that.
    var isText = false
  }

  /// A predictor that is read as text.
  private struct TextColumn: Sendable {
    let predictor: Int
    var levels: [[UInt8]?: Int] = [:]
    var order: [[UInt8]?] = []
    /// For each level, its column in the moments.
    var columns: [Int] = []
    var missingCount = 0
    /// The levels, counted on beyond what is encoded.
    var seen: DistinctHashes
    var isText: Bool
  }

  /// Levels of a column are counted so far, and fewer where many columns are text.
  ///
  /// - Parameter columns: that are read as text.
  static func countedLevels(among columns: Int) -> Int { min(100_000, 1_600_000 / max(1, columns)) }

  private(set) var width: Int
  /// Columns of texts that turned out to have too many levels: no row has a 1 there once they are cleared.
  private var dropped: [Int] = []
  /// Columns that were cleared, to be used again.
  private var free: [Int] = []
  private var numbers: [NumberColumn]
  private var texts: [TextColumn]
  /// For each number and companion, what the value column holds where the cell is missing; a row that
  /// lacks a companion is not fitted.
  private var origins: [Double]
  /// For each of these, the column of the missing-indicator, or -1 before a cell was missing.
  private var indicators: [Int]
  private var hasIndicators = false
  /// The numbers that may be sequences; soon few, and a table may have many columns.
  private var sequences: [Int]
  private let maxLevels: Int
  private let reading: [ReadAs]

  /// The columns of the target's companions in the moments.
  let companions: Range<Int>

  /// The target's column in the moments.
  var target: Int { companions.upperBound }

  /// - Parameters:
  ///   - companions: numbers that no term is made of.
  ///   - tooMany: predictors that are known to have too many levels.
  init(_ reading: [ReadAs], companions: Int, maxLevels: Int, tooMany: Set<Int> = []) {
    self.reading = reading
    numbers = reading.indices.filter { reading[$0] == .number || reading[$0] == .declaredNumber }
      .map { NumberColumn(predictor: $0, isDeclared: reading[$0] == .declaredNumber) }
    let read = reading.indices.filter { reading[$0] == .text }
    let counted = Self.countedLevels(among: read.count)
    texts = read.map {
      TextColumn(
        predictor: $0, seen: DistinctHashes(most: counted), isText: tooMany.contains($0))
    }
    self.companions = numbers.count..<numbers.count + companions
    origins = Array(repeating: 0, count: numbers.count + companions)
    indicators = Array(repeating: -1, count: numbers.count + companions)
    sequences = Array(numbers.indices)
    width = numbers.count + companions + 1
    self.maxLevels = maxLevels
  }

  /// Takes the first value of each number for its origin, so that columns far from zero keep their
  /// digits. Called once, before anything is encoded.
  mutating func setOrigins(_ pieces: [ParsedRows], stride: Int) {
    for slot in numbers.indices {
      search: for piece in pieces {
        for row in 0..<piece.count where !piece.numbers[row * stride + slot].isNaN {
          origins[slot] = piece.numbers[row * stride + slot]
          break search
        }
      }
    }
  }

  /// Of numbers, and of a target of numbers, that begin far from zero, where they begin.
  func far(_ pieces: [ParsedRows], stride: Int, targetIsText: Bool) -> [Int: Double] {
    var far: [Int: Double] = [:]
    for slot in numbers.indices where abs(origins[slot]) >= Moments.far {
      far[slot] = origins[slot]
    }
    guard !targetIsText else { return far }
    for piece in pieces {
      for row in 0..<piece.count {
        let value = piece.numbers[row * stride + target]
        guard !value.isNaN else { continue }
        if abs(value) >= Moments.far { far[target] = value }
        return far
      }
    }
    return far
  }

  /// Makes columns for what a piece holds that was not met before, and says how to encode its rows.
  ///
  /// - Parameter labels: for each code of a target that is text, its number; NaN for missing.
  mutating func prepare(_ piece: ParsedRows, labels: [Double]?) -> PieceEncoding {
    for slot in numbers.indices.prefix(piece.missing.count) where piece.missing[slot] > 0 {
      numbers[slot].missingCount += piece.missing[slot]
      if indicators[slot] < 0 {
        indicators[slot] = width
        hasIndicators = true
        width += 1
      }
    }
    let columns = texts.indices.map { slot in
      let missing = piece.levels[slot].firstIndex(of: nil)
      if let missing {
        texts[slot].missingCount += piece.codes[slot].count { $0 == missing }
      }
      return columnsOfLevels(slot, piece.levels[slot])
    }
    return PieceEncoding(
      isPlain: texts.isEmpty && labels == nil && !hasIndicators, width: width, target: target,
      labels: labels, origins: origins, missing: indicators, levels: columns)
  }

  /// Takes note of whether numbers come in order.
  mutating func watchOrder(_ piece: ParsedRows, stride: Int) {
    for slot in sequences {
      var column = numbers[slot]
      for row in 0..<piece.count {
        let value = piece.numbers[row * stride + slot]
        let step = value > column.last ? 1.0 : value < column.last ? -1 : 0
        let isFirst = column.last.isNaN
        guard value == value.rounded(), isFirst || step != 0,
          isFirst || column.direction == 0 || column.direction == step
        else {
          column.isSequence = false
          break
        }
        if !isFirst { column.direction = step }
        column.last = value
      }
      numbers[slot] = column
    }
    sequences.removeAll { !numbers[$0].isSequence }
  }

  /// Whether no number could still turn out to be a categorical: each has more values than one may
  /// have. If text comes up in such a column it is no candidate, and nothing need be read again.
  var isSettled: Bool {
    numbers.allSatisfy { $0.isDeclared || $0.distinct.count > maxLevels }
  }

  /// Predictors that turned out to be no candidates though their missing cells were looked at, and how
  /// many levels they have.
  var ignorable: [Int: Int] {
    var levels: [Int: Int] = [:]
    for column in texts where column.isText && column.missingCount > 0 {
      levels[column.predictor] = column.seen.count
    }
    return levels
  }

  /// Takes note of the values in a piece, for ``isSettled``.
  mutating func watch(_ piece: ParsedRows, stride: Int) {
    for slot in numbers.indices {
      for row in 0..<piece.count {
        if numbers[slot].distinct.count > maxLevels { break }
        let value = piece.numbers[row * stride + slot]
        if !value.isNaN { numbers[slot].distinct.insert(value) }
      }
    }
  }

  /// Gives up on a number that turned out to be text.
  mutating func giveUp(_ predictor: Int) {
    numbers[numbers.firstIndex { $0.predictor == predictor }!].isText = true
  }

  /// For each level that a piece holds its column, or -1 for all of a text with too many.
  ///
  /// A text that has too many at once, as an id does, never has a column.
  private mutating func columnsOfLevels(_ slot: Int, _ levels: [[UInt8]?]) -> [Int] {
    for level in levels where texts[slot].levels[level] == nil {
      texts[slot].seen.insert(level.hashValue)
    }
    if !texts[slot].isText {
      let new = levels.count { texts[slot].levels[$0] == nil }
      if texts[slot].order.count + new > maxLevels {
        dropped += texts[slot].columns
        (texts[slot].levels, texts[slot].order, texts[slot].columns) = ([:], [], [])
        texts[slot].isText = true
      }
    }
    guard !texts[slot].isText else { return Array(repeating: -1, count: levels.count) }
    return levels.map { column(slot, $0) }
  }

  private mutating func column(_ slot: Int, _ level: [UInt8]?) -> Int {
    if let place = texts[slot].levels[level] { return texts[slot].columns[place] }
    let column = free.popLast() ?? width
    width = max(width, column + 1)
    texts[slot].levels[level] = texts[slot].order.count
    texts[slot].order.append(level)
    texts[slot].columns.append(column)
    return column
  }

  /// The columns that are to be cleared in what was taken in; asked for once all that waits is.
  mutating func clearDropped() -> Set<Int> {
    defer { dropped = [] }
    free += dropped.reversed()
    return Set(dropped)
  }

  /// Columns of the moments that will have a use, as far as it is known.
  var usedWidth: Int { width - dropped.count - free.count }

  /// Predictors that have too many levels to be candidates.
  var tooMany: Set<Int> { Set(texts.lazy.filter(\.isText).map(\.predictor)) }

  /// For each raw column, its number where indicators stand in the order of their predictors, and not in
  /// that of the pieces that they were met in.
  var orderly: [Int] {
    let met = indicators.filter { $0 >= 0 } + texts.flatMap(\.columns)
    let isMet = Set(met)
    // What has no use comes last.
    let rest = (target + 1..<max(width, target + 1)).filter { !isMet.contains($0) }
    var numbers = Array(0..<width)
    for (place, column) in (met + rest).enumerated() { numbers[column] = target + 1 + place }
    return numbers
  }

  /// What the predictors turned out to be.
  func outcome(_ missing: Options.Missing) -> Encoding {
    var isSequence = [Bool](repeating: false, count: reading.count)
    for column in numbers {
      isSequence[column.predictor] = column.isSequence && column.direction != 0
    }
    var types = reading.map { reading -> ColumnType in
      if case .ignored(let levels) = reading { .text(levels: levels) } else { .numeric }
    }
    var terms = [Term?](repeating: nil, count: types.count)
    var counts = [Int](repeating: 0, count: types.count)
    for (slot, column) in numbers.enumerated() {
      counts[column.predictor] = column.missingCount
      guard !column.isText else {
        types[column.predictor] = .text(levels: nil)
        continue
      }
      terms[column.predictor] =
        if indicators[slot] >= 0, missing != .dropRow {
          missing == .indicator
            ? .indicated(value: slot, missing: indicators[slot], origin: origins[slot])
            : .imputed(value: slot, missing: indicators[slot], origin: origins[slot])
        } else {
          .number(slot)
        }
    }
    for column in texts {
      counts[column.predictor] = column.missingCount
      if column.isText {
        types[column.predictor] = .text(levels: column.seen.count)
      } else {
        types[column.predictor] = .categorical(
          levels: column.order.map { $0.map { String(decoding: $0, as: UTF8.self) } })
        terms[column.predictor] = .levels(column.columns)
      }
    }
    return Encoding(
      types: types, terms: terms, missing: counts, isSequence: isSequence, target: target)
  }
}
