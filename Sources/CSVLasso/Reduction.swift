public import CSVRecords
internal import SparseRegression

/// The whole of csvlasso: read → standardize → select → write.
///
/// The rows are read once, into moments. Standardization, path, cross-validation and choice are algebra
/// on these; wide tables, and families whose loss looks at rows, keep their columns instead. A second
/// reading copies the bytes of the columns that were chosen.
public enum Reduction {
  /// Reads a CSV, fits, and chooses columns.
  ///
  /// - Throws: ``Failure``
  /// - Complexity: O(p²) a row, O(folds · p²) memory, whatever the number of rows.
  public static func fit(
    _ source: ByteSource, _ options: Options, progress: @escaping Progress = { _, _ in }
  ) throws(Failure) -> Fit {
    keepFreeMemory(threads: options.threads)
    let (blocks, schema) = try Failure.readingWhole(source) { () throws(Failure) in
      try read(source, options, progress)
    }
    // Reading a wide table leaves much behind that the fit has other uses for.
    if case .columns(let matrix, _) = blocks.fitted {
      giveBackFreeMemory(stays: matrix.width > matrix.rows)
    }
    return try Fit(blocks, schema, options, source: source.name, progress)
  }

  /// Reads the rows, in the form that they are fitted in.
  private static func read(
    _ source: ByteSource, _ options: Options, _ progress: @escaping Progress
  ) throws(Failure) -> (RowBlocks, Schema) {
    var reader = try records(of: source, options)
    let header = header(of: reader, options)
    try refuseOtherDelimiter(header, source: source.name)
    let schema = try Schema(header, options, source: source.name)
    var rowCount: Int?
    if options.isForward && options.crossValidates {
      rowCount = try countRows(&reader, schema, options, progress)
      try rewind(source)
      reader = try records(of: source, options)
    }
    let blocks = try RowBlocks(source, reader, schema, options, rowCount: rowCount, progress)
    try refuseChange(source)
    return (blocks, schema)
  }

  /// Reads the CSV again and writes the columns of a fit: cells as they stand, in the order of the file,
  /// as many rows as came in.
  ///
  /// - Throws: ``Failure``
  /// - Complexity: O(bytes), in memory of one batch.
  public static func write(
    _ fit: Fit, from source: ByteSource, to output: OutputFile,
    progress: @escaping Progress = { _, _ in }
  ) throws(Failure) {
    try rewind(source)
    var options = fit.options
    options.sizes.alwaysTable = options.standardizesOutput  // cells are rewritten field by field
    try Failure.readingWhole(source) { [options] () throws(Failure) in
      var reader = try records(of: source, options)
      try copy(&reader, fit.cuttingPlan, to: output, options, fit.schema, progress)
    }
    try refuseChange(source)
  }

  /// Writes the columns of a saved model from new data, as they come.
  ///
  /// Columns are found by name, wherever they stand; without a header, by number. The target may be
  /// missing, as it is where it is to be predicted.
  ///
  /// - Throws: ``Failure`` naming the columns that are missing.
  /// - Complexity: O(bytes), in memory of one batch.
  public static func apply(
    _ model: SavedModel, to source: ByteSource, output: OutputFile, _ options: Options
  ) throws(Failure) {
    try Failure.readingWhole(source) { () throws(Failure) in
      var reader = try records(of: source, options)
      let header = header(of: reader, options)
      let plan = CuttingPlan(
        try model.columns(in: header, source: source.name, writesTarget: options.writesTarget),
        skipsRagged: options.skipsRagged)
      try copy(&reader, plan, to: output, options, nil) { _, _ in }
    }
  }

  /// Refuses a header of one column that another delimiter would cut.
  static func refuseOtherDelimiter(_ header: Header, source: String) throws(Failure) {
    guard header.names.count == 1 else { return }
    let others: [(Character, String)] = [
      (";", "semicolons: use -d ';'"), ("\t", "tabs: use --tabs"), (",", "commas: use -d ,"),
      ("|", "bars: use -d '|'"),
    ]
    for (delimiter, hint) in others where header.names[0].contains(delimiter) {
      throw Failure(.data, "\(source): the header is a single column, but it holds \(hint)")
    }
  }

  private static func refuseChange(_ source: ByteSource) throws(Failure) {
    guard source.isUnchanged else { throw Failure(.changed, source: source.name) }
  }

  static func records(of source: ByteSource, _ options: Options) throws(Failure)
    -> BatchReader
  {
    try Failure.reading(source.name) { () throws(ReadError) in
      var sizes = options.sizes
      // Whoever fills a pipe takes time from the threads here: the more is there, the less they wait.
      sizes.ahead = options.threads == 1 ? 0 : source.isFile ? 1 : 3
      return try BatchReader(source, options.dialect, sizes)
    }
  }

  private static func header(of reader: BatchReader, _ options: Options) -> Header {
    Header(reader.first, hasHeader: options.dialect.hasHeader)
  }

  static func rewind(_ source: ByteSource) throws(Failure) {
    try Failure.reading(source.name) { () throws(ReadError) in try source.rewind() }
  }
}

extension Options {
  /// Whether a pipe must be kept to be read again.
  ///
  /// - Parameter writes: whether the reduced data are written.
  public func readings(writes: Bool) -> ByteSource.Readings {
    writes || (isForward && crossValidates)
      ? .twice(memory: memory) : .onceOrTwice(memory: memory)
  }
}
