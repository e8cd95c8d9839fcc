/// The intervals center ± radius behind a rectifier, as center and radius again; exact but for Float32's rounding.
///
/// - Parameters:
///   - center: of any shape.
///   - radius: of the same shape, nowhere negative.
///   - slope: of the rectifier below zero, 0 or more: 0 for ReLU.
/// - Returns: two tensors of that shape.
/// - Precondition: the shapes are equal.
package func rectifiedIntervals(
  center: Tensor, radius: Tensor, slope: Float
) -> (center: Tensor, radius: Tensor) {
  let (middle, reach) = (center.stoppingGradient(), radius.stoppingGradient())
  let results = writingTwo(middle, reach) {
    Kernels.table.rectify_intervals(middle.count, middle.pointer, reach.pointer, slope, $0, $1)
  }
  let (centerNode, radiusNode) = (center.node, radius.node)
  return recorded(
    results, from: center, radius,
    PairedPullback { ofCenter, ofRadius, sums in
      let ofCenter = ofCenter ?? .zeros(middle.shape)
      let ofRadius = ofRadius ?? .zeros(middle.shape)
      let gradients = withExtendedLifetimes(ofCenter.storage, ofRadius.storage) {
        writingTwo(middle, reach) {
          Kernels.table.intervals_gradient(
            middle.count, ofCenter.pointer, ofRadius.pointer, middle.pointer, reach.pointer, slope, $0, $1)
        }
      }
      sums.add(to: centerNode) { gradients.0 }
      sums.add(to: radiusNode) { gradients.1 }
    })
}

/// Two tensors of the shape of two that a kernel writes. The results are off the tape.
private func writingTwo(
  _ first: Tensor, _ second: Tensor,
  _ kernel: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
) -> (Tensor, Tensor) {
  let other = Storage(first.count)
  let one = writing(first, second) { kernel($0, other.pointer) }
  return (one, Tensor(first.shape, other))
}
