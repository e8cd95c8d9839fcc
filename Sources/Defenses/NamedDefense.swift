import Attacks
import Networks

/// A defense with a name under which people ask for it.
protocol NamedDefense: Sendable {
  static var about: AboutDefense { get }

  /// What can be set, by name. One that is called epsilon is the size of perturbations, and has to be set.
  static var parameters: [Parameter<Self>] { get }

  /// The defense as it is where nothing is set.
  init()

  /// Sets parameters.
  /// - Throws: ``DefenseError`` for a name or a value that there is not.
  mutating func set(_ settings: [ParameterSetting]) throws(DefenseError)

  /// What is wrong with all that is set together; nil for nothing.
  var fault: String? { get }

  /// The settings as they are written, also those that are as usual.
  var settings: [String] { get }
}

extension NamedDefense {
  mutating func set(_ settings: [ParameterSetting]) throws(DefenseError) { try setParameters(settings) }

  /// Sets those among ``parameters``.
  /// - Throws: ``DefenseError`` for a name or a value that there is not.
  mutating func setParameters(_ settings: [ParameterSetting]) throws(DefenseError) {
    do throws(AttackError) {
      for setting in settings {
        try Parameter.set(setting, among: Self.parameters, of: &self, named: Self.about.name)
      }
    } catch { throw DefenseError(error.description) }
  }

  var fault: String? { nil }

  var settings: [String] {
    Self.parameters.filter { $0.isWritten(self) }.map { "\($0.name)=\($0.text(self))" }
  }
}

extension Parameter {
  /// The size of perturbations, as a share of the observations' range.
  static func size(_ path: WritableKeyPath<Subject, Epsilon> & Sendable) -> Parameter {
    Parameter(
      "epsilon", "the full size of the perturbations",
      expected:
        "a size such as 8/255 or 0.03, above 0, where nothing would be hardened, and at most 1, the whole range",
      text: { $0[keyPath: path].value > 0 ? $0[keyPath: path].description : "" },
      assign: { subject, text in
        guard let size = Epsilon(text), size.value > 0, size.value <= 1 else { return false }
        subject[keyPath: path] = size
        return true
      })
  }

  /// The share of the full size over a run.
  static func warmUp(_ path: WritableKeyPath<Subject, Schedule> & Sendable) -> Parameter {
    .schedule("warm-up", path, in: 0...1, "the share of the full size over the run")
  }
}

extension Schedule {
  /// Whether it is 0 until the end, so that what it is the amount of is left out.
  var isNothing: Bool { [0, Float(1).nextDown].allSatisfy { value(at: $0) <= 0 } }
}
