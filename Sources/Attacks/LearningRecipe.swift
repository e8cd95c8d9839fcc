/// A recipe that learns from its victim's experience before it attacks.
public protocol LearningRecipe: AttackRecipe {
  /// Whether it still has to learn, as it is set.
  var learns: Bool { get }

  /// The attack, learned.
  /// - Throws: ``AttackError``.
  func against(_ victim: Access, learningFrom experience: Experience, within threat: ThreatModel) throws
    -> any Attack
}
