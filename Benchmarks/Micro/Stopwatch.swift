/// How long a piece of work takes, repeated.
struct Stopwatch {
  /// Seconds, increasing.
  let seconds: [Double]

  /// Runs `body` once to warm up, then `repetitions` times by the clock.
  ///
  /// `body` returns a checksum of what it made; it goes into `checksum`, which the caller prints, so that
  /// no work can be left out.
  init(repetitions: Int, _ checksum: inout Double, _ body: () throws -> Double) rethrows {
    checksum += try body()
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for _ in 0..<repetitions {
      let start = clock.now
      checksum += try body()
      let (whole, atto) = (clock.now - start).components
      seconds.append(Double(whole) + Double(atto) * 1e-18)
    }
    self.seconds = seconds.sorted()
  }

  var median: Double {
    let middle = seconds.count / 2
    return seconds.count % 2 == 1
      ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
  }
}

/// One line of the table: what was done, its rate, and the time of one repetition.
struct Line {
  let name: String
  /// Units of work in one repetition.
  let work: Double
  let unit: String
  let time: Stopwatch

  /// Name, median rate, median time, and the range of times, in columns.
  var text: String {
    let milliseconds = [time.median, time.seconds.first!, time.seconds.last!].map {
      rounded($0 * 1e3)
    }
    return padded(name, 40) + padded(rounded(work / time.median), 9, right: true) + " "
      + padded(unit, 9) + padded(milliseconds[0], 9, right: true) + "   "
      + milliseconds[1] + "–" + milliseconds[2]
  }

  static var heading: String {
    padded("", 40) + padded("median", 9, right: true) + padded("", 10)
      + padded("ms", 9, right: true) + "   min–max"
  }
}

/// Four significant digits or so.
private func rounded(_ value: Double) -> String {
  let factor: Double = value < 1 ? 10_000 : value < 10 ? 1000 : value < 1000 ? 10 : 1
  let number = (value * factor).rounded() / factor
  return factor == 1 ? String(Int(number)) : String(number)
}

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
  let gap = String(repeating: " ", count: max(0, width - text.count))
  return right ? gap + text : text + gap
}
