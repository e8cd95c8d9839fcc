import Tensors
import Testing

@testable import Defenses

@Suite struct VirtualAdversarialTests {
  /// Of logits that are the entries themselves the distribution changes most where one grows and the other falls; at the end of its range
  /// an entry stays where it is.
  @Test func virtualAdversarialPerturbationsStayInTheRange() {
    let clean = Tensor([0, 1, 0, 1, 0.5, 0.5], shape: [3, 2])
    let found = VirtualAdversarialTraining.perturbed(
      clean, from: Tensor([1, -1, -1, 1, 1, -1], shape: [3, 2]), epsilon: 0.1, iterations: 1,
      within: Surroundings(range: 0...1), workers: .one
    ) { $0 }
    for (entry, expected) in zip(found.elements, [0.1, 0.9, 0, 1, 0.6, 0.4] as [Float]) {
      #expect(abs(entry - expected) < 1e-6)
    }
  }
}
