import Policies
import RandomStreams
import Tensors

/// A policy behind something that breaks its gradient.
struct Wrapped: DifferentiablePolicy {
  let base: NetworkPolicy
  var scale: Float = 1
  var levels: Int?
  var isShattered = false
  var noise: Float = 0
  var inputNoise: Float = 0
  var isShifted = false
  var mask = Mask.none
  var inside: Inside?
  /// What is added to the score of action 1.
  var bias: Float = 0

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    var seen = mask(observations)
    if inputNoise > 0 {
      let length = seen.count / seen.shape[0]
      seen =
        seen
        + Tensor(shape: seen.shape) { draws in
          for index in draws.indices { draws[index] = inputNoise * Float(random[index / length].normal()) }
        }
    }
    if isShifted {
      let (pixels, shape) = (seen.elements, seen.shape)
      let length = seen.count / shape[0]
      let shifts = random.indices.map { random[$0].index(below: 3) - 1 }
      seen = Tensor(shape: shape) { moved in
        for index in moved.indices {
          let column = index / shape[3] % shape[2] + shifts[index / length]
          if (0..<shape[2]).contains(column) {
            moved[index] = pixels[index + shifts[index / length] * shape[3]]
          }
        }
      }
    }
    if let levels {
      let steps = Float(levels - 1)
      seen = Tensor(seen.elements.map { ($0 * steps).rounded() / steps }, shape: seen.shape)
    }
    if isShattered {
      // x + 3·frac(10⁴·x)·10⁻⁴·r with r = ±1 by the tooth: the values are x to 3·10⁻⁴, the slopes −2 or 4.
      let teeth = (seen.stoppingGradient() * 1e4).elements.map { $0.rounded(.down) }
      let signs = Tensor(teeth.map { (Int($0) &* 2_654_435_761) & 4096 == 0 ? -3 : 3 }, shape: seen.shape)
      seen = seen + (seen - Tensor(teeth, shape: seen.shape) * 1e-4) * signs
    }
    let base =
      inside?.scores(of: base.network, at: seen) ?? base.scores(for: seen, memory: &memory, using: &random)
    var scores = base * scale + Tensor([0, bias, 0])
    if noise > 0 {
      let width = scores.shape[1]
      scores =
        scores
        + Tensor(shape: scores.shape) { draws in
          for index in draws.indices { draws[index] = noise * Float(random[index / width].normal()) }
        }
    }
    return scores
  }
}
