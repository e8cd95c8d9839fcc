/// What one call of ``LearningAgent/advance(progress:hardening:)`` brought.
public struct TrainingUpdate: Sendable {
  /// The returns of the episodes that ended.
  public var returns: [Double] = []
  /// The mean loss of the updates; nil when none was made.
  public var loss: Float?
  /// What else can be said of the update, by the names of ``LearningAgent/measures``.
  public var measures: [String: Float] = [:]
}
