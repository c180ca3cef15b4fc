internal import CSVRecords
internal import SparseRegression

/// Copies the kept columns of every record, in order, to `output`.
func copy(
  _ reader: inout BatchReader, _ plan: CuttingPlan, to output: OutputFile,
  _ options: Options, _ schema: Schema?, _ progress: Progress
) throws(Failure) {
  guard plan.keeps.contains(true) else { return }
  try Failure.writing { () throws(WriteError) in
    try reader.preamble.forEachPart { part throws(WriteError) in try output.write(part) }
    if options.dialect.hasHeader {
      try output.write(reader.first.batch.cut(0, CuttingPlan(plan.keeps)).bytes)
    }
  }
  // With one thread there is none to spare for writing.
  let behind = options.threads > 1 ? WriteBehind(output) : nil
  defer { try? behind?.finish() }
  try forEachBatch(
    of: &reader, stage: "writing", options, schema, progress,
    work: { batch, index in batch.cut(index, plan) },
    take: { pieces throws(Failure) in
      try Failure.writing { () throws(WriteError) in
        if let behind { return try behind.write(pieces.map(\.bytes)) }
        for piece in pieces { try output.write(piece.bytes) }
      }
    })
  try Failure.writing { () throws(WriteError) in try behind?.finish() }
}

extension Fit {
  /// What to write: columns as they stand, or the fitted ones as z-scores of the fit's centre and scale;
  /// the target, copied columns and categoricals always as they stand.
  var cuttingPlan: CuttingPlan {
    let keeps = written
    guard options.standardizesOutput else {
      return CuttingPlan(keeps, skipsRagged: options.skipsRagged)
    }
    var scalings = [CuttingPlan.Scaling?](repeating: nil, count: keeps.count)
    for (term, whole) in path.design.terms.enumerated() {
      for (place, (member, column)) in zip(whole.members, columns[term]).enumerated() {
        if case .levels = member.term { continue }
        let own = path.design.standardization(term, member: place)
        if !schema.copied.contains(column) {
          scalings[column] = .init(center: own.center, scale: own.scale)
        }
      }
    }
    return CuttingPlan(keeps, skipsRagged: options.skipsRagged, scalings: scalings)
  }
}
