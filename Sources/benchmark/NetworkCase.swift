import ArgumentParser
import Attacks
import Networks
import Policies
import RandomStreams
import Tensors

/// What is done with a network.
enum NetworkCase: String, CaseIterable, Codable, ExpressibleByArgument {
  /// The logits, with no gradient.
  case forward
  /// The attack of that name: logits, cross-entropy against their own argmax, its gradient with respect to the input
  /// alone, a step of 8/255 along the sign, clipped to [0, 1]. The attacker's projection and checks are not in it.
  case fgsm
  /// Cross-entropy against given labels, the gradients of all parameters, one step of Adam.
  case training
}

/// The networks that are measured; peers know them by the same names.
enum BenchmarkNetwork: String, CaseIterable, Codable, ExpressibleByArgument {
  /// Grid observations of 7×7×3, flattened.
  case mlp
  /// 10×10 observations of four channels.
  case convSmall = "conv-small"
  /// Four stacked frames of 84×84 (Mnih et al. 2015, "Human-level control through deep reinforcement learning").
  case convAtari = "conv-atari"

  /// The layers.
  func architecture() throws -> Network.Architecture {
    switch self {
    case .mlp:
      try .init(
        input: [147],
        layers: [
          .dense(outputs: 64, activation: .relu), .dense(outputs: 64, activation: .relu),
          .dense(outputs: 7, activation: .identity),
        ])
    case .convSmall:
      try .init(
        input: [10, 10, 4],
        layers: [
          .convolution(filters: 16, kernel: 3, activation: .relu), .flatten,
          .dense(outputs: 128, activation: .relu), .dense(outputs: 6, activation: .identity),
        ])
    case .convAtari:
      try .init(
        input: [84, 84, 4],
        layers: [
          .convolution(filters: 32, kernel: 8, stride: 4, activation: .relu),
          .convolution(filters: 64, kernel: 4, stride: 2, activation: .relu),
          .convolution(filters: 64, kernel: 3, activation: .relu), .flatten,
          .dense(outputs: 512, activation: .relu), .dense(outputs: 6, activation: .identity),
        ])
    }
  }
}

extension NetworkCase {
  /// The floating-point operations in one example's matrix products: two a multiplication, for the forward pass and for
  /// each gradient. The first layer's input gradient is an attack's alone.
  func operations(of architecture: Network.Architecture) -> Double {
    let products = architecture.operations
    let forward = products.reduce(0, +)
    switch self {
    case .forward: return forward
    case .fgsm: return 2 * forward
    case .training: return 3 * forward - (products.first ?? 0)
    }
  }

  /// The work on one batch, with inputs that are already in place.
  func work(_ architecture: Network.Architecture, batch: Int, workers: Workers) throws -> () -> Void {
    var random = RandomStream(seed: 0)
    var network = try Network(architecture, initializer: .kaiming, using: &random)
    let observations = Tensor(shape: Shape([batch] + architecture.input)) { elements in
      for index in elements.indices { elements[index] = Float(random.uniform()) }
    }
    let actions = architecture.output[0]
    let labels = (0..<batch).map { _ in random.index(below: actions) }
    switch self {
    case .forward: return { [network] in _ = network(observations) }
    case .fgsm:
      let victim: any DifferentiablePolicy = NetworkPolicy(network)
      let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
      var streams = (0..<batch).map { RandomStream(seed: UInt64($0)) }
      // Policies see images: [batch, height, width, channels].
      let images = architecture.input.count == 1 ? observations.reshaped(to: [batch, 7, 7, 3]) : observations
      return {
        let clean = CleanPass(of: images, through: victim)
        let gradient = clean.ascent(
          of: victim, raising: ActionChange(from: clean.actions), using: &streams
        ).gradient
        _ = images.stepped(by: threat.budget, alongSignOf: gradient).clamped(to: threat.range)
      }
    case .training:
      var optimizer = Optimizer(Adam())
      return {
        let gradients = workers.valueAndGradients(
          of: { network, rows in
            let logits = network(rows.count == batch ? observations : observations.slice(rows))
            return logits.crossEntropy(with: Array(labels[rows])).sum() / Float(batch)
          }, at: network, rows: batch
        ).gradients
        optimizer.update(&network.parameters, along: gradients, learningRate: 1e-3, on: workers)
      }
    }
  }
}

extension Network.Architecture {
  /// The floating-point operations of the matrix product of each layer that has one, for one example.
  var operations: [Double] {
    var size = input
    var products: [Double] = []
    for layer in layers {
      switch layer {
      case .dense(let outputs, _):
        products.append(Double(2 * size[0] * outputs))
        size = [outputs]
      case .convolution(let filters, let kernel, let stride, let padding, _):
        let height = padding.extent(size[0], kernel: kernel[0], stride: stride)
        let width = padding.extent(size[1], kernel: kernel[1], stride: stride)
        products.append(Double(2 * height * width * kernel[0] * kernel[1] * size[2] * filters))
        size = [height, width, filters]
      case .flatten: size = [size.reduce(1, *)]
      case .maxout, .layerNorm, .dueling, .lstm:
        preconditionFailure("no network of the tables has a \(layer)")
      }
    }
    return products
  }
}
