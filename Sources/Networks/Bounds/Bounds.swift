import Tensors

/// Lower and upper bounds of the elements of a tensor: a box around it.
public struct Bounds: Sendable {
  /// Linear maps take and give centers and radii, everything else takes ends: whichever there are, the others are computed only
  /// where they are asked for.
  private enum Form {
    case ends(lower: Tensor, upper: Tensor)
    case centered(center: Tensor, radius: Tensor)
  }

  private let form: Form

  /// Bounds of one shape.
  /// - Parameters:
  ///   - lower: nowhere above the upper bounds, which is not checked.
  ///   - upper: of the same shape.
  /// - Precondition: the shapes are the same.
  public init(lower: Tensor, upper: Tensor) {
    precondition(lower.shape == upper.shape, "bounds of two shapes: \(lower.shape) and \(upper.shape)")
    form = .ends(lower: lower, upper: upper)
  }

  /// Bounds of all that lies within a distance of some elements and within a range, exact but for Float32's rounding.
  /// - Parameters:
  ///   - elements: of any shape; the bounds have no gradient with respect to them.
  ///   - reach: the distance, 0 or more.
  ///   - range: the valid values.
  package init(around elements: Tensor, reach: Float, in range: ClosedRange<Float>) {
    let (center, radius) = intervals(around: elements, reach: reach, in: range)
    self.init(center: center, radius: radius)
  }

  /// The bounds center ± radius.
  /// - Precondition: the shapes are the same; no radius is negative.
  init(center: Tensor, radius: Tensor) {
    precondition(center.shape == radius.shape, "bounds of two shapes: \(center.shape) and \(radius.shape)")
    form = .centered(center: center, radius: radius)
  }

  /// Below or at each element.
  public var lower: Tensor {
    switch form {
    case .ends(let lower, _): lower
    case .centered(let center, let radius): center - radius
    }
  }

  /// Above or at each element.
  public var upper: Tensor {
    switch form {
    case .ends(_, let upper): upper
    case .centered(let center, let radius): center + radius
    }
  }

  /// The middle between the bounds.
  var center: Tensor {
    switch form {
    case .ends(let lower, let upper): (lower + upper) * 0.5
    case .centered(let center, _): center
    }
  }

  /// Half the distance between them.
  var radius: Tensor {
    switch form {
    case .ends(let lower, let upper): (upper - lower) * 0.5
    case .centered(_, let radius): radius
    }
  }

  /// The shape of what is bounded.
  public var shape: Shape {
    switch form {
    case .ends(let tensor, _), .centered(let tensor, _): tensor.shape
    }
  }

  /// The same bounds in another shape.
  public func reshaped(to shape: Shape) -> Bounds { rearranged { $0.reshaped(to: shape) } }

  /// Some rows of the first axis.
  public func slice(_ range: Range<Int>) -> Bounds { rearranged { $0.slice(range) } }

  /// The same bounds in another order or shape.
  func rearranged(_ arrangement: (Tensor) -> Tensor) -> Bounds {
    switch form {
    case .ends(let lower, let upper): Bounds(lower: arrangement(lower), upper: arrangement(upper))
    case .centered(let center, let radius):
      Bounds(center: arrangement(center), radius: arrangement(radius))
    }
  }

  /// The bounds of a function that never falls, applied to each element.
  func mapped(_ function: (Tensor) -> Tensor) -> Bounds {
    Bounds(lower: function(lower), upper: function(upper))
  }

  /// Bounds behind an activation; all of ours never fall.
  func activated(_ activation: Activation, rounding: Rounding) -> Bounds {
    switch (form, activation) {
    case (_, .identity): return self
    case (.centered(let center, let radius), .relu):
      return Bounds(rectified: center, radius, slope: 0)
    case (.centered(let center, let radius), .leakyReLU(let slope)):
      return Bounds(rectified: center, radius, slope: slope)
    default:
      let result = mapped { $0.activated(activation) }
      let slack = rounding == .outward ? Rounding.slack(of: activation) : 0
      return slack > 0 ? Bounds(lower: result.lower - slack, upper: result.upper + slack) : result
    }
  }

  private init(rectified center: Tensor, _ radius: Tensor, slope: Float) {
    let (center, radius) = rectifiedIntervals(center: center, radius: radius, slope: slope)
    self.init(center: center, radius: radius)
  }

  /// Bounds further out on both sides.
  func widened(by margin: Tensor) -> Bounds { Bounds(lower: lower - margin, upper: upper + margin) }
}
