internal import CLosses

/// A loss of one row after the other, and what Newton's method asks of it.
///
/// ℓ(y, η) is convex in the linear predictors η, of which a row has one a response. The pull of a row is
/// −∂ℓ/∂η; for a class or a count the difference of what is and what is expected.
protocol RowLoss: Sendable {
  /// Linear predictors a row.
  var responses: Int { get }

  /// Turns the linear predictors of a block into pulls, and adds up its losses.
  func evaluate(_ block: inout LossBlock)

  /// What steps take for the second derivatives ∂²ℓ/∂η_k∂η_m of some rows, one value a row for each pair of
  /// responses that ``pairing`` names: not less than they are.
  ///
  /// - Parameter eta: `rows × responses`, row-major.
  func curvature(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]]

  /// The pairs of responses that ``curvature(_:_:)`` has.
  var pairing: ResponsePairing { get }

  /// The second derivatives themselves, of the same pairs.
  func secondDerivatives(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]]

  /// The least loss that a row can have, whatever η.
  func least(_ row: Int) -> Double

  /// One intercept a response to start from.
  ///
  /// - Parameter shares: of the rows, 0 for those that are not fitted.
  func start(_ shares: [Double]) -> [Double]

  /// Whether its third derivative is bounded by the second, so that a curvature tells how it goes on.
  var isSelfConcordant: Bool { get }

  /// Whether its curvature jumps, so that no step tells of the next.
  var hasKinks: Bool { get }

  /// Whether the curvatures of the pairs of each response sum to zero, as for classes, of which one is the
  /// others' rest.
  var curvatureSumsToZero: Bool { get }

  /// Up to which |η| the deviance that a row adds to the error is twice its loss above the
  /// least.
  var devianceReach: Double { get }

  /// What a row that was not fitted adds to the error.
  func error(_ row: Int, _ eta: ArraySlice<Double>, _ metric: Metric) -> Double
}

/// Which pairs of responses have second derivatives, and in which order these stand.
enum ResponsePairing: Sendable {
  /// Every pair k ≤ m: (0, 0), (0, 1), …, (1, 1), ….
  case all
  /// Each response with itself alone, with values that are the same for all.
  case common

  /// The pairs that have values of their own, in order.
  func pairs(of responses: Int) -> [(k: Int, m: Int)] {
    switch self {
    case .all: (0..<responses).flatMap { k in (k..<responses).map { (k, $0) } }
    case .common: [(0, 0)]
    }
  }
}

extension RowLoss {
  /// A blend of the two, as ``curvature(_:_:)`` and ``secondDerivatives(_:_:)`` return them.
  func curvature(_ rows: Range<Int>, _ eta: [Double], exactness: Double) -> [[Double]] {
    if exactness == 0 { return curvature(rows, eta) }
    let exact = secondDerivatives(rows, eta)
    if exactness == 1 { return exact }
    return zip(exact, curvature(rows, eta)).map { exact, other in
      zip(exact, other).map { exactness * $0 + (1 - exactness) * $1 }
    }
  }

  func secondDerivatives(_ rows: Range<Int>, _ eta: [Double]) -> [[Double]] {
    curvature(rows, eta)
  }
  var pairing: ResponsePairing { responses > 1 ? .all : .common }
  var isSelfConcordant: Bool { true }
  var hasKinks: Bool { false }
  var curvatureSumsToZero: Bool { false }
}

/// Some neighbouring rows, and their linear predictors in several fits.
struct LossBlock {
  let rows: Range<Int>
  let fits: Int
  let responses: Int
  /// From one row to the next: fits × responses, rounded up.
  let stride: Int
  /// wᵢ, one a row.
  let weights: ArraySlice<Double>
  /// What is added to each linear predictor of a row; empty for nothing.
  let offset: ArraySlice<Double>
  /// `rows × stride`: the linear predictors, response by response for each fit; then the pulls times wᵢ.
  var eta: [Double]
  /// For each place of a row, Σ wᵢ ℓᵢ, in the first place of each fit where responses share a loss.
  var value: [Double]
  /// For each place of a row, Σ wᵢ (−∂ℓᵢ/∂η) (η − offset).
  var cross: [Double]

  static let lanes = Int(CLOSSES_LANES)

  static func stride(fits: Int, responses: Int) -> Int {
    (fits * responses + lanes - 1) / lanes * lanes
  }

  init(
    _ rows: Range<Int>, fits: Int, responses: Int, weights: ArraySlice<Double>,
    offset: ArraySlice<Double>, eta: [Double]
  ) {
    (self.rows, self.fits, self.responses) = (rows, fits, responses)
    (self.weights, self.offset, self.eta) = (weights, offset, eta)
    stride = Self.stride(fits: fits, responses: responses)
    value = Array(repeating: 0, count: stride)
    cross = value
  }

  /// Evaluates a loss of one response place by place.
  ///
  /// - Parameter loss: of the row and its linear predictor, the loss and the pull.
  mutating func evaluate(_ loss: (Int, Double) -> (loss: Double, pull: Double)) {
    for (place, row) in rows.enumerated() {
      let (weight, shift) = (
        weights[weights.startIndex + place],
        offset.isEmpty ? 0 : offset[offset.startIndex + place]
      )
      for slot in 0..<fits * responses {
        let at = place * stride + slot
        let one = loss(row * responses + slot % responses, eta[at])
        value[slot] += weight * one.loss
        cross[slot] += weight * one.pull * (eta[at] - shift)
        eta[at] = weight * one.pull
      }
    }
  }
}

extension LossBlock {
  /// A kernel that works on all linear predictors of a block.
  typealias Kernel = (
    UnsafeMutablePointer<Double>, Int, Int, UnsafePointer<Double>, UnsafePointer<Double>,
    UnsafePointer<Double>?, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
  ) -> Void

  /// Evaluates by a kernel of `CLosses`.
  ///
  /// - Parameter target: of all rows.
  mutating func evaluate(_ target: [Double], _ kernel: Kernel) {
    precondition(rows.upperBound <= target.count && eta.count == rows.count * stride)
    let (rows, stride, offset, weights) = (rows, stride, offset, weights)
    unsafe eta.withUnsafeMutableBufferPointer { eta in
      unsafe value.withUnsafeMutableBufferPointer { value in
        unsafe cross.withUnsafeMutableBufferPointer { cross in
          unsafe target.withUnsafeBufferPointer { target in
            unsafe weights.withUnsafeBufferPointer { weights in
              unsafe offset.withUnsafeBufferPointer { offset in
                unsafe kernel(
                  eta.baseAddress!, rows.count, stride, target.baseAddress! + rows.lowerBound,
                  weights.baseAddress!, offset.isEmpty ? nil : offset.baseAddress!,
                  value.baseAddress!, cross.baseAddress!)
              }
            }
          }
        }
      }
    }
  }
}
