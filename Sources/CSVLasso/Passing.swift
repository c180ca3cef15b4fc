internal import CSVRecords
internal import SparseRegression

/// One pass over all records: batch by batch, the pieces of a batch worked on at once, their results
/// taken in order.
///
/// - Throws: the first failure of a batch, in words; what `take` throws.
func forEachBatch<Output: PieceResult>(
  of reader: inout BatchReader, phase: Progress.Phase, _ options: Options, _ schema: Schema?,
  _ progress: Progress, work: @Sendable (Batch, Int) -> Output,
  take: ([Output]) throws(Failure) -> Void
) throws(Failure) {
  let source = reader.source
  while let batch = try Failure.reading(
    source.name, schema, { () throws(ReadError) in try reader.next() })
  {
    try take(batch.worked(options, schema, source: source.name) { work(batch, $0) })
    progress(phase, .bytes(reader.bytesRead, of: source.size))
  }
}

extension Batch {
  /// The results of all pieces, in order, worked on at once.
  ///
  /// - Throws: their first failure, in words.
  func worked<Output: PieceResult>(
    _ options: Options, _ schema: Schema?, source: String, _ work: @Sendable (Int) -> Output
  ) throws(Failure) -> [Output] {
    let results = concurrentMap(pieces.count, threads: options.threads, work)
    if let failure = results.lazy.compactMap(\.failure).first {
      throw Failure(failure, source: source, schema: schema)
    }
    return results
  }
}

/// The number of rows that a fit would take: those with a target, a positive weight and, where rows with
/// missing cells are left out, none of these.
func countRows(
  _ reader: inout BatchReader, _ schema: Schema, _ options: Options, _ progress: Progress
) throws(Failure) -> Int {
  var actions = [ColumnAction](repeating: .skip, count: schema.roles.count)
  let looked =
    [schema.target] + schema.companions + (options.missing == .dropRow ? schema.predictors : [])
  for (slot, column) in looked.enumerated() { actions[column] = .text(slot) }
  if let weights = schema.weights { actions[weights] = .weight(0) }
  let plan = ParsingPlan(
    actions, skipsRagged: options.skipsRagged, missing: MissingCells(options.missingTexts))
  var count = 0
  try forEachBatch(
    of: &reader, phase: .countingRows, options, schema, progress,
    work: { batch, index in batch.parse(index, plan) },
    take: { pieces throws(Failure) in
      for piece in pieces {
        let isMissing = piece.levels.map { levels in levels.map { $0 == nil } }
        for row in 0..<piece.count where schema.weights == nil || piece.numbers[row] > 0 {
          if !looked.indices.contains(where: { isMissing[$0][piece.codes[$0][row]] }) { count += 1 }
        }
      }
    })
  return count
}
