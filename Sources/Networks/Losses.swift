import Tensors

// Losses are on logits or values, never on their probabilities, and are not yet averaged: each gives one number per row or
// per element, so that a mean, a sum or weights are the caller's choice.

extension Tensor {
  /// max over j ≠ label of z[j], minus z[label], per row: positive where the label has lost.
  /// [rows, classes] gives [rows]; two classes suffice.
  /// - Precondition: at least two classes.
  public func margin(over labels: [Int]) -> Tensor {
    precondition(shape[-1] >= 2, "a margin needs at least two classes")
    return (self + Self.mask(of: labels, shape)).max() - gather(labels)
  }

  /// Of each row the index of the largest element other than the label's: the best of the other classes.
  /// - Precondition: at least two classes.
  public func argmax(except labels: [Int]) -> [Int] {
    precondition(shape[-1] >= 2, "of one class there is no other")
    return (stoppingGradient() + Self.mask(of: labels, shape)).argmax()
  }

  /// −∞ for the label of each row, 0 elsewhere.
  private static func mask(of labels: [Int], _ shape: Shape) -> Tensor {
    let classes = shape[-1]
    return Tensor(shape: shape) { mask in
      for (row, label) in labels.enumerated() { mask[row * classes + label] = -.infinity }
    }
  }

  /// (x − y)² per element.
  public func squaredError(to targets: Tensor) -> Tensor { (self - targets).squared() }

  /// The Huber loss per element: quadratic for errors up to `delta`, linear beyond, ½e² at first.
  public func huber(to targets: Tensor, delta: Float = 1) -> Tensor {
    let error = (self - targets).abs()
    let quadratic = minimum(error, Tensor(repeating: delta, shape: error.shape))
    return quadratic.squared() * 0.5 + (error - quadratic) * delta
  }

  /// KL(softmax(self) ‖ softmax(other)) per row, from logits: [rows, classes] gives [rows].
  public func klDivergence(to other: Tensor) -> Tensor {
    let own = logSoftmax()
    return (own.exp() * (own - other.logSoftmax())).sum(alongAxis: -1)
  }

  /// −Σ p log p of softmax(self) per row, from logits: [rows, classes] gives [rows].
  public func entropy() -> Tensor {
    let logs = logSoftmax()
    return -(logs.exp() * logs).sum(alongAxis: -1)
  }
}
