import Foundation
import Synchronization
import Testing

/// `apply` hands rows on as they come.
@Suite struct StreamTests {
  @Test(arguments: ["1,x,3\n", "1,\"x\ny\",3\n", "1,x,3\n\n"])
  func rowsAreHandedOnWhileTheInputPauses(row: String) throws {
    let scratch = Scratch()
    let model = scratch.newFile()
    let data = scratch.newFile("a,t,y\n1,x,1\n2,x,2\n3,x,3\n4,x,4\n")
    let fit = "csvlasso fit -q -y y --id t --choose k=1 \(data.path) -o \(model.path)"
    try #require(try Tool.run(fit, in: scratch.folder).status == 0)

    let (input, output) = (Pipe(), Pipe())
    let process = Tool.process(["apply", model.path])
    (process.standardInput, process.standardOutput) = (input, output)
    try Tool.start(process)
    let received = Received(output)
    var sent = "a,t,y\n"
    input.fileHandleForWriting.write(Data(sent.utf8))
    for _ in 0..<3 {
      sent += row
      input.fileHandleForWriting.write(Data(row.utf8))
      #expect(received.waits(for: sent), "\(received.text) of \(sent)")
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(received.waits(for: sent))
    #expect(received.text == sent)
  }
}

/// What came out of a pipe so far.
private final class Received: Sendable {
  private let bytes = Mutex(Data())

  init(_ pipe: Pipe) {
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread { [self] in
      while true {
        let more = handle.availableData
        if more.isEmpty { return }
        bytes.withLock { $0 += more }
      }
    }
  }

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

  /// Whether the output starts with `text` within two seconds.
  func waits(for text: String) -> Bool {
    for _ in 0..<200 {
      if self.text.hasPrefix(text) { return true }
      usleep(10_000)
    }
    return false
  }
}
