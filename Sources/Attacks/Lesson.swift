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
  /// Whether somebody still waits for what is learned: asked now and then.
  private let continuing: @Sendable () -> Bool

  /// A lesson; nothing said, any other action is wanted.
  public init(
    _ experience: Experience, within threat: ThreatModel, toward goal: Goal = .flip, expectation: Int? = nil,
    continuing: @escaping @Sendable () -> Bool = { true }
  ) {
    self.experience = experience
    self.threat = threat
    self.goal = goal
    self.expectation = expectation
    self.continuing = continuing
  }

  /// - Throws: `CancellationError` when nobody waits any more.
  func checkContinuing() throws {
    guard continuing() else { throw CancellationError() }
  }
}
