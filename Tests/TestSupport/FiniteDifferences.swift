import RandomStreams
import Tensors

/// The gradient of a scalar function by central differences, (f(x + h) − f(x − h)) / 2h for each element.
///
/// The function gives a Double, so that only the operations under test round to Float32.
public func finiteDifferences(of function: (Tensor) -> Double, at input: Tensor, step: Float = 1e-2) -> Tensor
{
  var slopes: [Float] = []
  for index in 0..<input.count {
    var elements = input.elements
    let center = elements[index]
    elements[index] = center + step
    let upper = function(Tensor(elements, shape: input.shape))
    // What was added after rounding, which is not quite the step.
    let above = Double(elements[index])
    elements[index] = center - step
    let lower = function(Tensor(elements, shape: input.shape))
    slopes.append(Float((upper - lower) / (above - Double(elements[index]))))
  }
  return Tensor(slopes, shape: input.shape)
}

/// For each input of an operation, how far the tape's gradient is from central differences, as ``relativeError(_:_:)``.
///
/// The operation's result is made a scalar by a fixed random weighting, so that each of its elements counts differently.
public func gradientErrors(
  of operation: ([Tensor]) -> Tensor, at inputs: [Tensor], step: Float = 1e-2
) -> [Double] {
  var random = RandomStream(seed: 99)
  let leaves = inputs.map { $0.tracked() }
  let result = operation(leaves)
  let weights = random.tensor(result.shape, in: 0.5...1.5)
  let gradients = (result * weights).sum().gradients(at: leaves)
  return inputs.indices.map { index in
    let expected = finiteDifferences(
      of: { changed in
        var arguments = inputs
        arguments[index] = changed
        return zip(operation(arguments).elements, weights.elements)
          .reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }, at: inputs[index], step: step)
    return relativeError(gradients[index], expected)
  }
}
