import Foundation
import Networks
import RandomStreams
import Tensors

/// A change that is added to every observation.
public struct UniversalPerturbation: Attack {
  /// [1, height, width, channels].
  public let change: Tensor
  /// What was asked of the policy that it was learned on; nothing for one that was read from a file.
  public let learningPasses: Passes

  init(_ change: Tensor, learningPasses: Passes) {
    (self.change, self.learningPasses) = (change, learningPasses)
  }

  /// Reads what ``entry`` was written as.
  /// - Throws: `SafetensorsError`, or ``AttackError`` when the file holds no perturbation.
  public init(contentsOf url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    guard let entry = file["perturbation"], entry.shape.count == 4, entry.shape[0] == 1,
      !entry.elements.isEmpty
    else {
      throw AttackError(
        "\(url.path): holds no perturbation: write one with hoodwink craft --attack universal")
    }
    guard entry.isFinite else {
      throw AttackError("\(url.path): the perturbation holds numbers that are not finite")
    }
    self.init(Tensor(entry.elements, shape: Shape(entry.shape)), learningPasses: Passes())
  }

  /// For a safetensors file.
  public var entry: Safetensors.Entry {
    Safetensors.Entry(name: "perturbation", shape: change.shape.dimensions, elements: change.elements)
  }

  /// It is added to whatever there is.
  public var needs: Knowledge { .nothing }

  /// The same change for every observation.
  public func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor { clean.observations + change }

  /// Whether it can be added to observations of a shape.
  public func check(fits shape: Shape) throws(AttackError) {
    guard shape.dimensions.dropFirst() == change.shape.dimensions.dropFirst() else {
      throw AttackError(
        "the perturbation is for observations of \(Array(change.shape.dimensions.dropFirst())), not "
          + "\(Array(shape.dimensions.dropFirst()))")
    }
  }
}
