/// What lies within a distance of each element and within a range, as center and radius of intervals; exact but for
/// Float32's rounding. Off the tape.
///
/// - Parameters:
///   - elements: of any shape.
///   - reach: the distance, 0 or more.
///   - range: the valid values.
/// - Returns: two tensors of that shape.
package func intervals(
  around elements: Tensor, reach: Float, in range: ClosedRange<Float>
) -> (center: Tensor, radius: Tensor) {
  writingTwo(elements, elements) {
    Kernels.table.surround(
      elements.count, elements.pointer, reach, range.lowerBound, range.upperBound, $0, $1)
  }
}

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
      Tensor.rectifyIntervals(&ofCenter, &ofRadius, where: middle, reach, slope: slope)
      sums.add(to: centerNode) { ofCenter }
      sums.add(to: radiusNode) { ofRadius }
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
