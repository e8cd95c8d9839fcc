import Tensors

/// The 256 levels of 8 bits over a range, and how a perturbation is rounded to them.
struct Quantization: Sendable {
  private let low: Double
  private let span: Double

  init(over range: ClosedRange<Float>) {
    low = Double(range.lowerBound)
    span = Double(range.upperBound) - low
  }

  /// Each entry at the level nearest to it on the side of the clean value: rounding never makes a perturbation larger.
  /// - Precondition: the shapes are the same.
  func rounded(_ perturbed: Tensor, toward clean: Tensor) -> Tensor {
    precondition(perturbed.shape == clean.shape, "shapes differ: \(perturbed.shape) and \(clean.shape)")
    return Tensor(shape: clean.shape) { result in
      perturbed.withElements { perturbed in
        clean.withElements { clean in
          for index in result.indices { result[index] = rounded(perturbed[index], toward: clean[index]) }
        }
      }
    }
  }

  /// The level, or the clean value where no level lies between the two.
  private func rounded(_ value: Float, toward clean: Float) -> Float {
    if value == clean { return clean }
    let level = (Double(value) - low) * 255 / span
    // A value that is a level up to rounding must not fall to the next one.
    let nearest = level.rounded()
    let chosen = abs(level - nearest) < 2e-5 ? nearest : level.rounded(value >= clean ? .down : .up)
    let rounded = Float(low + chosen * span / 255)
    return value >= clean ? max(rounded, clean) : min(rounded, clean)
  }
}

extension ThreatModel {
  /// How what is delivered is rounded; nil where it is not.
  var quantization: Quantization? { isQuantized ? Quantization(over: range) : nil }
}
