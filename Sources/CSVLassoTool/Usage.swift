public import ArgumentParser
internal import CSVLasso

/// The value of an option that takes one of some words.
///
/// What the library would do by itself goes by key paths and descriptions, which the runtime puts together for
/// each type, on every start.
public protocol Word: ExpressibleByArgument, CaseIterable, RawRepresentable
where RawValue == String {}

extension Word {
  public static var allValueStrings: [String] { allCases.map { $0.rawValue } }
  public static var allValueDescriptions: [String: String] { [:] }
  public var defaultValueDescription: String { rawValue }
}

/// What is wrong with the flags.
func usage(_ text: String) -> Failure { Failure(.usage, text) }

/// - Throws: ``Failure`` for a value outside a range.
func check(_ option: String, _ value: Int?, in range: ClosedRange<Int>) throws(Failure) {
  guard let value, !range.contains(value) else { return }
  throw usage("\(option) lies between \(range.lowerBound) and \(range.upperBound)")
}

/// - Throws: ``Failure`` for a value that is too small.
func check(_ option: String, _ value: Int?, atLeast least: Int) throws(Failure) {
  if let value, value < least { throw usage("\(option) is at least \(least)") }
}

/// - Throws: ``Failure`` for what is no finite number above 0.
func checkIsPositive(_ option: String, _ value: Double?) throws(Failure) {
  guard let value, !(value > 0 && value.isFinite) else { return }
  throw usage("\(option) is above 0, not \(value)")
}

/// - Throws: ``Failure`` naming the first of some options that are given and do not go here.
func refuse(_ options: [(name: String, isGiven: Bool)], _ text: (String) -> String)
  throws(Failure)
{
  if let option = options.first(where: \.isGiven) { throw usage(text(option.name)) }
}

func selectors(_ texts: [String], _ option: String) -> [ColumnSelector] {
  texts.map { ColumnSelector($0, option: option) }
}

/// The two sides of an equals sign: the first of the text, or the last.
func sides(_ text: String, ofLast: Bool = false) -> (left: String, right: Substring)? {
  guard let equals = ofLast ? text.lastIndex(of: "=") : text.firstIndex(of: "=") else { return nil }
  return (String(text[..<equals]), text[text.index(after: equals)...])
}
