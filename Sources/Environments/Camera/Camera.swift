import Foundation
import RandomStreams

/// The sensor between the world and all that looks at it: Gaussian noise, brightness that drifts slowly, and 8 bits a
/// value.
///
/// A world of a few exact gray levels can be cleaned of any small perturbation by rounding to the levels, so a robustness
/// figure on it says little. Behind a camera no such rounding knows what was there.
///
/// Each frame is `clip(observation + brightness + noise)`, then rounded to k/255 where it is quantized. The brightness is a
/// stationary autoregressive process of first order, b′ = ρ·b + σ·√(1 − ρ²)·ξ with ρ = exp(−1 / `driftSteps`), the same for
/// all entries of a frame. A camera's state changes with each step of the world; looking twice at one state gives the same
/// frame twice.
public struct Camera: Hashable, Sendable, Codable {
  /// The standard deviation of the noise, independent for each entry and frame; 0 for none.
  public let noise: Float
  /// The standard deviation σ of the brightness; 0 for none.
  public let drift: Float
  /// After how many steps the brightness has forgotten all but 1/e of itself; positive.
  public let driftSteps: Float
  /// Whether entries are rounded to k/255.
  public let isQuantized: Bool

  private var brightness: Float = 0
  private var frameSeed: UInt64 = 0

  /// A camera that waits for its first exposure.
  ///
  /// - Precondition: the deviations are not negative, and `driftSteps` is positive.
  public init(noise: Float, drift: Float = 0, driftSteps: Float = 100, isQuantized: Bool = true) {
    precondition(noise >= 0 && drift >= 0 && driftSteps > 0, "a camera's deviations are not negative")
    self.noise = noise
    self.drift = drift
    self.driftSteps = driftSteps
    self.isQuantized = isQuantized
  }

  /// The space of the frames of a world.
  public func space(of world: BoxSpace) -> BoxSpace {
    if isQuantized && world.low == 0 && world.high == 1 {
      return BoxSpace(
        height: world.height, width: world.width, channels: world.channels,
        rawMaxima: Array(repeating: 255, count: world.channels))
    }
    return BoxSpace(
      height: world.height, width: world.width, channels: world.channels, low: world.low, high: world.high)
  }

  /// Switches on at the start of an episode.
  public mutating func start(using random: inout RandomStream) {
    brightness = drift > 0 ? drift * Float(random.normal()) : 0
    frameSeed = random.next()
  }

  /// Goes on to the next frame.
  public mutating func advance(using random: inout RandomStream) {
    if drift > 0 {
      let kept = Float(exp(-1 / Double(driftSteps)))
      brightness = kept * brightness + drift * (1 - kept * kept).squareRoot() * Float(random.normal())
    }
    frameSeed = random.next()
  }

  /// Turns an observation into what the sensor delivers.
  ///
  /// - Precondition: where it is quantized, no value that the space allows is negative.
  /// - Parameters:
  ///   - frame: the observation, of any number of entries.
  ///   - space: the world's space, for the bounds.
  public func capture(_ frame: inout MutableSpan<Float>, of space: BoxSpace) {
    precondition(!isQuantized || space.low >= 0, "a camera of 8 bits has no levels below 0")
    if noise > 0 {
      var random = RandomStream(seed: frameSeed)
      Self.ziggurat.add(to: &frame, deviation: noise, using: &random)
    }
    for index in frame.indices {
      let value = min(max(frame[index] + brightness, space.low), space.high)
      // Through an integer, because rounding a float is a function call here.
      frame[index] = isQuantized ? Float(Int32(value * 255 + 0.5)) / 255 : value
    }
  }

  private static let ziggurat = Ziggurat()
}
