/// One step of a recorded computation.
///
/// Immutable, so that tensors (and with them policies) are Sendable: a backward pass keeps its sums in
/// ``GradientSums``, never in the nodes, and may run on several threads over the same recording.
final class Node: Sendable {
  /// Given the gradient with respect to this node's value, adds the gradients with respect to its inputs. Nobody needs the
  /// gradient behind it: it may be changed.
  typealias Pullback = @Sendable (_ gradient: inout Tensor, _ sums: inout GradientSums) -> Void

  /// What has been computed.
  enum Origin: Sendable {
    /// Nothing: a tensor at which a gradient is asked.
    case leaf
    /// The result of an operation.
    case result(Pullback)
    /// The first or the second result of an operation that has two.
    case resultOfPair(PairedPullback, isFirst: Bool)
  }

  /// One more than the deepest input: a node's consumers are always deeper than the node itself. Leaves have depth 0, and
  /// nothing else has.
  let depth: Int
  let origin: Origin
  /// Whether the value is a rectifier's, so that nobody looks at its gradient where the value is not positive.
  let isRectified: Bool

  init(depth: Int, _ origin: Origin, isRectified: Bool = false) {
    self.depth = depth
    self.origin = origin
    self.isRectified = isRectified
  }
}

/// The way back through an operation with two results of one shape, which both have a node of one depth.
final class PairedPullback: Sendable {
  /// Given the gradients with respect to the results, zeros for one that nothing depends on, adds those with respect to the
  /// inputs. Nobody needs the gradients behind it: they may be changed.
  typealias Pullback =
    @Sendable (_ first: inout Tensor, _ second: inout Tensor, _ sums: inout GradientSums) -> Void

  let run: Pullback

  init(_ run: @escaping Pullback) { self.run = run }
}

/// The gradients that a backward pass has gathered and not yet passed on.
struct GradientSums {
  private struct Pending {
    let node: Node
    var gradient: Tensor
  }

  /// In order of depth, shallowest first. A computation is mostly a chain: the list stays as short as it is wide.
  private var pending: [Pending] = []

  init() { pending.reserveCapacity(8) }

  /// Adds the gradient with respect to a node's value; it is not even computed when nothing wants it.
  @inline(__always)
  mutating func add(to node: Node?, _ gradient: () -> Tensor) {
    guard let node else { return }
    insert(gradient(), at: node, isNegated: false)
  }

  /// Adds the negative of a gradient in the same way.
  @inline(__always)
  mutating func subtract(from node: Node?, _ gradient: () -> Tensor) {
    guard let node else { return }
    insert(gradient(), at: node, isNegated: true)
  }

  /// Adds the gradient with respect to a node's value: by `addition` to what has been gathered, where there is something, and
  /// by `gradient` where there is nothing yet.
  mutating func add(
    to node: Node, _ addition: (UnsafeMutablePointer<Float>) -> Void, orBegin gradient: () -> Tensor
  ) {
    if let index = pending.lastIndex(where: { $0.node === node }) {
      pending[index].gradient.withUnsafeMutableElements(addition)
    } else {
      insert(gradient(), at: node, isNegated: false)
    }
  }

  private mutating func insert(_ gradient: consuming Tensor, at node: Node, isNegated: Bool) {
    var index = pending.count
    while index > 0, pending[index - 1].node.depth >= node.depth {
      if pending[index - 1].node === node {
        pending[index - 1].gradient.accumulate(gradient, isNegated: isNegated)
        return
      }
      index -= 1
    }
    if isNegated { gradient = -gradient }
    // Appending is much the cheaper, and the rule in a chain.
    if index == pending.count {
      pending.append(Pending(node: node, gradient: gradient))
    } else {
      pending.insert(Pending(node: node, gradient: gradient), at: index)
    }
  }

  /// Passes gradients on, deepest node first, until only those of the leaves are left.
  mutating func run() {
    while let depth = pending.last?.node.depth, depth > 0 {
      var step = pending.removeLast()
      switch step.node.origin {
      case .leaf: preconditionFailure("a leaf has depth 0")
      case .result(let pullback): pullback(&step.gradient, &self)
      case .resultOfPair(let pullback, let isFirst):
        // What depends on the other result is deeper as well, so that its gradient is complete.
        var other = takeGradient(of: pullback) ?? .zeros(step.gradient.shape)
        if isFirst {
          pullback.run(&step.gradient, &other, &self)
        } else {
          pullback.run(&other, &step.gradient, &self)
        }
      }
    }
  }

  /// Takes out the gradient that waits for the way back through an operation with two results.
  private mutating func takeGradient(of pair: PairedPullback) -> Tensor? {
    let index = pending.lastIndex {
      if case .resultOfPair(let other, _) = $0.node.origin { other === pair } else { false }
    }
    return index.map { pending.remove(at: $0).gradient }
  }

  /// The gradient gathered for a leaf; zeros when the result does not depend on it.
  func gradient(at leaf: Tensor) -> Tensor {
    guard let node = leaf.node, node.depth == 0 else {
      preconditionFailure("a gradient is asked at a tensor that is not tracked")
    }
    return pending.first { $0.node === node }?.gradient ?? .zeros(leaf.shape)
  }
}

extension Tensor {
  /// The same values as the start of a recording: whatever is computed from the result can be differentiated at it.
  public func tracked() -> Tensor { Tensor(shape, storage, node: Node(depth: 0, .leaf)) }

  /// The gradients of this scalar with respect to tensors made by ``tracked()``, each in the shape of its tensor;
  /// zeros where the scalar does not depend on one. Only what leads to a tracked tensor is computed.
  /// - Precondition: this tensor has one element; every leaf was made by ``tracked()``.
  public func gradients(at leaves: [Tensor]) -> [Tensor] {
    requireScalar()
    let sums = followedBack()
    return leaves.map { sums.gradient(at: $0) }
  }

  /// The gradient of this scalar with respect to one tensor made by ``tracked()``.
  public func gradient(at leaf: Tensor) -> Tensor {
    requireScalar()
    return gradientOfSum(at: leaf)
  }

  /// The gradient of the sum of this tensor's elements with respect to one tensor made by ``tracked()``: of the losses of a
  /// batch, each row's own gradient in one backward pass.
  public func gradientOfSum(at leaf: Tensor) -> Tensor { followedBack().gradient(at: leaf) }

  private func requireScalar() {
    precondition(count == 1, "a gradient is that of a scalar; this tensor has the shape \(shape)")
  }

  /// The gradients of the sum of the elements at all leaves that it depends on.
  private func followedBack() -> GradientSums {
    var sums = GradientSums()
    sums.add(to: node) { Tensor(repeating: 1, shape: shape) }
    sums.run()
    return sums
  }

  /// The operation's result with its place on the tape, if any of its inputs has one.
  @inline(__always)
  func recorded(
    from input: Tensor, isRectified: Bool = false, _ pullback: @escaping Node.Pullback
  ) -> Tensor {
    guard let parent = input.node else { return self }
    let node = Node(depth: parent.depth + 1, .result(pullback), isRectified: isRectified)
    return Tensor(shape, storage, node: node)
  }

  /// The operation's result with its place on the tape, if any of its inputs has one.
  @inline(__always)
  func recorded(
    from first: Tensor, _ second: Tensor, _ pullback: @escaping Node.Pullback
  ) -> Tensor {
    if first.node == nil && second.node == nil { return self }
    let depth = Swift.max(first.node?.depth ?? 0, second.node?.depth ?? 0) + 1
    return Tensor(shape, storage, node: Node(depth: depth, .result(pullback)))
  }

  /// The operation's result with its place on the tape, if any of its inputs has one.
  @inline(__always)
  func recorded(
    from first: Tensor, _ second: Tensor, _ third: Tensor, isRectified: Bool,
    _ pullback: @escaping Node.Pullback
  ) -> Tensor {
    if first.node == nil && second.node == nil && third.node == nil { return self }
    let depth = Swift.max(first.node?.depth ?? 0, second.node?.depth ?? 0, third.node?.depth ?? 0) + 1
    return Tensor(shape, storage, node: Node(depth: depth, .result(pullback), isRectified: isRectified))
  }

  /// The operation's result with its place on the tape, if any of its inputs has one.
  func recorded(from inputs: [Tensor], _ pullback: @escaping Node.Pullback) -> Tensor {
    guard let depth = inputs.compactMap({ $0.node?.depth }).max() else { return self }
    return Tensor(shape, storage, node: Node(depth: depth + 1, .result(pullback)))
  }
}

/// Both results of an operation with their places on the tape, if any of its inputs has one.
func recorded(
  _ results: (Tensor, Tensor), from first: Tensor, _ second: Tensor,
  _ pullback: @autoclosure () -> PairedPullback
) -> (Tensor, Tensor) {
  if first.node == nil && second.node == nil { return results }
  let depth = max(first.node?.depth ?? 0, second.node?.depth ?? 0) + 1
  let pullback = pullback()
  func placed(_ result: Tensor, isFirst: Bool) -> Tensor {
    Tensor(result.shape, result.storage, node: Node(depth: depth, .resultOfPair(pullback, isFirst: isFirst)))
  }
  return (placed(results.0, isFirst: true), placed(results.1, isFirst: false))
}

/// The gradient of a scalar function at an input, in the input's shape.
public func gradient<Failure>(
  of function: (Tensor) throws(Failure) -> Tensor, at input: Tensor
) throws(Failure) -> Tensor {
  try valueAndGradient(of: function, at: input).gradient
}

/// A scalar function's value at an input, and its gradient there, in the input's shape.
public func valueAndGradient<Failure>(
  of function: (Tensor) throws(Failure) -> Tensor, at input: Tensor
) throws(Failure) -> (value: Tensor, gradient: Tensor) {
  let leaf = input.tracked()
  let value = try function(leaf)
  return (value.stoppingGradient(), value.gradient(at: leaf))
}
