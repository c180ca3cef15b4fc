public import CSVRecords
internal import FoundationEssentials

/// What `apply` needs of a model file.
public struct SavedModel: Decodable, Sendable {
  /// What is predicted and may be missing: the target, or the time and the event, or several targets.
  let predicted: Set<String>
  let hasHeader: Bool
  let written: [String]
  let columnCount: Int

  private enum CodingKeys: String, CodingKey {
    case format, version, target, targets, event, written, header
    case hasHeader = "has_header"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    guard try values.decode(String.self, forKey: .format) == Model.format else {
      throw Refusal.noModel
    }
    let version = try values.decode(Int.self, forKey: .version)
    guard version == Model.version else { throw Refusal.version(version) }
    do {
      predicted = Set(
        [try values.decode(String.self, forKey: .target)]
          + (try values.decodeIfPresent([String].self, forKey: .targets) ?? [])
          + [try values.decodeIfPresent(String.self, forKey: .event)].compactMap { $0 })
      hasHeader = try values.decode(Bool.self, forKey: .hasHeader)
      written = try values.decode([String].self, forKey: .written)
      columnCount = try values.nestedUnkeyedContainer(forKey: .header).count ?? 0
    } catch {
      throw Refusal.damaged
    }
  }

  private enum Refusal: Error {
    case noModel
    case version(Int)
    case damaged
  }

  /// Some 500 bytes for each of half a million columns.
  private static let largest = 1 << 28

  /// Reads a model file, compressed or not.
  ///
  /// - Throws: ``Failure`` naming the file, whatever is wrong with it.
  public init(_ source: ByteSource) throws(Failure) {
    let bytes = try Failure.reading(source.name) { () throws(ReadError) in
      try source.contents(limit: Self.largest)
    }
    try self.init(bytes, name: source.name)
  }

  /// Reads a model.
  ///
  /// - Throws: ``Failure`` if it is no model, or one of another version.
  public init(_ bytes: [UInt8], name: String) throws(Failure) {
    // Once: most of the cost is in finding where 200,000 columns end.
    do { self = try JSONDecoder().decode(SavedModel.self, from: Data(bytes)) } catch {
      switch error {
      case Refusal.version(let version):
        throw Failure(
          .data,
          "\(name): the model has version \(version); this csvlasso reads version \(Model.version) (fit it again)"
        )
      case Refusal.damaged:
        throw Failure(.data, "\(name): the model is damaged; fit it again")
      default:
        throw Failure(.data, "\(name): this is no csvlasso model (csvlasso fit makes one)")
      }
    }
  }
}
