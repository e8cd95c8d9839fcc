import RandomStreams
import Tensors

/// Draws every action alike, whatever it sees: the return that any agent has to beat.
public struct RandomPolicy: Policy {
  /// The number of actions.
  public let actions: Int

  /// A policy over a number of actions.
  ///
  /// - Precondition: there is at least one.
  public init(actions: Int) {
    precondition(actions > 0, "there is at least one action")
    self.actions = actions
  }

  /// A draw for each observation.
  public func act(
    on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> [Int] {
    random.indices.map { random[$0].index(below: actions) }
  }
}
