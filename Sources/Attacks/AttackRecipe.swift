/// What a person names: an attack's parameters, without a victim. Bound to a victim of the access that it needs, it is an
/// ``Attack``.
public protocol AttackRecipe: Hashable, Sendable {
  /// What it can ask: `any Policy`, `any ScoringPolicy`, `any DifferentiablePolicy` or `any ValuingPolicy`.
  associatedtype Access: Sendable

  /// What people are told.
  static var about: AboutAttack { get }

  /// What can be set, by name.
  static var parameters: [Parameter<Self>] { get }

  /// What it must know of its victim as it is set; by default what people are told.
  var needs: Knowledge { get }

  /// Whether it learns from its victim's experience before it attacks, as it is set; by default it does not.
  var learns: Bool { get }

  /// The attack as its source has it, where parameters are not set.
  init()

  /// The attack against a victim.
  /// - Parameter lesson: what to learn from; nil for those that do not learn.
  /// - Throws: ``AttackError`` when it is to learn and cannot, or its parameters contradict one another.
  func against(_ victim: Access, learningFrom lesson: Lesson?) throws -> any Attack
}

extension AttackRecipe {
  /// No parameters by default.
  public static var parameters: [Parameter<Self>] { [] }

  /// By default what people are told.
  public var needs: Knowledge { Self.about.needs }

  /// False by default.
  public var learns: Bool { false }

  /// What is wrong with a parameter that was set in code, as it would be refused in a command; nil for nothing.
  var refusal: String? {
    for parameter in Self.parameters {
      var (copy, text) = (self, parameter.text(self))
      if text != parameter.text(Self()), !parameter.assign(&copy, text) {
        return parameter.refusal(of: text, named: Self.about.name)
      }
    }
    return nil
  }

  /// What is set otherwise than usual, as it is written: `steps=20:restarts=5`.
  var settings: [String] {
    Self.parameters.compactMap { parameter in
      let text = parameter.text(self)
      return text == parameter.text(Self()) ? nil : "\(parameter.name)=\(text)"
    }
  }
}
