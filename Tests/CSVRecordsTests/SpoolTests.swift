import Foundation
import Testing

@testable import CSVRecords

/// What is written to a copy is read from it, however it was packed and wherever it went.
@Suite struct SpoolTests {
  /// Runs of numbers, which are packed, of anything else, which is not, and of both; the last not whole.
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    let digits = Array("0123456789\n+,-./".utf8)
    while bytes.count < count {
      let length = Int.random(in: 1...5000, using: &random)
      let isText = Bool.random(using: &random)
      for _ in 0..<length {
        bytes.append(
          isText ? UInt8.random(in: 0...255, using: &random) : digits.randomElement(using: &random)!
        )
      }
    }
    return Array(bytes[..<count])
  }

  /// What is read in parts of random length.
  private func read(_ spool: inout PackedSpool, _ random: inout SeededGenerator) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      var part = [UInt8](repeating: 0, count: Int.random(in: 1...9000, using: &random))
      let count = try part.withUnsafeMutableBytes { try spool.read(into: $0) }
      guard count > 0 else { return bytes }
      bytes += part[..<count]
    }
  }

  @Test(arguments: [0, 1, 1023, 1024, 1025, 2047, 2048, 300_000], [0, 1, 5000, 1 << 30])
  func whatIsWrittenIsRead(count: Int, memory: Int) throws {
    for seed in UInt64(0)..<4 {
      let bytes = Self.bytes(count, seed: seed)
      var random = SeededGenerator(seed: seed)
      var spool = PackedSpool(memory: memory)
      var start = 0
      while start < count {
        let end = min(count, start + Int.random(in: 1...7000, using: &random))
        try bytes[start..<end].withUnsafeBytes { try spool.append($0) }
        start = end
      }
      for _ in 0..<2 {
        try spool.rewind()
        #expect(try read(&spool, &random) == bytes)
      }
    }
  }

  @Test func everyByteIsKept() throws {
    // Each value, among digits, at a place of its own.
    for value in UInt8.min...UInt8.max {
      var bytes = [UInt8](repeating: UInt8(ascii: "7"), count: 4096)
      bytes[Int(value) * 4] = value
      var spool = PackedSpool(memory: 1 << 20)
      try bytes.withUnsafeBytes { try spool.append($0) }
      try spool.rewind()
      var random = SeededGenerator(seed: UInt64(value))
      #expect(try read(&spool, &random) == bytes)
    }
  }

  /// The limit is one of bytes as they are kept: numbers go on disk at twice of it, and text at once.
  @Test func numbersTakeHalfTheRoom() async {
    await #expect(processExitsWith: .success) {
      let folder = Scratch()
      setenv("TMPDIR", "\(folder.path)/none", 1)
      let numbers = Array(repeating: UInt8(ascii: "4"), count: 100_000)
      let source = try ByteSource(path: folder.pipe(numbers), readings: .twice(memory: 52_000))
      #expect(try source.contents() == numbers)
      let text = Array(repeating: UInt8(ascii: "x"), count: 100_000)
      let other = try ByteSource(path: folder.pipe(text), readings: .twice(memory: 52_000))
      #expect(throws: ReadError.cannotSpool(directory: "\(folder.path)/none", errno: ENOENT)) {
        try other.contents()
      }
    }
  }
}
