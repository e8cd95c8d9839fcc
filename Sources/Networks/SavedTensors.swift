import Tensors

extension [Tensor] {
  /// Checks that these tensors can take the place of others: those of a saved state in the place of what is there.
  /// - Throws: `DecodingError` unless they are as many, of the same shapes.
  package func checkShapes(of others: [Tensor]) throws {
    guard map(\.shape) == others.map(\.shape) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a state with parameters of other shapes"))
    }
  }
}

extension Parameterized {
  /// Takes over the parameters of a saved state.
  /// - Throws: `DecodingError` unless they are as many as there are, of the same shapes.
  package mutating func restore(_ saved: [Tensor]) throws {
    try saved.checkShapes(of: parameters)
    parameters = saved
  }
}
