import RandomStreams
import Tensors

/// Elements that are drawn one by one, the same for an update of a run whatever was drawn before.
func noise(
  _ shape: Shape, seed: UInt64, update: Int, draw: (inout RandomStream) -> Float
) -> Tensor {
  var random = RandomStream(seed: seed, stream: .defense, index: update)
  return Tensor(shape: shape) { noise in
    for index in noise.indices { noise[index] = draw(&random) }
  }
}

/// Elements from −1 to 1: where an ascent within a box of radius 1 may start.
func startingNoise(_ shape: Shape, seed: UInt64, update: Int) -> Tensor {
  noise(shape, seed: seed, update: update) { $0.uniform(in: -1...1) }
}
