import Tensors

/// A few values that entries of observations are rounded to.
public struct Palette: Hashable, Sendable {
  private enum Values: Hashable {
    /// A number of them from 0 to 1, both included.
    case uniform(Int)
    /// In rising order.
    case listed([Float])
  }

  private let values: Values

  /// A number of values from 0 to 1, both included, at equal distances.
  /// - Precondition: at least two.
  public init(levels: Int) {
    precondition(levels > 1, "one level shows nothing")
    values = .uniform(levels)
  }

  /// Values of one's own.
  /// - Precondition: at least two, in rising order.
  public init(_ values: [Float]) {
    precondition(
      values.count > 1 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 },
      "a palette is at least two values in rising order")
    self.values = .listed(values)
  }

  /// The nearest value of each entry, which is monotone in the entry. Of two listed ones that are equally near the lower.
  /// - Returns: a tensor of the same shape, off the tape.
  public func nearest(to observations: Tensor) -> Tensor {
    switch values {
    case .uniform(let count):
      let steps = Float(count - 1)
      return observations.withElements { elements in
        Tensor(shape: observations.shape) { result in
          for index in elements.indices {
            let value = elements[index]
            result[index] = value < 0 ? 0 : value > 1 ? 1 : (value * steps).rounded() / steps
          }
        }
      }
    case .listed(let values):
      return observations.withElements { elements in
        Tensor(shape: observations.shape) { result in
          for index in elements.indices {
            var chosen = 0
            while chosen + 1 < values.count,
              elements[index] - values[chosen] > values[chosen + 1] - elements[index]
            { chosen += 1 }
            result[index] = values[chosen]
          }
        }
      }
    }
  }
}

extension Palette: CustomStringConvertible {
  /// `8 levels`, `a palette of 3 values`.
  public var description: String {
    switch values {
    case .uniform(let count): "\(count) levels"
    case .listed(let values): "a palette of \(values.count) values"
    }
  }
}
