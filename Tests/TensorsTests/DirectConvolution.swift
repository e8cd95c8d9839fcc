import Tensors

/// A convolution as its definition says, term by term and in Double: what the fast one is compared with.
struct DirectConvolution {
  let input: Tensor
  let weight: Tensor
  let bias: Tensor
  let stride: Int
  let padding: Padding

  /// Along an axis: the extent of the result, and how many zeros lie before the first element.
  private func geometry(_ axis: Int) -> (output: Int, before: Int) {
    let (extent, kernel) = (input.shape[axis + 1], weight.shape[axis])
    if padding == .valid { return ((extent - kernel) / stride + 1, 0) }
    let output = Int((Double(extent) / Double(stride)).rounded(.up))
    return (output, max((output - 1) * stride + kernel - extent, 0) / 2)
  }

  var outputShape: Shape { [input.shape[0], geometry(0).output, geometry(1).output, weight.shape[3]] }

  /// Visits each product of an input and a weight that is a term of an output, by their places in row-major order.
  private func forEachTerm(_ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void) {
    let (output, kernel, image) = (outputShape, weight.shape, input.shape)
    for example in 0..<output[0] {
      for row in 0..<output[1] {
        for column in 0..<output[2] {
          for y in 0..<kernel[0] {
            for x in 0..<kernel[1] {
              let (sourceRow, sourceColumn) = (
                row * stride + y - geometry(0).before, column * stride + x - geometry(1).before
              )
              guard (0..<image[1]).contains(sourceRow), (0..<image[2]).contains(sourceColumn) else {
                continue
              }
              for channel in 0..<kernel[2] {
                for filter in 0..<kernel[3] {
                  body(
                    ((example * output[1] + row) * output[2] + column) * output[3] + filter,
                    ((example * image[1] + sourceRow) * image[2] + sourceColumn) * image[3] + channel,
                    ((y * kernel[1] + x) * kernel[2] + channel) * kernel[3] + filter)
                }
              }
            }
          }
        }
      }
    }
  }

  /// The sums, without an activation.
  var output: Tensor {
    let (inputs, weights, biases) = (input.elements, weight.elements, bias.elements)
    var sums = (0..<outputShape.count).map { Double(biases[$0 % biases.count]) }
    forEachTerm { sums[$0] += Double(inputs[$1]) * Double(weights[$2]) }
    return Tensor(sums.map(Float.init), shape: outputShape)
  }

  /// The gradients of the outputs' sum under given weights, with respect to input, weight and bias.
  func gradients(_ upstream: Tensor) -> [Tensor] {
    let (inputs, weights, scales) = (input.elements, weight.elements, upstream.elements)
    var ofInput = [Double](repeating: 0, count: inputs.count)
    var ofWeight = [Double](repeating: 0, count: weights.count)
    var ofBias = [Double](repeating: 0, count: bias.count)
    forEachTerm { output, input, weight in
      ofInput[input] += Double(scales[output]) * Double(weights[weight])
      ofWeight[weight] += Double(scales[output]) * Double(inputs[input])
    }
    for (index, scale) in scales.enumerated() { ofBias[index % bias.count] += Double(scale) }
    return [
      Tensor(ofInput.map(Float.init), shape: input.shape),
      Tensor(ofWeight.map(Float.init), shape: weight.shape),
      Tensor(ofBias.map(Float.init), shape: bias.shape),
    ]
  }
}
