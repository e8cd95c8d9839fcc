import Tensors

/// ‖a − b‖ / ‖b‖ in Double; ‖a‖ where b is zero, infinite where there is a NaN or the counts differ.
public func relativeError(_ values: some Collection<Float>, _ expected: some Collection<Float>) -> Double {
  guard values.count == expected.count else { return .infinity }
  var difference = 0.0
  var norm = 0.0
  for (value, wanted) in zip(values, expected) {
    difference += (Double(value) - Double(wanted)) * (Double(value) - Double(wanted))
    norm += Double(wanted) * Double(wanted)
  }
  let error = (norm > 0 ? difference / norm : difference).squareRoot()
  return error.isNaN ? .infinity : error
}

/// ‖a − b‖ / ‖b‖ of two tensors; infinite where their shapes differ.
public func relativeError(_ value: Tensor, _ expected: Tensor) -> Double {
  value.shape == expected.shape ? relativeError(value.elements, expected.elements) : .infinity
}
