/// A regular expression, found anywhere in a name in time linear in the name's length.
///
/// Names come from anywhere, and an engine that tries one way after the other takes for ever on some: `(a+)+$` on twenty
/// letters a and a b. Here all ways are followed at once, a character at a time (Thompson, 1968): a step of the program
/// is at work at most once for a character, whatever the name. What needs more than that, back-references and looking
/// around, is refused.
struct NamePattern: Sendable {
  let program: [Step]

  /// What is done with the next character, or between two.
  enum Step: Sendable {
    case take(NameClass)
    case both(Int, Int)
    case jump(Int)
    case check(Place)
    case found
  }

  /// Where between two characters.
  enum Place: Sendable {
    case start, end, lineStart, lineEnd, wordEdge, noWordEdge
  }

  /// Why a text is no pattern.
  enum Refusal: Error, Equatable {
    case notOne
    case unsupported(String)
    case tooLarge
  }

  init(_ text: String) throws(Refusal) {
    var parser = NamePatternParser(text)
    var compiler = Compiler()
    try compiler.add(try parser.pattern())
    program = compiler.program + [.found]
  }

  /// The places of the texts in which it is found.
  func places(in texts: [String]) -> [Int] {
    var run = Run(program)
    return texts.indices.filter { run.finds(in: texts[$0]) }
  }
}

/// Steps for an expression.
private struct Compiler {
  private(set) var program: [NamePattern.Step] = []

  private static let longest = 10_000

  mutating func add(_ node: NameNode) throws(NamePattern.Refusal) {
    switch node {
    case .class(let one): try emit(.take(one))
    case .place(let place): try emit(.check(place))
    case .sequence(let parts): for part in parts { try add(part) }
    case .alternatives(let parts): try addAlternatives(parts[...])
    case .repetition(let part, let range, let isOpen):
      for _ in 0..<range.lowerBound {
        let before = program.count
        try add(part)
        if program.count == before { break }
      }
      if isOpen {
        let start = program.count
        try emit(.both(start + 1, 0))
        try add(part)
        try emit(.jump(start))
        program[start] = .both(start + 1, program.count)
      } else {
        try addOptional(part, range.count - 1)
      }
    }
  }

  private mutating func addAlternatives(_ parts: ArraySlice<NameNode>) throws(NamePattern.Refusal) {
    var ends: [Int] = []
    for part in parts.dropLast() {
      let start = program.count
      try emit(.both(start + 1, 0))
      try add(part)
      ends.append(program.count)
      try emit(.jump(0))
      program[start] = .both(start + 1, program.count)
    }
    if let last = parts.last { try add(last) }
    for end in ends { program[end] = .jump(program.count) }
  }

  private mutating func addOptional(_ part: NameNode, _ count: Int) throws(NamePattern.Refusal) {
    var starts: [Int] = []
    for _ in 0..<count {
      starts.append(program.count)
      try emit(.both(program.count + 1, 0))
      try add(part)
    }
    for start in starts { program[start] = .both(start + 1, program.count) }
  }

  private mutating func emit(_ step: NamePattern.Step) throws(NamePattern.Refusal) {
    guard program.count < Self.longest else { throw .tooLarge }
    program.append(step)
  }
}

/// The steps that are at work on a character, and those that will be on the next.
private struct Run {
  private let program: [NamePattern.Step]
  private var now: [Int] = []
  private var next: [Int] = []
  /// For each step, the round in which it was last put to work.
  private var rounds: [Int]
  private var round = 0
  private var waiting: [Int] = []

  init(_ program: [NamePattern.Step]) {
    self.program = program
    rounds = Array(repeating: 0, count: program.count)
  }

  mutating func finds(in text: String) -> Bool {
    let characters = Array(text)
    next.removeAll(keepingCapacity: true)
    round += 1
    for place in 0...characters.count {
      // The search may begin at each place.
      if start(0, at: place, in: characters) { return true }
      guard place < characters.count else { break }
      swap(&now, &next)
      next.removeAll(keepingCapacity: true)
      round += 1
      for step in now {
        guard case .take(let one) = program[step], one.contains(characters[place]) else { continue }
        if start(step + 1, at: place + 1, in: characters) { return true }
      }
    }
    return false
  }

  /// Puts a step to work, and those that follow it without a character; what is at work already is left alone.
  ///
  /// - Returns: whether that is all.
  private mutating func start(_ step: Int, at place: Int, in characters: [Character]) -> Bool {
    waiting.append(step)
    while let step = waiting.popLast() {
      guard rounds[step] < round else { continue }
      rounds[step] = round
      switch program[step] {
      case .take: next.append(step)
      case .jump(let other): waiting.append(other)
      case .both(let one, let other): waiting += [other, one]
      case .check(let what):
        if holds(what, at: place, in: characters) { waiting.append(step + 1) }
      case .found:
        waiting.removeAll(keepingCapacity: true)
        return true
      }
    }
    return false
  }

  private func holds(_ what: NamePattern.Place, at place: Int, in characters: [Character]) -> Bool {
    let before = place > 0 ? characters[place - 1] : nil
    let after = place < characters.count ? characters[place] : nil
    switch what {
    case .start: return before == nil
    case .end: return after == nil
    case .lineStart: return before?.isNewline ?? true
    case .lineEnd: return after?.isNewline ?? true
    case .wordEdge, .noWordEdge:
      let isEdge = (before.map(isWord) ?? false) != (after.map(isWord) ?? false)
      return isEdge == (what == .wordEdge)
    }
  }
}
