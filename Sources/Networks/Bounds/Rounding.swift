import Tensors

/// What bounds do about the rounding of Float32.
public enum Rounding: Hashable, Sendable {
  /// Nothing: for losses, whose gradients do not care.
  case ignored
  /// Each bound is moved outward by more than the rounding errors of its own computation and of the network's forward
  /// pass together, so that it holds for what the policy really computes. That is what a certificate needs.
  ///
  /// A sum of n products in Float32, in any order, is off by at most γ·Σ|xᵢ·wᵢ| with γ = (n + 1)·2⁻²⁴/(1 − (n + 1)·2⁻²⁴)
  /// (Higham 2002, "Accuracy and Stability of Numerical Algorithms", equation 3.5). Such an error is made by the network,
  /// by the center's and by the radius's product; a few roundings more by what lies between, the way from ends to center and radius and
  /// back among them.
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
