/// One step of one episode as it is watched: all that ``Composition`` draws.
public struct WatchedStep: Hashable, Sendable {
  /// The environment's id.
  public let environment: String
  /// The policy's name.
  public let policy: String
  /// The attack's name.
  public let attack: String
  /// The budget as people read it: `8/255 (0.0314)`.
  public let epsilonText: String
  /// The budget in units of the observation: in every p-norm the bound on the change of one entry. 0 without an attack.
  public let epsilon: Float
  /// The number of the step in its episode.
  public let step: Int
  /// The sum of the rewards so far.
  public let returnSoFar: Float
  /// What the camera sees: the newest frame, clean.
  public let clean: FrameImage
  /// What the agent sees: the newest frame as the attacker delivered it, of the same shape.
  public let delivered: FrameImage
  /// The world as a person would look at it, where the frames are not pictures themselves.
  public let world: FrameImage?
  /// The names of the actions, at least one.
  public let actions: [String]
  /// The policy's score of each action on the clean observation.
  public let cleanScores: [Float]
  /// The policy's score of each action on the observation as delivered.
  public let deliveredScores: [Float]
  /// The action that the policy chooses on the clean observation.
  public let cleanAction: Int
  /// The action that the policy chose on the observation as delivered, and that the environment carried out.
  public let deliveredAction: Int
  /// How many actions the attack changed so far in this episode, this step included.
  public let flips: Int
  /// How many frames the attack changed so far in this episode, this step's included.
  public let attackedFrames: Int

  /// A step to be drawn.
  ///
  /// - Parameters:
  ///   - height: The rows of a frame.
  ///   - width: The columns of a frame.
  ///   - channels: The channels of a frame; of a stack only the newest frame's.
  ///   - meaning: What the channels stand for; if it is not given, what is usual for their number.
  ///   - clean: The frame that the camera sees, of shape [height, width, channels], in [0, 1].
  ///   - delivered: The frame that the agent sees, of the same shape and range.
  ///   - world: The world as a person would look at it; nil where the clean frame is a picture of it.
  ///
  /// There must be a score for each action, clean and delivered, and both chosen actions must have a name;
  /// epsilon must be finite and not negative.
  public init(
    environment: String, policy: String, attack: String, epsilonText: String, epsilon: Float,
    step: Int, returnSoFar: Float,
    height: Int, width: Int, channels: Int, meaning: FrameImage.ChannelMeaning? = nil,
    clean: [Float], delivered: [Float], world: FrameImage? = nil,
    actions: [String], cleanScores: [Float], deliveredScores: [Float],
    cleanAction: Int, deliveredAction: Int, flips: Int, attackedFrames: Int
  ) {
    precondition(epsilon.isFinite && epsilon >= 0, "Epsilon is \(epsilon).")
    precondition(
      cleanScores.count == actions.count && deliveredScores.count == actions.count,
      "\(actions.count) actions, \(cleanScores.count) clean and \(deliveredScores.count) delivered scores.")
    precondition(
      actions.indices.contains(cleanAction) && actions.indices.contains(deliveredAction),
      "Actions \(cleanAction) and \(deliveredAction) are not both among \(actions.count).")
    let meaning = meaning ?? .usual(forChannels: channels)
    self.environment = environment
    self.policy = policy
    self.attack = attack
    self.epsilonText = epsilonText
    self.epsilon = epsilon
    self.step = step
    self.returnSoFar = returnSoFar
    self.clean = FrameImage(
      height: height, width: width, channels: channels, meaning: meaning, values: clean)
    self.delivered = FrameImage(
      height: height, width: width, channels: channels, meaning: meaning, values: delivered)
    self.world = world
    self.actions = actions
    self.cleanScores = cleanScores
    self.deliveredScores = deliveredScores
    self.cleanAction = cleanAction
    self.deliveredAction = deliveredAction
    self.flips = flips
    self.attackedFrames = attackedFrames
  }

  /// Whether the attack changed the action.
  public var isFlipped: Bool { cleanAction != deliveredAction }
}
