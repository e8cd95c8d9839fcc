import ArgumentParser
import Attacks

extension Epsilon: ExpressibleByArgument {
  /// Reads `8/255` and `0.03`.
  public init?(argument: String) { self.init(argument) }
}
