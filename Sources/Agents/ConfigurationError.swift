/// Settings of an agent that contradict each other, in one line.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right.
  public let description: String

  /// The settings that contradict each other, by the names that recipes give them.
  public let settings: [String]

  /// What is wrong, and with which settings.
  public init(_ description: String, settings: [String] = []) {
    self.description = description
    self.settings = settings
  }

  /// - Throws: for the first of some numbers that is below 1.
  static func check(_ settings: (name: String, value: Int)...) throws(ConfigurationError) {
    for (name, value) in settings where value < 1 {
      throw ConfigurationError("'\(name)' must be at least 1, not \(value)", settings: [name])
    }
  }
}
