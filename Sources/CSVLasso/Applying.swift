public import CSVRecords

extension SavedModel {
  /// The dialect of new data: with a header if the model's data had one.
  public func dialect(_ given: Dialect) -> Dialect {
    Dialect(
      delimiter: given.delimiter, quote: given.quote, hasHeader: given.hasHeader && hasHeader)
  }

  /// For each column of `header`, whether the model writes it.
  ///
  /// - Throws: ``Failure`` naming columns that the model writes and the header lacks.
  func columns(in header: Header, source: String, writesTarget: Bool) throws(Failure) -> [Bool] {
    guard hasHeader || header.names.count == columnCount else {
      throw Failure(
        .data,
        "\(source): \(header.names.count) columns where the model was fitted to \(columnCount); without a header they are told apart by number"
      )
    }
    let wanted = Set(written)
    var place: [String: Int] = [:]
    for column in header.names.indices {
      let label = header.label(column)
      if wanted.contains(label) { place[label] = column }
    }
    var keeps = [Bool](repeating: false, count: header.names.count)
    var missing: [String] = []
    for label in written where writesTarget || !predicted.contains(label) {
      if let column = place[label] {
        keeps[column] = true
      } else if !predicted.contains(label) {
        missing.append("'\(label)'")
      }
    }
    guard missing.isEmpty else {
      let shown = missing.prefix(5).joined(separator: ", ")
      let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
      throw Failure(
        .data,
        "\(source): \(missing.count == 1 ? "column" : "columns") \(shown)\(more) of the model \(missing.count == 1 ? "is" : "are") missing"
      )
    }
    return keeps
  }
}
