import Networks
import Tensors
import Testing

struct NetworkChoiceTests {
  private func parameterCounts(_ choice: NetworkChoice, input: [Int], streams: Int = 1) throws -> [Int] {
    try choice.features(of: input, streams: streams).parameters.map(\.shape.count)
  }

  /// Counted by hand from the papers' sizes: kernel² · channels · filters and filters, inputs · units and units.
  @Test func sizesAreThoseOfThePapers() throws {
    let nature = try parameterCounts(.init(.natureCNN), input: [84, 84, 4])
    #expect(nature == [8 * 8 * 4 * 32, 32, 4 * 4 * 32 * 64, 64, 3 * 3 * 64 * 64, 64, 3136 * 512, 512])
    let minatar = try parameterCounts(.init(.minatarCNN), input: [10, 10, 4])
    #expect(minatar == [3 * 3 * 4 * 16, 16, 8 * 8 * 16 * 128, 128])
    #expect(
      try parameterCounts(.init(.mlp, hidden: [64, 32]), input: [7, 7, 3]) == [147 * 64, 64, 64 * 32, 32])
  }

  @Test func filtersAreAsManyAsConvolutions() throws {
    let wide = try parameterCounts(.init(.conv, filters: [32, 64]), input: [42, 42, 2])
    #expect(wide == [6 * 6 * 2 * 32, 32, 3 * 3 * 32 * 64, 64, 6 * 6 * 64 * 128, 128])
    #expect(throws: NetworkError.self) { try NetworkChoice(.conv, filters: [32]).features(of: [42, 42, 2]) }
    #expect(throws: NetworkError.self) { try NetworkChoice(.mlp, filters: [32]).features(of: [4, 4, 1]) }
    // More than can be counted twice over, for maxout or two streams.
    #expect(throws: NetworkError.self) {
      try NetworkChoice(.mlp, hidden: [Int.max]).features(of: [4, 4, 1], streams: 2)
    }
  }

  /// Recipes hold what is resolved, and a run is resumed only with the recipe that began it: runs older than the option have
  /// no filters in theirs.
  @Test func filtersThatNobodySetStayUnset() throws {
    #expect(NetworkChoice().resolved(for: [42, 42, 2]) == NetworkChoice(.conv, hidden: [128]))
    #expect(
      NetworkChoice(.conv, filters: [32, 64]).resolved(for: [42, 42, 2])
        == NetworkChoice(.conv, filters: [32, 64], hidden: [128]))
  }

  @Test func whatSuitsTheObservation() throws {
    func convolutions(_ input: [Int]) throws -> Int {
      try NetworkChoice().features(of: input).layers.count {
        if case .convolution = $0 { true } else { false }
      }
    }
    #expect(try convolutions([10, 10, 1]) == 0)
    #expect(try convolutions([10, 10, 4]) == 1)
    #expect(try convolutions([42, 42, 1]) == 2)
    #expect(try convolutions([84, 84, 4]) == 3)
  }

  @Test func everyHiddenSumIsNormalizedAndActivated() throws {
    let layers = try NetworkChoice(.minatarCNN, activation: .tanh, layerNorm: true).features(of: [10, 10, 4])
      .layers
    #expect(
      layers == [
        .convolution(filters: 16, kernel: 3, activation: .identity), .layerNorm(activation: .tanh), .flatten,
        .dense(outputs: 128, activation: .identity), .layerNorm(activation: .tanh),
      ])
    let maxout = try NetworkChoice(.mlp, hidden: [8], activation: .maxout).features(
      of: [2, 2, 1], streams: 2
    ).layers
    #expect(maxout == [.flatten, .dense(outputs: 32, activation: .identity), .maxout(pieces: 2)])
    let memory = try NetworkChoice(.mlp, hidden: [8], lstm: 6).features(of: [2, 2, 1]).layers
    #expect(memory == [.flatten, .dense(outputs: 8, activation: .relu), .lstm(units: 6)])
  }
}
