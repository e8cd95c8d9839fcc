/// What people are told of an attack.
public struct AboutAttack: Hashable, Sendable {
  /// The name in commands.
  public let name: String
  /// One line.
  public let summary: String
  /// What it must know of the victim.
  public let needs: Knowledge
  /// Whether it must know the victim's value, too.
  public let needsValues: Bool
  /// The norms that it is made for; under another it is projected, and weaker than it might be. None for what changes actions.
  public let norms: [ThreatModel.Norm]
  /// Whether it changes what the policy sees, and not what it does.
  public var changesObservations: Bool { !norms.isEmpty }
  /// Passes through the victim for each frame: the clean pass is counted, the one that decides on what was delivered is not.
  /// Where a part of a batch is left alone or finished, a gradient at the clean observations takes one forward pass more.
  public let cost: String
  /// Whether it brings a goal of its own.
  public let hasOwnGoal: Bool

  /// What is told.
  public init(
    _ name: String, _ summary: String, needs: Knowledge, needsValues: Bool = false,
    norms: [ThreatModel.Norm] = ThreatModel.Norm.allCases, cost: String, hasOwnGoal: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.needs = needs
    self.needsValues = needsValues
    self.norms = norms
    self.cost = cost
    self.hasOwnGoal = hasOwnGoal
  }
}
