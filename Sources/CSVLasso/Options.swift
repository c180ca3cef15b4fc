public import CSVRecords
public import SparseRegression

/// Everything that a person may ask for, apart from the input and the output.
public struct Options: Sendable {
  /// A penalty factor for some columns.
  public struct Factor: Sendable {
    public var columns: ColumnSelector
    /// In `[0, ∞)`.
    public var value: Double

    public init(columns: ColumnSelector, value: Double) {
      self.columns = columns
      self.value = value
    }
  }

  /// Between what the coefficients of some columns lie, on the columns as they stand in the file.
  public struct Limits: Sendable {
    public var columns: ColumnSelector
    public var bounds: ElasticNet.Bounds

    public init(columns: ColumnSelector, bounds: ElasticNet.Bounds) {
      (self.columns, self.bounds) = (columns, bounds)
    }
  }

  /// Columns that are kept or dropped together.
  public struct Group: Sendable {
    public var name: String
    public var columns: ColumnSelector

    public init(name: String, columns: ColumnSelector) {
      self.name = name
      self.columns = columns
    }
  }

  /// How rows are dealt into folds.
  public enum Folds: Sendable, Equatable {
    /// So many balanced folds, permuted by the seed.
    case permuted(Int)
    /// One fold for each value of a column.
    case column(String)
    /// So many folds; rows that share a value of a column share a fold.
    case by(String, Int)
    /// So many steps forward in time: each fold is tested on a fit to all rows before it.
    case forward(Int)
  }

  // The CSV
  public var dialect = Dialect()
  /// Whether records of the wrong length are passed over, in the fit and in the output.
  public var skipsRagged = false

  // The columns' roles
  /// What is predicted: one column, or several of numbers; for `cox` the time.
  public var target: String
  /// For `cox`: 1 where the time is that of an event, 0 where the row was censored.
  public var event: String?
  /// Added to the linear predictor as it is.
  public var offset: String?
  /// Candidates; empty for all other columns.
  public var features: [ColumnSelector] = []
  public var ids: [ColumnSelector] = []
  public var keep: [ColumnSelector] = []
  public var drop: [ColumnSelector] = []
  public var weights: String?

  // The columns' types
  /// Columns that are categorical, whatever their cells look like.
  public var categorical: [ColumnSelector] = []
  /// Columns that are numbers: text in them is a fault.
  public var numeric: [ColumnSelector] = []
  /// A categorical with more levels is no candidate.
  public var maxLevels = 64
  /// What a missing cell says.
  public var missingTexts = Options.usualMissingTexts
  public var missing = Missing.mean

  /// What becomes of missing cells in the fit; the output always has them as they stand.
  public enum Missing: String, Sendable, CaseIterable {
    /// The mean of the column's other cells in the rows that are fitted takes their place.
    case mean
    /// The same, and whether the cell is missing is part of the column.
    case indicator
    /// Their rows are not fitted.
    case dropRow = "drop-row"
    /// They are a fault.
    case error
  }

  public static let usualMissingTexts = [
    "", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", ".", "?",
  ]

  // The model
  public var family = Family.auto

  /// What the target is.
  public enum Family: String, Sendable, CaseIterable {
    /// Told from its cells: two labels, or 0 and 1, are binomial, more labels multinomial, numbers
    /// gaussian.
    case auto
    /// A number, or several; two labels are fitted as 0 and 1, a linear probability.
    case gaussian
    /// Two values; the second in order is 1.
    case binomial
    /// Values that are classes.
    case multinomial
    /// A count.
    case poisson
    /// A time until an event, or until a row was lost sight of.
    case cox
    /// A number; large residuals count by their length.
    case huber
  }

  /// Where `huber` goes from squares to lengths; nil for 1.345 times the target's scale.
  public var huberDelta: Double?

  /// In `[0, 1]`.
  public var alpha = 1.0
  public var factors: [Factor] = []
  /// Groups of candidates; a column is in one at most.
  public var groups: [Group] = []
  public var nonnegative: [ColumnSelector] = []
  public var nonpositive: [ColumnSelector] = []
  public var limits: [Limits] = []
  public var path = PathOptions()
  /// Whether the path is that of its knots, with ``alpha`` 1; there is no grid then, nothing is
  /// cross-validated, and moments are the engine.
  public var isExact = false
  /// Whether an automatic grid is walked to its end, also where the choice is certain before.
  public var walksFullPath = false

  // The choice
  public var criterion = Criterion.sparsest
  /// Whether the columns of each λ are fitted without a penalty, too; where the criterion looks at no
  /// blends, the coefficients are those of these refits.
  public var isRelaxed = false
  public var folds = Folds.permuted(10)
  /// Over how many partitions of the rows into folds the error is averaged; nil for what the criterion
  /// asks for.
  public var repeats: Int?
  /// The blocks that rows are dealt into, of which partitions are made; nil for one a fold.
  var blocks: Int?
  /// Whether folds were asked for, so that the error is cross-validated though the rule needs none.
  public var alwaysCrossValidates = false
  /// Whether the whole procedure, choice included, is cross-validated, too.
  public var isNested = false
  /// Whether the procedure is tried on targets of noise, too.
  public var isProbed = false
  /// What is cross-validated.
  public var metric = Metric.deviance
  public var seed: UInt64 = 1
  /// At most so many columns are kept.
  public var maxFeatures: Int?

  // The output
  /// Whether ``Fit/understudies`` are looked for in any case: moments have them for little, kept columns have
  /// to be gone through again.
  public var findsUnderstudies = false
  public var writesTarget = true
  /// Whether kept columns are written as z-scores of the fit's centre and scale.
  public var standardizesOutput = false

  /// Whether the input is read for the fit alone, so that nothing of it is kept longer than needed.
  public var fitsOnly = false

  // The machine
  /// What solves; the result depends on it in the last digits only.
  public var engine = Engine.auto

  public enum Engine: String, Sendable, CaseIterable {
    /// The cheaper one.
    case auto
    /// Moments of the rows: for tall tables.
    case moments
    /// The columns themselves: for wide tables.
    case columns
  }

  /// Whether moments for which there is no memory go to files.
  var hasMomentsInFiles = false

  /// Threads; never changes a result.
  public var threads = 1
  /// Bytes that moments, or the copy of a pipe, may take.
  public var memory = 1 << 30
  /// How batches are made; never changes a result.
  package var sizes = BatchReader.Sizes()

  public init(target: String) { self.target = target }

  /// Hands records on as soon as the input pauses.
  public mutating func streams() { sizes = BatchReader.Sizes(batch: 1 << 20, isStreaming: true) }

  /// Whether the error is cross-validated.
  public var crossValidates: Bool {
    !isExact && (alwaysCrossValidates || criterion.needsCrossValidation || isNested)
  }

  /// Partitions for the rule that looks for few columns: so many that another seed finds the same.
  private static let usualRepeats = 5

  /// The partitions of the rows into folds that are cross-validated.
  ///
  /// Least squares has several for little. All other families solve on the rows, where each fit costs as
  /// much as any other: one partition, unless more are asked for. Survival times, of which a fold tells little,
  /// have several in a table of few cells.
  ///
  /// - Parameter cells: rows times predictors.
  func partitions(for family: SparseRegression.Family = .gaussian, cells: Int = 0) -> Int {
    guard drawnFolds != nil else { return 1 }
    let areSeveral = family == .gaussian || family == .cox && cells <= Self.fewCells
    return repeats ?? (criterion == .sparsest && areSeveral ? Self.usualRepeats : 1)
  }

  private static let fewCells = 100_000

  /// Whether random halves of the rows are fitted, which takes many blocks.
  var halvesRows: Bool { if case .stability = criterion { true } else { false } }

  /// The number of folds of a partition that is drawn; nil where rows say themselves where they belong.
  var drawnFolds: Int? {
    switch folds {
    case .column, .forward: nil
    case .permuted(let count), .by(_, let count): count
    }
  }

  /// How blocks of rows make training and test sets; nil without cross-validation.
  ///
  /// - Parameter predictors: how many predictors there are.
  func plan(for rows: FittedRows, predictors: Int) -> CrossValidation.Plan? {
    guard crossValidates else { return nil }
    if isForward { return .forward }
    guard let folds = drawnFolds else { return .leaveOneOut }
    let cells = rows.blockRows.reduce(0, +) * predictors
    var times = partitions(for: rows.family, cells: cells)
    if repeats == nil {
      times = min(times, EngineChoice.partitions(of: rows, folds: folds, memory: memory))
    }
    return .repeated(folds: folds, times: times, seed: seed)
  }

  /// The blends that are looked at.
  var gammas: [Double] {
    !isExact && (isRelaxed || criterion.choosesBlend) ? PathOptions.relaxedGammas : [1]
  }
}

extension Criterion {
  /// As it is given on the command line.
  public var label: String {
    switch self {
    case .minimum: "min"
    case .oneStandardError: "1se"
    case .relaxedMinimum: "relaxed-min"
    case .relaxedOneStandardError: "relaxed-1se"
    case .sparsest: "sparsest"
    case .information(let information): information.rawValue
    case .columns(let count): "k=\(count)"
    case .lambda(let lambda): "lambda=\(decimalText(lambda))"
    case .falseDiscoveryRate(let rate): "fdr=\(decimalText(rate))"
    case .stability: "stable"
    }
  }
}
