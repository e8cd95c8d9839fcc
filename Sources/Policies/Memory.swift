import Tensors

/// What a recurrent policy carries from one step of an episode to the next; empty for all others, and for all at the
/// start of an episode, when it stands for zeros.
public struct Memory: Sendable, Equatable, Codable {
  /// One row an observation in each.
  public var state: [Tensor]

  /// The memory at the start of an episode.
  public init(state: [Tensor] = []) { self.state = state }

  /// The memory of some of the rows, in the order of the indices.
  public func rows(at indices: [Int]) -> Memory { Memory(state: state.map { $0.rows(at: indices) }) }

  /// Forgets what a row remembers: an episode starts there.
  public mutating func clear(_ row: Int) {
    for index in state.indices { state[index].clearRow(row) }
  }

  /// Takes over what some of `count` rows remember now, in the order of the indices; the others stay as they are.
  public mutating func replace(at indices: [Int], of count: Int, with rows: Memory) {
    if state.isEmpty {
      state = rows.state.map { .zeros(Shape([count] + $0.shape.dimensions.dropFirst())) }
    }
    for (index, rows) in rows.state.enumerated() { state[index].replaceRows(at: indices, with: rows) }
  }
}
