import RandomStreams
import Tensors

/// The last transitions, drawn from uniformly.
struct ReplayBuffer: Sendable {
  /// A batch of transitions; all have one row or element each.
  struct Batch: Sendable {
    let observations: Tensor
    let actions: [Int]
    let rewards: [Float]
    let next: Tensor
    /// 0 where the episode terminated, so that nothing follows; 1 elsewhere, truncations included.
    let continues: [Float]
  }

  private let capacity: Int
  private let shape: [Int]
  private let length: Int
  private var observations: [Float]
  private var next: [Float]
  private var actions: [Int32] = []
  private var rewards: [Float] = []
  private var continues: [Float] = []
  private var position = 0

  /// The number of transitions held.
  private(set) var count = 0

  /// Room for `capacity` transitions of observations of the given shape.
  init(capacity: Int, shape: [Int]) {
    self.capacity = capacity
    self.shape = shape
    length = shape.reduce(1, *)
    observations = []
    next = []
    observations.reserveCapacity(capacity * length)
    next.reserveCapacity(capacity * length)
  }

  /// Adds the transitions of a batch; the oldest make room.
  mutating func append(
    observations: Tensor, actions: [Int], rewards: [Float], next: Tensor, terminated: [Bool]
  ) {
    observations.withElements { observed in
      next.withElements { following in
        for row in actions.indices {
          if count < capacity {
            for index in 0..<length {
              self.observations.append(observed[row * length + index])
              self.next.append(following[row * length + index])
            }
            self.actions.append(Int32(actions[row]))
            self.rewards.append(rewards[row])
            continues.append(terminated[row] ? 0 : 1)
            count += 1
          } else {
            for index in 0..<length {
              self.observations[position * length + index] = observed[row * length + index]
              self.next[position * length + index] = following[row * length + index]
            }
            self.actions[position] = Int32(actions[row])
            self.rewards[position] = rewards[row]
            continues[position] = terminated[row] ? 0 : 1
          }
          position = (position + 1) % capacity
        }
      }
    }
  }

  /// Transitions drawn independently, each with the same chance.
  /// - Precondition: there is at least one.
  func sample(_ size: Int, using random: inout RandomStream) -> Batch {
    let chosen = (0..<size).map { _ in random.index(below: count) }
    func rows(of source: [Float]) -> Tensor {
      Tensor(shape: Shape([size] + shape)) { target in
        for (row, index) in chosen.enumerated() {
          for element in 0..<length { target[row * length + element] = source[index * length + element] }
        }
      }
    }
    return Batch(
      observations: rows(of: observations), actions: chosen.map { Int(actions[$0]) },
      rewards: chosen.map { rewards[$0] }, next: rows(of: next), continues: chosen.map { continues[$0] })
  }
}
