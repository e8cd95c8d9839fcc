import Networks
import Policies
import RandomStreams
import Tensors

/// A policy and an estimate of what it will earn, trained as one: actor and critic are each a linear layer on features
/// of their own, or of both.
struct ActorCritic: Parameterized {
  /// What both look at; no layers where they share nothing.
  var torso: Network
  /// Features to the logits of the actions.
  var actor: Network
  /// Features to the value.
  var critic: Network

  /// An actor and a critic that have seen nothing: orthogonal weights with gain √2 (ReLU), 5/3 (tanh) or 1, 0.01 for
  /// the logits, so that the policy starts undecided, and 1 for the value.
  ///
  /// - Parameters:
  ///   - isShared: whether both look at the same features.
  /// - Throws: `NetworkError` when the network does not suit the observations; ``ConfigurationError`` when it is
  ///   recurrent and not shared.
  init(
    _ choice: NetworkChoice, isShared: Bool, input: [Int], actions: Int, using random: inout RandomStream
  ) throws {
    let features = try choice.features(of: input)
    guard isShared || choice.lstm == nil else {
      throw ConfigurationError(
        "an LSTM is shared by actor and critic: leave the networks shared", settings: ["shared", "lstm"])
    }
    func network(_ input: [Int], _ layers: [Layer], outputGain: Float?) throws -> Network {
      try Network(
        .init(input: input, layers: layers), initializer: .orthogonal, outputGain: outputGain, using: &random)
    }
    let own = isShared ? [] : features.layers
    torso = try network(input, isShared ? features.layers : [], outputGain: nil)
    let start = torso.architecture.output
    actor = try network(start, own + [.dense(outputs: actions, activation: .identity)], outputGain: 0.01)
    critic = try network(start, own + [.dense(outputs: 1, activation: .identity)], outputGain: 1)
  }

  /// The torso's, the actor's and the critic's.
  var parameters: [Tensor] {
    get { torso.parameters + actor.parameters + critic.parameters }
    set {
      let (first, second) = (torso.parameters.count, torso.parameters.count + actor.parameters.count)
      torso.parameters = Array(newValue[..<first])
      actor.parameters = Array(newValue[first..<second])
      critic.parameters = Array(newValue[second...])
    }
  }

  /// The actor alone.
  var policy: NetworkPolicy { NetworkPolicy(torso.followed(by: actor)) }

  /// The critic alone.
  var valueNetwork: Network { torso.followed(by: critic) }

  /// Logits, [batch, actions], and values, [batch], one step further in an episode.
  func callAsFunction(_ observations: Tensor, memory: inout Memory) -> (logits: Tensor, values: Tensor) {
    let features = torso(observations, state: &memory.state)
    return heads(features)
  }

  /// Logits and values of sequences: [steps·lanes, height, width, channels], step after step.
  ///
  /// - Parameters:
  ///   - memory: that of the lanes before the first step.
  ///   - continues: for each observation 0 where an episode starts, which remembers nothing, and 1 elsewhere.
  func callAsFunction(
    _ observations: Tensor, from memory: Memory, continues: Tensor
  ) -> (logits: Tensor, values: Tensor) {
    let (rows, lanes) = (observations.shape[0], memory.state[0].shape[0])
    var state = memory.state
    let features = stride(from: 0, to: rows, by: lanes).map { start in
      let step = start..<(start + lanes)
      let mask = continues.slice(step).reshaped(to: [lanes, 1])
      state = state.map { $0 * mask }
      return torso(observations.slice(step), state: &state)
    }
    return heads(.concatenate(features))
  }

  private func heads(_ features: Tensor) -> (logits: Tensor, values: Tensor) {
    (actor(features), critic(features).reshaped(to: [features.shape[0]]))
  }
}
