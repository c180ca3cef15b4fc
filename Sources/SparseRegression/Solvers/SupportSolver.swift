/// Finds the support and the coefficients at one λ after the other, each from where the last one ended.
protocol SupportSolver: Sendable {
  /// What is minimized but for the penalty; the rows of G are there that the solver asked for.
  var loss: Quadratic { get }
  /// One factor and sign a coordinate.
  var penalty: ElasticNet { get }
  /// One coefficient a coordinate.
  var b: [Double] { get }
  /// c − G b
  var g: [Double] { get }
  /// Unpenalized coordinates that those before them already span; their coefficient is zero.
  var dependent: Set<Int> { get }

  /// What may still be spent in vain.
  var patience: Patience { get set }
  /// Products of two numbers that were worked out so far, where steps cost the cube of what is in; else 0.
  var work: Double { get }

  /// Solves at `lambda`.
  ///
  /// - Parameters:
  ///   - lambda: in `[0, ∞)`, not above that of the last call.
  ///   - tolerance: the gap that will do, in units of the objective.
  mutating func solve(lambda: Double, tolerance: Double) -> Outcome

  /// The minimum without a penalty over all coordinates, and c − G b there; the solver stays where it is.
  mutating func solveFree() -> (b: [Double], g: [Double])

  /// Makes all rows of G, for whoever is to ask for all of them.
  mutating func prepareAll()

  /// Takes in more coordinates, their coefficients zero.
  mutating func extend(_ new: NewCoordinates)

  /// Takes other slopes of a concave penalty, one a coordinate.
  mutating func take(slopes: [Double])

  /// Takes another target: one whose residual at `base` has the products `gradient` with the columns, and
  /// the squared length `rest`.
  mutating func recenter(at base: [Double], gradient: [Double], rest: Double)

  /// Goes to other coefficients, and to another G if there is one, of as many coordinates.
  mutating func restart(_ b: [Double], _ source: (any GramSource)?)
}

extension SupportSolver {
  var work: Double { 0 }

  mutating func solveFree() -> (b: [Double], g: [Double]) {
    prepareAll()
    var refit = Refit()
    _ = refit.solve(Array(b.indices), loss, penalty)
    return (refit.values, loss.residualCorrelation(refit.values))
  }
}

/// Coordinates that a solver takes in after those it has.
struct NewCoordinates: Sendable {
  /// Knows the old coordinates and the new ones.
  var source: any GramSource
  /// G_jj
  var diagonal: [Double] = []
  /// c
  var correlation: [Double] = []
  /// One penalty factor a coordinate.
  var factors: [Double] = []
  var bounds: [ElasticNet.Bounds] = []
  /// The coordinates of each new term.
  var groups: [Range<Int>] = []
}

/// How a λ was solved.
struct Outcome: Sendable {
  /// The duality gap, in units of the objective.
  var gap: Double
  /// Whether the coefficients come from a direct solve on their support.
  var isDirect: Bool
  /// Whether the objective is convex around the solution, here and at every λ before.
  var isConvex = true
}
