import Policies
import RandomStreams
import Tensors

/// What the victim makes of a batch before anything is changed, done once: shared by the criterion, the attack, the count of
/// flips and, where nothing is changed, the decision itself.
///
/// An attack asks its victim through it, so that every question is put with the memory that the victim had, and counted.
public struct CleanPass: Sendable {
  /// [batch, height, width, channels].
  public private(set) var observations: Tensor
  /// Logits or Q-values, [batch, actions]; nil when they are not to be known.
  public private(set) var scores: Tensor?
  /// The action chosen for each observation.
  public private(set) var actions: [Int]
  /// What the victim remembered when it was asked. Who asks again passes a copy: looking at an observation twice must not
  /// change the episode.
  public private(set) var memory: Memory
  /// How many draws of the victim's randomness an answer is averaged over; 1 for a victim that draws nothing.
  public let expectation: Int
  /// How what the victim is asked about is rounded: it answers to what would be delivered. Nil where nothing is rounded.
  private(set) var quantization: Quantization?
  /// The same observations and the scores with the way between them on the tape, so that a gradient there needs no second
  /// forward pass; nil when no gradients are to be known.
  private var recording: (observations: Tensor, scores: Tensor)?
  private let counter: PassCounter
  /// Each observation's place in the batch of the counter; nil when it is the whole batch.
  private var places: [Int]?

  /// Asks a victim for its scores, or its actions where it shows no more.
  ///
  /// - Parameters:
  ///   - memory: what it remembers.
  ///   - random: its streams, which are not changed.
  ///   - knowledge: what of it is to be known.
  ///   - expectation: how many draws of the victim's randomness an answer is averaged over.
  public init(
    of observations: Tensor, through victim: borrowing some Policy, memory: Memory = Memory(),
    using random: [RandomStream] = [], knowledge: Knowledge = .weights, expectation: Int = 1
  ) {
    self.init(
      of: observations, through: victim, memory: memory, using: random, knowledge: knowledge,
      expectation: expectation, quantization: nil)
  }

  init(
    of observations: Tensor, through victim: borrowing some Policy, memory: Memory = Memory(),
    using random: [RandomStream], knowledge: Knowledge, expectation: Int, quantization: Quantization?
  ) {
    let decision = Decision(
      on: observations, of: victim, memory: memory, using: random, isRecorded: knowledge == .weights)
    var streams = random
    self.init(
      decision,
      drawnActions: expectation > 1 && knowledge == .actions
        ? decision.drawnActions(
          of: copy victim, at: observations, memory: memory, before: random, expectation: expectation,
          using: &streams) : nil,
      drawnScores: expectation > 1 && knowledge >= .scores
        ? decision.drawnScores(
          of: copy victim, at: observations, memory: memory, before: random, expectation: expectation,
          using: &streams) : nil,
      of: observations, memory: memory, knowledge: knowledge, expectation: expectation,
      quantization: quantization)
  }

  /// - Parameters:
  ///   - drawnActions: the most frequent of so many as the expectation says, to be known in place of the decision's.
  ///   - drawnScores: the mean of so many answers as the expectation says, to be known in place of the decision's scores.
  init(
    _ decision: borrowing Decision, drawnActions: [Int]?, drawnScores: Tensor?, of observations: Tensor,
    memory: Memory, knowledge: Knowledge, expectation: Int,
    quantization: Quantization?
  ) {
    self.observations = observations.stoppingGradient()
    self.memory = memory
    self.expectation = expectation
    self.quantization = quantization
    actions = drawnActions ?? decision.actions
    scores = knowledge >= .scores ? drawnScores ?? decision.scores?.stoppingGradient() : nil
    if knowledge == .weights, expectation == 1, let leaf = decision.recorded, let scores = decision.scores,
      scores.isOnTape
    {
      recording = (leaf, scores)
    } else {
      recording = nil
    }
    counter = PassCounter()
    places = nil
    let isDrawn = drawnActions != nil || drawnScores != nil
    if knowledge > .nothing { counter.add(Passes(forward: isDrawn ? expectation : 1), to: nil) }
  }

  /// The same, with the victim asked about the very observations: for directions, which are estimated from points too near to one
  /// another for 8 bits.
  var unrounded: CleanPass {
    var pass = self
    pass.quantization = nil
    return pass
  }

  /// What would be delivered of some observations; gradients take it for the observations themselves.
  private func delivered(_ observations: Tensor) -> Tensor {
    quantization?.rounded(observations, toward: self.observations) ?? observations
  }

  /// The pass of some of the observations, in the order of the indices.
  public func rows(at indices: [Int]) -> CleanPass {
    var pass = self
    pass.observations = observations.rows(at: indices)
    pass.scores = scores?.rows(at: indices)
    pass.actions = indices.map { actions[$0] }
    pass.memory = memory.rows(at: indices)
    pass.places = indices.map { places?[$0] ?? $0 }
    // The way back is that of the whole batch.
    pass.recording = nil
    return pass
  }

  /// The number of observations.
  public var count: Int { observations.shape[0] }

  /// The action that each observation speaks for: the one with the largest score, or the one chosen where scores are not to be
  /// known.
  public var preferences: [Int] { scores?.argmax() ?? actions }

  /// What was spent on each observation so far, with the clean pass where the attack knows of it.
  public var passes: [Passes] { counter.passes(of: count) }
}

// MARK: - Asking the victim

extension CleanPass {
  /// The actions that a victim chooses, the most frequent of the expectation's draws. One forward pass for each draw.
  ///
  /// - Parameters:
  ///   - observations: one for each of the batch, changed or not.
  ///   - random: what the victim draws, it draws from the attack's streams: the attack does not know its victim's draws.
  public func actions(
    of victim: any Policy, at observations: Tensor, using random: inout [RandomStream]
  ) -> [Int] {
    counter.add(Passes(forward: expectation), to: places)
    return victim.mostFrequentActions(
      of: expectation, on: delivered(observations), memory: memory, using: &random)
  }

  /// A victim's scores, and its values if the criterion needs them, averaged over the expectation's draws. One forward
  /// pass for each draw, and one more where values are needed.
  public func response(
    of victim: any ScoringPolicy, at observations: Tensor, for criterion: any Criterion,
    using random: inout [RandomStream]
  ) -> Response {
    let observations = delivered(observations)
    let answers = (0..<expectation).map { _ in
      answer(of: victim, at: observations, for: criterion, using: &random)
    }
    return Response.mean(of: answers)
  }

  /// What an attack climbs: the loss of each observation, what the victim answered, and the loss's gradient.
  public struct Ascent: Sendable {
    /// [batch].
    public let losses: Tensor
    /// The answer, averaged over the expectation's draws.
    public let response: Response
    /// In the shape of the observations.
    public let gradient: Tensor
  }

  /// The criterion's loss and its gradient. One forward and one backward pass for each draw of the expectation; at the
  /// clean observations themselves the forward pass has been made.
  ///
  /// - Parameter observations: where; nil for the clean ones.
  public func ascent(
    of victim: any DifferentiablePolicy, at observations: Tensor? = nil, raising criterion: any Criterion,
    as kind: ScoreLoss = .crossEntropy, using random: inout [RandomStream]
  ) -> Ascent {
    counter.add(Passes(backward: expectation), to: places)
    func ascent(from leaf: Tensor, by response: Response) -> Ascent {
      let losses = criterion.loss(of: response, as: kind)
      return Ascent(
        losses: losses.stoppingGradient(), response: response.stoppingGradient(),
        gradient: losses.gradientOfSum(at: leaf))
    }
    if observations == nil, let recording, !criterion.needsValues {
      return ascent(from: recording.observations, by: Response(scores: recording.scores))
    }
    let leaf = observations.map(delivered)?.tracked() ?? self.observations.tracked()
    if expectation == 1 {
      return ascent(from: leaf, by: answer(of: victim, at: leaf, for: criterion, using: &random))
    }
    let answers = (0..<expectation).map { _ in answer(of: victim, at: leaf, for: criterion, using: &random) }
    let losses = answers.map { criterion.loss(of: $0, as: kind) }.mean()
    return Ascent(
      losses: losses.stoppingGradient(), response: Response.mean(of: answers.map { $0.stoppingGradient() }),
      gradient: losses.gradientOfSum(at: leaf))
  }

  /// Some functions of a victim's answer and their gradients. One forward pass, and one backward pass for each function,
  /// times the draws of the expectation.
  func gradients(
    of victim: any DifferentiablePolicy, at observations: Tensor,
    of functions: [@Sendable (Response) -> Tensor],
    for criterion: any Criterion, using random: inout [RandomStream]
  ) -> (response: Response, values: [[Float]], gradients: [Tensor]) {
    let leaf = delivered(observations).tracked()
    let answers = (0..<expectation).map { _ in answer(of: victim, at: leaf, for: criterion, using: &random) }
    counter.add(Passes(backward: functions.count * expectation), to: places)
    let values = functions.map { function in answers.map(function).mean() }
    return (
      Response.mean(of: answers.map { $0.stoppingGradient() }), values.map(\.elements),
      values.map { $0.gradientOfSum(at: leaf) }
    )
  }

  private func answer(
    of victim: some ScoringPolicy, at observations: Tensor, for criterion: any Criterion,
    using random: inout [RandomStream]
  ) -> Response {
    var copy = memory
    let scores = victim.scores(for: observations, memory: &copy, using: &random)
    counter.add(Passes(forward: 1), to: places)
    guard criterion.needsValues else { return Response(scores: scores) }
    guard let victim = victim as? any ValuingPolicy else {
      preconditionFailure("the attacker has checked that its victim has values")
    }
    copy = memory
    counter.add(Passes(forward: 1), to: places)
    return Response(scores: scores, values: victim.values(of: observations, memory: &copy, using: &random))
  }
}
