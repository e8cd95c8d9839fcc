import ArgumentParser
import Attacks

extension Epsilon: ExpressibleByArgument {
  /// Reads `8/255` and `0.03`.
  public init?(argument: String) { self.init(argument) }
}

/// Sizes as a person lists them, each once: `1/255,0.03`.
/// - Parameter zero: whether 0 is one.
func readSizes(_ text: String, zero: Bool = true) throws -> [Epsilon] {
  var sizes: [Epsilon] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    guard let size = Epsilon(String(part)), zero || size.value > 0 else {
      throw Failure(
        "--epsilons: \"\(part)\" is not a size: write 8/255 or 0.03, \(zero ? "not negative" : "larger than 0")"
      )
    }
    guard !sizes.contains(where: { $0.description == size.description }) else {
      throw Failure("--epsilons: \"\(size)\" is named twice")
    }
    sizes.append(size)
  }
  return sizes
}
