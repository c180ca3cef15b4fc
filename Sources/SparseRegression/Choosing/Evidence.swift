/// What a choice of columns rests on, where it is not a λ of the path.
public enum Evidence: Sendable {
  case knockoffs(KnockoffFilter)
  case stability(StabilitySelection)

  /// Terms, increasing.
  public var kept: [Int] {
    switch self {
    case .knockoffs(let filter): filter.kept
    case .stability(let selection): selection.kept
    }
  }

  /// How often a term was chosen, of all times that it was tried.
  public func frequency(of term: Int) -> Double {
    switch self {
    case .knockoffs(let filter): filter.frequencies[term]
    case .stability(let selection): selection.frequencies[term]
    }
  }
}
