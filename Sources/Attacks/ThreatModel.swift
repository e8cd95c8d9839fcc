import Tensors

/// What an attacker may do to an observation. No attack runs without one, and none enforces its own: ``Attacker`` does.
public struct ThreatModel: Hashable, Sendable {
  /// How the size of a perturbation is measured.
  public enum Norm: String, Hashable, Sendable, CaseIterable {
    /// The largest change of any entry.
    case max
  }

  /// Which frames of a stacked observation may change.
  public enum Frames: String, Hashable, Sendable, CaseIterable {
    /// The newest alone: each frame is perturbed once, as the camera delivers it, and stays as it was seen.
    case newest
    /// All of them, anew at each step (Huang et al. 2017).
    case all
  }

  /// How the size of a perturbation is measured.
  public var norm: Norm
  /// The largest size.
  public var epsilon: Epsilon
  /// The valid values of an entry.
  public var range: ClosedRange<Float>
  /// Which frames may change.
  public var frames: Frames
  /// Whether what is delivered has only the 256 levels of 8 bits over the range.
  public var isQuantized: Bool

  /// What is forgiven when a norm is checked: the rounding of Float32.
  public static let tolerance: Float = 1e-6

  /// A threat model.
  public init(
    norm: Norm = .max, epsilon: Epsilon, range: ClosedRange<Float> = 0...1, frames: Frames = .newest,
    isQuantized: Bool = false
  ) {
    self.norm = norm
    self.epsilon = epsilon
    self.range = range
    self.frames = frames
    self.isQuantized = isQuantized
  }

  /// The largest change of an entry, in the units of the observation.
  public var budget: Float { epsilon.value * (range.upperBound - range.lowerBound) }

  /// The nearest observations that the threat model allows.
  ///
  /// - Parameters:
  ///   - perturbed: what an attack proposes.
  ///   - clean: the observations before the attack, [batch, height, width, channels].
  ///   - frameChannels: the channels of one frame; the newest frame has the last ones.
  public func project(_ perturbed: Tensor, around clean: Tensor, frameChannels: Int) -> Tensor {
    precondition(perturbed.shape == clean.shape, "an attack changed the shape of an observation")
    let (budget, low, high) = (budget, range.lowerBound, range.upperBound)
    let (block, fixed) = blocks(of: clean, frameChannels: frameChannels)
    return Tensor(shape: clean.shape) { result in
      perturbed.withElements { perturbed in
        clean.withElements { clean in
          for start in stride(from: 0, to: result.count, by: max(block, 1)) {
            for index in start..<(start + fixed) { result[index] = clean[index] }
            for index in (start + fixed)..<(start + block) {
              let origin = clean[index]
              // An entry for which an attack proposes no number stays as it is.
              let proposed = perturbed[index].isNaN ? origin : perturbed[index]
              let bounded = min(max(proposed, origin - budget), origin + budget)
              // A clean entry outside the range is moved no further out.
              let valid = min(max(bounded, min(low, origin)), max(high, origin))
              result[index] = isQuantized ? quantize(valid, toward: origin) : valid
            }
          }
        }
      }
    }
  }

  /// The runs of entries in which the first `fixed` must not change: a pixel's channels, or all of the batch at once.
  private func blocks(of clean: Tensor, frameChannels: Int) -> (length: Int, fixed: Int) {
    let channels = clean.shape[-1]
    let fixed = frames == .newest ? channels - frameChannels : 0
    return fixed == 0 ? (clean.count, 0) : (channels, fixed)
  }

  /// The level of 8 bits nearest to a value on the side of the clean value, or the clean value where no level lies
  /// between the two: rounding never makes a perturbation larger.
  private func quantize(_ value: Float, toward clean: Float) -> Float {
    let step = (range.upperBound - range.lowerBound) / 255
    let level = (value - range.lowerBound) / step
    // A value that is a level up to rounding must not fall to the next one.
    let nearest = level.rounded()
    let chosen = abs(level - nearest) < 1e-3 ? nearest : level.rounded(value >= clean ? .down : .up)
    let quantized = range.lowerBound + chosen * step
    return value >= clean ? max(quantized, clean) : min(quantized, clean)
  }

  /// What of a delivery breaks the threat model, in words; nil when nothing does.
  public func violation(of delivered: Tensor, around clean: Tensor, frameChannels: Int) -> String? {
    guard delivered.shape == clean.shape else { return "the shape changed" }
    let channels = clean.shape[-1]
    let firstFree = frames == .newest ? channels - frameChannels : 0
    let limit = budget + Self.tolerance
    return delivered.withElements { delivered in
      clean.withElements { clean in
        for index in delivered.indices {
          let change = delivered[index] - clean[index]
          if change == 0 { continue }
          if index % channels < firstFree { return "a frame changed that may not" }
          if !(abs(change) <= limit) { return "an entry changed by \(change), more than \(budget)" }
          if !range.contains(delivered[index]) { return "an entry is \(delivered[index]), outside \(range)" }
        }
        return nil
      }
    }
  }

  /// The size of the perturbation of each observation of a batch.
  public func sizes(of delivered: Tensor, around clean: Tensor) -> [Float] {
    let rows = clean.shape[0]
    let length = rows == 0 ? 0 : clean.count / rows
    return delivered.withElements { delivered in
      clean.withElements { clean in
        (0..<rows).map { row in
          var largest: Float = 0
          for index in (row * length)..<((row + 1) * length) {
            largest = max(largest, abs(delivered[index] - clean[index]))
          }
          return largest
        }
      }
    }
  }
}

extension ThreatModel: CustomStringConvertible {
  /// As a person reads it: `max norm, epsilon 8/255 (0.0314), newest frame`.
  public var description: String {
    "\(norm) norm, epsilon \(epsilon.bothWays), \(frames == .newest ? "newest frame" : "all frames")"
      + (isQuantized ? ", 8 bits" : "")
  }
}
