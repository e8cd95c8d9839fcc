import Attacks

/// A defense with a name under which people ask for it.
protocol NamedDefense: SendableMetatype {
  static var about: AboutDefense { get }
  /// Takes its settings.
  /// - Parameter epsilon: the size that stands where none is said.
  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError)
  /// The settings as they are written.
  var settings: [String] { get }
}
