/// What an attack learns from before it attacks.
public struct Lesson: Sendable {
  /// What its victim lived through.
  public let experience: Experience
  /// What will be allowed.
  public let threat: ThreatModel
  /// What will be wanted.
  public let goal: Goal
  /// How many draws of the victim's randomness an answer is averaged over; nil for a victim that draws nothing.
  public let expectation: Int?

  /// A lesson; nothing said, any other action is wanted.
  public init(
    _ experience: Experience, within threat: ThreatModel, toward goal: Goal = .flip, expectation: Int? = nil
  ) {
    self.experience = experience
    self.threat = threat
    self.goal = goal
    self.expectation = expectation
  }
}
