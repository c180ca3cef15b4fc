import Foundation
import Testing

extension Tag {
  /// A law that holds on average over made tables: `make test-all` tries it on more of them.
  @Tag static var slow: Self
}

/// How many tables a law of averages is tried on: four times as many in `make test-all`.
func madeTables(_ count: Int) -> Int {
  ProcessInfo.processInfo.environment["CSVLASSO_SLOW"] == nil ? count : 4 * count
}
