import Foundation
import Testing

/// The number of threads never changes a byte.
@Suite struct ThreadTests {
  @Test(arguments: ["select", "fit", "path"], ["tall", "wide"])
  func threadsDoNotMatter(command: String, sample: String) throws {
    let options = sample == "wide" ? "--id id" : ""
    var outcomes: [Tool.Outcome] = []
    for threads in [1, 2, 7] {
      outcomes.append(
        try Tool.run(
          "csvlasso \(command) -y y \(options) --threads \(threads) '\(Tool.sample(sample))'",
          in: Tool.checkout))
    }
    #expect(outcomes[0].status == 0)
    #expect(!outcomes[0].out.isEmpty)
    #expect(outcomes[1] == outcomes[0])
    #expect(outcomes[2] == outcomes[0])
  }
}
