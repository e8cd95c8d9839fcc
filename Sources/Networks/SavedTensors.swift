import Tensors

extension [Tensor] {
  /// These tensors, if they can take the place of others: those of a saved state in the place of what is there.
  /// - Throws: `DecodingError` unless they are as many, of the same shapes.
  package func replacing(_ others: [Tensor]) throws -> [Tensor] {
    guard map(\.shape) == others.map(\.shape) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a state with parameters of other shapes"))
    }
    return self
  }
}
