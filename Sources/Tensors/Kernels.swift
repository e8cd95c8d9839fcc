import CKernels

/// The door to the loops that are compiled for the processor's own vectors (see `Sources/CKernels`).
///
/// One choice for the whole program, made at the first call: the newest instruction set that the processor has. The
/// bits of a result depend on it where sums of products are concerned, never on anything else.
package enum Kernels {
  static let table: KernelTable = kernels_for_this_processor().pointee

  /// Adds `count` floats to as many others.
  package static func accumulate(
    _ summand: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
  ) { table.accumulate(count, target, summand) }

  /// A step of descent with momentum on `count` elements (see `SGD` in Networks).
  package static func descend(
    _ parameter: UnsafeMutablePointer<Float>, along gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, count: Int, momentum: Float, rate: Float
  ) { table.descend(count, parameter, gradient, velocity, momentum, rate) }

  /// A step of Adam on `count` elements (see `Adam` in Networks).
  /// - Parameters:
  ///   - rate: the learning rate over 1 − β₁ᵗ.
  ///   - scale: 1 over the root of 1 − β₂ᵗ.
  package static func adam(
    _ parameter: UnsafeMutablePointer<Float>, along gradient: UnsafePointer<Float>,
    mean: UnsafeMutablePointer<Float>, square: UnsafeMutablePointer<Float>, count: Int, beta1: Float,
    beta2: Float, epsilon: Float, rate: Float, scale: Float
  ) {
    table.adam(
      count, parameter, gradient, mean, square,
      AdamStep(beta1: beta1, beta2: beta2, epsilon: epsilon, rate: rate, scale: scale))
  }
}
