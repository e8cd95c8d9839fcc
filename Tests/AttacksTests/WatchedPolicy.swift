import Policies
import RandomStreams
import Synchronization
import Tensors

/// A policy that takes down what it was asked.
struct WatchedPolicy: DifferentiablePolicy {
  let base: NetworkPolicy
  private let log = Log()

  init(_ base: NetworkPolicy) { self.base = base }

  /// What it was asked, in order.
  var asked: [Tensor] { log.tensors }

  func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    log.append(observations.stoppingGradient())
    return base.scores(for: observations, memory: memory)
  }
}

private final class Log: Sendable {
  private let asked = Mutex<[Tensor]>([])
  func append(_ tensor: Tensor) { asked.withLock { $0.append(tensor) } }
  var tensors: [Tensor] { asked.withLock { $0 } }
}
