import Foundation
import Policies

/// One step of one episode as it is watched: what there was to see when the policy decided, and what came of it.
public struct WatchedStep: Hashable, Sendable {
  /// What stood between the camera and the agent.
  public struct Attack: Hashable, Sendable {
    /// Its name, and what of its plan is not as usual.
    public var name: String
    /// The largest perturbation, written both ways: `8/255 (0.0314)`.
    public var epsilon: String
    /// What else holds it, for people: `max norm, newest frame`.
    public var limits: String
    /// The stable hash of the threat model.
    public var threatHash: String
    /// The largest change of one entry, in the units of the observation, that is drawn in full color; nil where the threat
    /// model bounds no entry, so that the largest change found decides.
    public var range: Float?
    /// Whether it worked on this frame; its timing may leave a frame alone.
    public var isWorking: Bool

    /// What stood between the camera and the agent.
    public init(
      name: String, epsilon: String, limits: String, threatHash: String, range: Float?,
      isWorking: Bool = true
    ) {
      self.name = name
      self.epsilon = epsilon
      self.limits = limits
      self.threatHash = threatHash
      self.range = range
      self.isWorking = isWorking
    }
  }

  /// The environment's id.
  public var environment: String
  /// The policy's name.
  public var policy: String
  /// What stood between; nil when nothing did.
  public var attack: Attack?
  /// The seed of the episode.
  public var seed: UInt64
  /// The number of the step in its episode, from 1.
  public var step: Int
  /// The sum of the rewards so far, this step's included.
  public var episodeReturn: Double
  /// How the episode ended with this step; nil while it goes on.
  public var ending: String?
  /// What the camera saw: the frames of the observation before the attack, the newest last.
  public var clean: [FrameImage]
  /// What the agent saw: as many frames of the same shape.
  public var delivered: [FrameImage]
  /// The world as a person would look at it, where the frames are not pictures themselves.
  public var world: FrameImage?
  /// The names of the actions, at least one.
  public var actions: [String]
  /// What the scores are.
  public var scores: ScoreKind
  /// The policy's score of each action on the clean observation.
  public var cleanScores: [Float]
  /// The policy's score of each action on the observation as delivered.
  public var deliveredScores: [Float]
  /// What the policy expects to earn, having seen what was delivered; nil for one that does not say.
  public var value: Float?
  /// The action that the policy chooses on the clean observation.
  public var cleanAction: Int
  /// The action that the policy chose on the observation as delivered, and that the environment carried out.
  public var deliveredAction: Int
  /// How many actions the attack changed so far in this episode, this step's included.
  public var flips: Int
  /// On how many frames the attack worked so far in this episode, this step's included.
  public var attackedFrames: Int

  /// A step to be drawn.
  ///
  /// - Precondition: there are as many delivered frames as clean ones, at least one, all of one shape; there is a score
  ///   for each action, clean and delivered, and both chosen actions have a name.
  public init(
    environment: String, policy: String, attack: Attack?, seed: UInt64, step: Int, episodeReturn: Double,
    ending: String? = nil, clean: [FrameImage], delivered: [FrameImage], world: FrameImage? = nil,
    actions: [String], scores: ScoreKind, cleanScores: [Float], deliveredScores: [Float], value: Float? = nil,
    cleanAction: Int, deliveredAction: Int, flips: Int, attackedFrames: Int
  ) {
    precondition(
      !clean.isEmpty && clean.count == delivered.count, "\(clean.count) and \(delivered.count) frames.")
    precondition(
      (clean + delivered).allSatisfy { $0.hasShape(of: clean[0]) }, "The frames of a step have one shape.")
    precondition(
      cleanScores.count == actions.count && deliveredScores.count == actions.count,
      "\(actions.count) actions, \(cleanScores.count) clean and \(deliveredScores.count) delivered scores.")
    precondition(
      actions.indices.contains(cleanAction) && actions.indices.contains(deliveredAction),
      "Actions \(cleanAction) and \(deliveredAction) are not both among \(actions.count).")
    self.environment = environment
    self.policy = policy
    self.attack = attack
    self.seed = seed
    self.step = step
    self.episodeReturn = episodeReturn
    self.ending = ending
    self.clean = clean
    self.delivered = delivered
    self.world = world
    self.actions = actions
    self.scores = scores
    self.cleanScores = cleanScores
    self.deliveredScores = deliveredScores
    self.value = value
    self.cleanAction = cleanAction
    self.deliveredAction = deliveredAction
    self.flips = flips
    self.attackedFrames = attackedFrames
  }

  /// Whether the attack changed the action.
  public var isFlipped: Bool { cleanAction != deliveredAction }

  /// What of the step the traces show.
  public var trace: TracePoint {
    TracePoint(
      isFirst: step == 1, episodeReturn: Float(episodeReturn),
      value: value ?? Self.value(of: deliveredScores, scores),
      cleanGap: Self.gap(of: cleanScores), deliveredGap: Self.gap(of: deliveredScores),
      isAttacked: attack?.isWorking == true, isFlipped: isFlipped)
  }

  /// The highest score where scores are values; for logits the probability of the likeliest action.
  private static func value(of scores: [Float], _ kind: ScoreKind) -> Float {
    let highest = scores.max() ?? 0
    switch kind {
    case .values: return highest
    case .logits: return 1 / scores.reduce(0) { $0 + exp($1 - highest) }
    }
  }

  /// By how much the highest score leads the second; 0 for a single action.
  private static func gap(of scores: [Float]) -> Float {
    let sorted = scores.sorted(by: >)
    return sorted.count > 1 ? sorted[0] - sorted[1] : 0
  }
}
