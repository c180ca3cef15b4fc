internal import CSVRecords
internal import SparseRegression

/// Copies the kept columns of every record, in order, to `output`.
func copy(
  _ reader: inout BatchReader, _ plan: CuttingPlan, to output: OutputFile,
  _ options: Options, _ schema: Schema?, _ progress: Progress
) throws(Failure) {
  guard plan.keeps.contains(true) else { return }
  try emit(reader.opening(plan, options), to: output)
  try forEachBatch(
    of: &reader, stage: "writing", options, schema, progress,
    work: { batch, index in batch.cut(index, plan) },
    take: { pieces throws(Failure) in
      for piece in pieces { try emit(piece.bytes, to: output) }
    })
}

/// Writes the kept columns, the fitted ones as z-scores of the fit's centre and scale.
///
/// The target and copied columns are written as they stand.
func copyStandardized(
  _ reader: inout BatchReader, _ fit: Fit, to output: OutputFile, _ progress: Progress
) throws(Failure) {
  let (schema, design) = (fit.schema, fit.path.design)
  let written = fit.written
  var columns: [Rewrite?] = written.map { $0 ? .copy : nil }
  for (term, column) in fit.columns.enumerated()
  where written[column] && !schema.copied.contains(column) {
    if case .levels = design.terms[term] { continue }
    columns[column] = .standardize(center: design.center[term], scale: design.scale[term])
  }
  guard written.contains(true) else { return }
  let skipsRagged = fit.options.skipsRagged
  try emit(reader.opening(CuttingPlan(written), fit.options), to: output)
  try forEachBatch(
    of: &reader, stage: "writing", fit.options, schema, progress,
    work: { [columns] batch, index in batch.rewrite(index, columns, skipsRagged: skipsRagged) },
    take: { pieces throws(Failure) in
      for piece in pieces { try emit(piece.bytes, to: output) }
    })
}

extension BatchReader {
  /// What is written before the first row: the bytes before the first record, and the header.
  fileprivate func opening(_ plan: CuttingPlan, _ options: Options) -> [UInt8] {
    preamble + (options.dialect.hasHeader ? first.batch.cut(0, plan).bytes : [])
  }
}

func emit(_ bytes: [UInt8], to output: OutputFile) throws(Failure) {
  guard !bytes.isEmpty else { return }
  do throws(WriteError) { try output.write(bytes) } catch { throw Failure(error) }
}
