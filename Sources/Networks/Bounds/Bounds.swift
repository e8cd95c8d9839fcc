import Tensors

/// Lower and upper bounds of the elements of a tensor: a box around it.
public struct Bounds: Sendable {
  /// Below or at each element.
  public let lower: Tensor
  /// Above or at each element.
  public let upper: Tensor

  /// Bounds of one shape.
  /// - Precondition: the shapes are the same; no lower bound is above its upper one.
  public init(lower: Tensor, upper: Tensor) {
    precondition(lower.shape == upper.shape, "bounds of two shapes: \(lower.shape) and \(upper.shape)")
    (self.lower, self.upper) = (lower, upper)
  }

  /// The shape of what is bounded.
  public var shape: Shape { lower.shape }

  /// The middle between the bounds.
  var center: Tensor { (lower + upper) * 0.5 }

  /// Half the distance between them.
  var radius: Tensor { (upper - lower) * 0.5 }

  /// The same bounds in another shape.
  public func reshaped(to shape: Shape) -> Bounds {
    Bounds(lower: lower.reshaped(to: shape), upper: upper.reshaped(to: shape))
  }

  /// Some rows of the first axis.
  public func slice(_ range: Range<Int>) -> Bounds {
    Bounds(lower: lower.slice(range), upper: upper.slice(range))
  }

  /// The bounds of a function that never falls, applied to each element.
  func mapped(_ function: (Tensor) -> Tensor) -> Bounds {
    Bounds(lower: function(lower), upper: function(upper))
  }

  /// Bounds further out on both sides.
  func widened(by margin: Tensor) -> Bounds { Bounds(lower: lower - margin, upper: upper + margin) }
}

/// What bounds do about the rounding of Float32.
public enum Rounding: Hashable, Sendable {
  /// Nothing: for losses, whose gradients do not care.
  case ignored
  /// Each bound is moved outward by more than the rounding errors of its own computation and of the network's forward
  /// pass together, so that it holds for what the policy really computes. That is what a certificate needs.
  ///
  /// A sum of n products in Float32, in any order, is off by at most γ·Σ|xᵢ·wᵢ| with γ = (n + 1)·2⁻²⁴/(1 − (n + 1)·2⁻²⁴)
  /// (Higham 2002, "Accuracy and Stability of Numerical Algorithms", equation 3.5). Such an error is made by the network,
  /// by the center's and by the radius's product; a few roundings more by what lies between.
  case outward

  /// The share of Σ|xᵢ·wᵢ| + |b| by which the bounds of a sum of `terms` products are moved.
  static func share(terms: Int) -> Float { 3.1 * Float(terms + 4) * (Float.ulpOfOne / 2) }

  /// By how much the bounds of a sum of `terms` products are moved at least: products below the smallest normal number are
  /// rounded by up to 2⁻¹⁵⁰ each, however small they are, which a share of them does not cover.
  static func least(terms: Int) -> Float { Float(terms + 4) * .leastNormalMagnitude }

  /// By how much an activation's kernel and that of its bounds may be off together; 0 for those that only choose or scale,
  /// which round to the same side. The kernels' relative error is below 5·10⁻⁷, and their values are at most 1.
  static func slack(of activation: Activation) -> Float {
    switch activation {
    case .identity, .relu, .leakyReLU: 0
    case .tanh, .sigmoid: 1.2e-6
    }
  }
}
