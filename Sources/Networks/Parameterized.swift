import Tensors

/// What has parameters to train: a network, or several that are trained as one.
public protocol Parameterized: Sendable {
  /// All parameters, in an order that never changes.
  var parameters: [Tensor] { get set }
}

extension Parameterized {
  /// The model with its parameters as the start of a recording.
  func tracked() -> Self {
    var copy = self
    copy.parameters = parameters.map { $0.tracked() }
    return copy
  }
}

/// The value of a model's loss and its gradients with respect to the parameters, in their order.
///
/// - Parameter loss: gives a scalar from the model that it is handed, whose parameters are on the tape. What else it
///   captures gets no gradient.
public func valueAndGradients<Model: Parameterized, Failure>(
  of loss: (Model) throws(Failure) -> Tensor, at model: Model
) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
  let tracked = model.tracked()
  let value = try loss(tracked)
  return (value.stoppingGradient(), value.gradients(at: tracked.parameters))
}

extension Workers {
  /// The value and the gradients of a loss that is a sum over the rows of a batch, the rows shared out over threads.
  ///
  /// - Parameters:
  ///   - loss: gives the part that the rows of a range contribute, a scalar. To get a mean, divide by `rows` in it.
  ///   - model: where the gradients are taken.
  ///   - rows: the rows of the whole batch.
  /// - Returns: the sums over all shards, taken in the order of the rows: the same bits with any number of threads.
  public func valueAndGradients<Model: Parameterized, Failure>(
    of loss: @Sendable (Model, Range<Int>) throws(Failure) -> Tensor, at model: Model, rows: Int
  ) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
    let (values, gradients) = try valuesAndGradients(
      of: { (model, rows) throws(Failure) in [try loss(model, rows)] }, at: model, rows: rows)
    return (values.first ?? Tensor(0), gradients)
  }

  /// As ``valueAndGradients(of:at:rows:)``, with sums of other values beside the loss, which get no gradient.
  ///
  /// - Parameters:
  ///   - losses: gives the parts that the rows of a range contribute, scalars: the loss first, then what else is to be
  ///     known.
  ///   - shardSize: the rows of a shard: the result may depend on it, and never on the number of threads.
  /// - Returns: the sums of all that `losses` gives, and the gradients of the first.
  public func valuesAndGradients<Model: Parameterized, Failure>(
    of losses: @Sendable (Model, Range<Int>) throws(Failure) -> [Tensor], at model: Model, rows: Int,
    shardSize: Int = Workers.shardSize
  ) throws(Failure) -> (values: [Tensor], gradients: [Tensor]) {
    let parts = try map(shardsOf: rows, shardSize: shardSize) { shard throws(Failure) in
      let tracked = model.tracked()
      let values = try losses(tracked, shard)
      return (
        values: values.map { $0.stoppingGradient() }, gradients: values[0].gradients(at: tracked.parameters)
      )
    }
    guard let first = parts.first else { return ([], model.parameters.map { .zeros($0.shape) }) }
    let others = parts.dropFirst()
    return (
      others.reduce(first.values) { sums, part in zip(sums, part.values).map(+) },
      Tensor.sums(of: parts.map(\.gradients), on: self)
    )
  }
}
