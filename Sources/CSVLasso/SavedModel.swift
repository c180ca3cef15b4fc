internal import FoundationEssentials

/// What `apply` needs of a model file.
public struct SavedModel: Decodable, Sendable {
  let format: String
  let version: Int
  let target: String
  let hasHeader: Bool
  let written: [String]
  let columnCount: Int

  private enum CodingKeys: String, CodingKey {
    case format, version, target, written, header
    case hasHeader = "has_header"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    format = try values.decode(String.self, forKey: .format)
    version = try values.decode(Int.self, forKey: .version)
    target = try values.decode(String.self, forKey: .target)
    hasHeader = try values.decode(Bool.self, forKey: .hasHeader)
    written = try values.decode([String].self, forKey: .written)
    columnCount = try values.decode([String].self, forKey: .header).count
  }

  /// Reads a model file.
  ///
  /// - Throws: ``Failure`` if it is no model, or one of another version.
  public init(_ bytes: [UInt8], name: String) throws(Failure) {
    struct Mark: Decodable {
      let format: String
      let version: Int
    }
    let decoder = JSONDecoder()
    let data = Data(bytes)
    guard let mark = try? decoder.decode(Mark.self, from: data), mark.format == Model.format else {
      throw Failure(.data, "\(name): this is no csvlasso model (csvlasso fit makes one)")
    }
    guard mark.version == Model.version else {
      throw Failure(
        .data,
        "\(name): the model has version \(mark.version); this csvlasso reads version \(Model.version) (fit it again)"
      )
    }
    do { self = try decoder.decode(SavedModel.self, from: data) } catch {
      throw Failure(.data, "\(name): the model is damaged; fit it again")
    }
  }
}
