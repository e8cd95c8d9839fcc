import Foundation
import RandomStreams
import Tensors

/// What is done to an observation before it is seen.
enum Mask: Sendable {
  case none
  /// Black and white alone.
  case threshold
  /// The nearest of so many grays, which says that its gradient is that of the identity.
  case palette(levels: Int)
  /// Of blocks of 2×2 pixels mean and differences, each rounded to a tenth, as JPEG does it; the means' gradient may pass.
  case blocks(passesMeans: Bool)
  /// The frame as it is, with a slope of 1 or −1 for each entry, by its place alone or by its value, too.
  case signs(byValue: Bool)
  /// The frame as it is, with the slopes of the entries from the last to the first.
  case mirrored
  /// The frame as it is, with its own slope where all is black or white, and another elsewhere.
  case cleanOnly(elsewhere: Float)
  /// Entries on waves around black and white, three times as high as this is long: the wrong way there, on the whole the right.
  case waves(Float)
  /// The mean of ten soft steps over the range (Buckman et al. 2018, made differentiable).
  case thermometer(Float)
  /// The frame as it is; below black, where no entry of a frame lies, another one.
  case steepOutside
  /// Frames of which an entry is farther than this from black and white are seen as black and white, with a thousandth of the
  /// change: small changes pass, large ones are cleaned.
  case cleaned(beyond: Float)
  /// The same for frames of which more entries than these are off black and white.
  case uncrowded(most: Int)
  /// The same for frames of which an entry is off the levels of 8 bits.
  case onLevels

  func callAsFunction(_ observations: Tensor) -> Tensor {
    switch self {
    case .none: return observations
    case .threshold: return Tensor(observations.elements.map { $0 > 0.5 ? 1 : 0 }, shape: observations.shape)
    case .palette(let levels):
      let steps = Float(levels - 1)
      let nearest = Tensor(
        observations.elements.map { ($0 * steps).rounded() / steps }, shape: observations.shape)
      return observations + (nearest - observations).stoppingGradient()
    case .signs(let byValue):
      let length = observations.count / observations.shape[0]
      return withSlopes(
        observations,
        observations.elements.enumerated().map { index, value in
          var random = RandomStream(
            seed: byValue ? UInt64(value.bitPattern) : 0, stream: .policy, index: index % length)
          return random.chance(0.5) ? 1 : -1
        })
    case .mirrored:
      let length = observations.count / observations.shape[0]
      let places = (0..<observations.count).map { $0 / length * length + (length - 1 - $0 % length) }
      let others = observations.reshaped(to: [observations.count, 1]).rows(at: places)
        .reshaped(to: observations.shape)
      return observations.stoppingGradient() + (others - others.stoppingGradient())
    case .cleanOnly(let elsewhere):
      let (pixels, length) = (observations.elements, observations.count / observations.shape[0])
      return withSlopes(
        observations,
        (0..<observations.shape[0]).flatMap { row -> [Float] in
          let isClean = pixels[(row * length)..<((row + 1) * length)].allSatisfy { $0 == 0 || $0 == 1 }
          return Array(repeating: isClean ? 1 : elsewhere, count: length)
        })
    case .waves(let length):
      let offsets = observations.elements.map { ($0 - $0.rounded()) / length }
      let shifts = Tensor(offsets.map { 3 * length * sin($0) }, shape: observations.shape)
      return withSlopes(observations, offsets.map { 1 - 3 * cos($0) }) - shifts
    case .thermometer(let steepness):
      return (0..<10).reduce(Tensor.zeros(observations.shape)) { sum, step in
        let threshold = (Float(step) + 0.5) / 10
        return sum + (((observations - threshold) * (steepness / 2)).tanh() + 1) * 0.05
      }
    case .steepOutside: return observations + (-observations).relu() * 1000
    case .cleaned(let beyond):
      return cleaning(observations) { changes in changes.contains { abs($0) > beyond } }
    case .uncrowded(let most):
      return cleaning(observations) { changes in changes.count { $0 != 0 } > most }
    case .onLevels:
      return cleaning(observations) { changes in
        changes.contains { abs($0 * 255 - ($0 * 255).rounded()) > 1e-3 }
      }
    case .blocks(let passesMeans):
      let (pixels, shape) = (observations.elements, observations.shape)
      let (height, width, depth) = (shape[1], shape[2], shape[3])
      func index(_ row: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
        ((row * height + y) * width + x) * depth + channel
      }
      var (rounded, partners) = (pixels, (0..<4).map { _ in [Int](repeating: 0, count: pixels.count) })
      for row in 0..<shape[0] {
        for y in stride(from: 0, to: height - 1, by: 2) {
          for x in stride(from: 0, to: width - 1, by: 2) {
            for channel in 0..<depth {
              let places = [(0, 0), (0, 1), (1, 0), (1, 1)].map { index(row, y + $0.0, x + $0.1, channel) }
              let signs: [[Float]] = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
              let waves = signs.map { signs in
                (zip(signs, places).reduce(0) { $0 + $1.0 * pixels[$1.1] } / 4 * 10).rounded() / 10
              }
              for (corner, place) in places.enumerated() {
                rounded[place] = zip(waves, signs).reduce(0) { $0 + $1.0 * $1.1[corner] }
                for (other, partner) in places.enumerated() { partners[other][place] = partner }
              }
            }
          }
        }
      }
      let values = Tensor(rounded, shape: shape)
      guard passesMeans, height.isMultiple(of: 2), width.isMultiple(of: 2) else { return values }
      let flat = observations.reshaped(to: [observations.count, 1])
      let mean = partners.map { flat.rows(at: $0) }.reduce(Tensor.zeros(flat.shape), +) * 0.25
      return values + (mean - mean.stoppingGradient()).reshaped(to: shape)
    }
  }
}

/// Frames as they are, of which those that give their changes away have but a thousandth of what they are off black and white.
private func cleaning(_ observations: Tensor, where isAttacked: (ArraySlice<Float>) -> Bool) -> Tensor {
  let ideal = Tensor(observations.elements.map { $0.rounded() }, shape: observations.shape)
  let changes = observations - ideal
  let (values, length) = (changes.elements, changes.count / changes.shape[0])
  let shares = stride(from: 0, to: values.count, by: length).map { start -> Float in
    isAttacked(values[start..<(start + length)]) ? 1e-3 : 1
  }
  return ideal + changes * Tensor(shares, shape: [shares.count, 1, 1, 1])
}

/// The values of a tensor with other slopes than 1.
private func withSlopes(_ tensor: Tensor, _ slopes: [Float]) -> Tensor {
  tensor.stoppingGradient() + (tensor - tensor.stoppingGradient()) * Tensor(slopes, shape: tensor.shape)
}
