import Networks
import RandomStreams
import Tensors

/// A policy that does something to its observations through which no useful gradient passes, rounding them, say. A
/// gradient attack on it finds nothing, which says nothing about the policy.
public protocol ObscuredPolicy: DifferentiablePolicy {
  /// What it does, for people: "rounds its observations to 8 levels".
  var obscurity: String { get }

  /// The same policy, whose backward pass takes that for the identity (BPDA; Athalye, Carlini & Wagner 2018, section 4.1).
  var straightThrough: any DifferentiablePolicy { get }
}

/// A policy that sees its observations in a few levels of gray only (bit-depth reduction; Xu, Evans & Qi 2018, section
/// II.A).
public struct RoundedPolicy<Base: DifferentiablePolicy>: ObscuredPolicy {
  /// What decides.
  public let base: Base
  /// How many levels there are from 0 to 1, both included.
  public let levels: Int
  /// Whether gradients pass through the rounding as if it were not there.
  private let passesGradients: Bool

  /// A policy that sees a number of levels from 0 to 1.
  /// - Precondition: at least two.
  public init(_ base: Base, levels: Int) { self.init(base, levels: levels, passesGradients: false) }

  private init(_ base: Base, levels: Int, passesGradients: Bool) {
    precondition(levels > 1, "one level shows nothing")
    self.base = base
    self.levels = levels
    self.passesGradients = passesGradients
  }

  /// The scores for the rounded observations.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    base.scores(for: rounded(observations), memory: &memory, using: &random)
  }

  /// The base's choice.
  public func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] {
    base.actions(from: scores, using: &random)
  }

  private func rounded(_ observations: Tensor) -> Tensor {
    let steps = Float(levels - 1)
    let values = Tensor(
      observations.elements.map { ($0 * steps).rounded() / steps }, shape: observations.shape)
    // x + (rounded − x), the difference off the tape: the value of the one, the gradient of the other.
    return passesGradients ? observations + (values - observations.stoppingGradient()) : values
  }

  /// What it does.
  public var obscurity: String { "rounds its observations to \(levels) levels" }

  /// The same with the rounding passed straight through, and what stands behind it, too.
  public var straightThrough: any DifferentiablePolicy {
    let open: any DifferentiablePolicy = (base as? any ObscuredPolicy)?.straightThrough ?? base
    return opened(open)
  }

  private func opened<Open: DifferentiablePolicy>(_ base: Open) -> any DifferentiablePolicy {
    RoundedPolicy<Open>(base, levels: levels, passesGradients: true)
  }
}

extension RoundedPolicy: BoundedPolicy where Base: BoundedPolicy {
  /// The base's network.
  public var network: Network { base.network }

  /// The box of levels: rounding never falls where the entry rises.
  public func seen(_ box: Bounds) -> Bounds {
    base.seen(Bounds(lower: rounded(box.lower), upper: rounded(box.upper)))
  }
}
