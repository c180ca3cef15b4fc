import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Foundation has one of its own.
typealias Progress = SparseRegression.Progress

/// The checkout.
let projectRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func sample(_ name: String) -> String {
  projectRoot.appending(path: "samples/\(name).csv").path
}

/// Runs `body` on a file that holds `text`, and takes the file away.
func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
  try Data(text.utf8).write(to: URL(filePath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// Options of one cross-validation, which takes less time than the several of the usual rule.
func options(_ target: String = "y", _ change: (inout Options) -> Void = { _ in }) -> Options {
  var options = Options(target: target)
  options.criterion = .oneStandardError
  change(&options)
  return options
}

func fitFile(_ path: String, _ options: Options) throws -> Fit {
  try Reduction.fit(ByteSource(path: path, readings: .once), options)
}

/// The reduced data of a file, as text.
func reduceFile(_ path: String, _ options: Options) throws -> String {
  let source = try ByteSource(path: path, readings: .twice(memory: 1 << 20))
  let fit = try Reduction.fit(source, options)
  let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
  defer { try? FileManager.default.removeItem(atPath: target) }
  let output = try OutputFile(path: target)
  try Reduction.write(fit, from: source, to: output)
  try output.commit()
  // Not by contentsOfFile, which takes a byte-order mark away.
  return String(decoding: try Data(contentsOf: URL(filePath: target)), as: UTF8.self)
}

func reduceText(_ text: String, _ options: Options) throws -> String {
  try withFile(text) { try reduceFile($0, options) }
}

/// A CSV of `n` rows and `p` columns x1 … and y, of which the odd columns matter.
func madeCSV(n: Int, p: Int, seed: UInt64, order: [Int]? = nil) -> String {
  var random = SplitMix64(seed: seed, stream: 7)
  let order = order ?? Array(0..<p)
  var text = order.map { "x\($0 + 1)" }.joined(separator: ",") + ",y\n"
  for _ in 0..<n {
    let x = (0..<p).map { _ in Double(Int.random(in: -500...500, using: &random)) / 100 }
    let noise = Double(Int.random(in: -300...300, using: &random)) / 100
    let y = x.enumerated().reduce(noise) { $0 + ($1.offset % 2 == 0 ? $1.element : 0) }
    text += order.map { "\(x[$0])" }.joined(separator: ",") + ",\((y * 1e4).rounded() / 1e4)\n"
  }
  return text
}
