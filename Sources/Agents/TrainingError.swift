/// A training run that cannot start or go on, in one line.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let description: String

  init(_ description: String) { self.description = description }

  /// Above this, learning has come apart: returns of a thousand make losses of a million.
  private static let limit: Float = 1e12

  /// Stops a run whose numbers are not finite, or explode.
  /// - Throws: an error that names the step and the quantity.
  static func check(_ quantities: KeyValuePairs<String, Float>, step: Int) throws(TrainingError) {
    for (name, value) in quantities where !(abs(value) <= limit) {
      let verb = value.isFinite ? "explodes to" : "is"
      throw TrainingError("\(name) \(verb) \(value) at step \(step): lower the learning rate")
    }
  }
}
