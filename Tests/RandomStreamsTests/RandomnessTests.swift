import RandomStreams
import Testing

@Suite("Draws with a meaning")
struct RandomnessTests {
  @Test("index is uniform below its bound", arguments: [2, 3, 10])
  func index(_ bound: Int) {
    var random = RandomStream(seed: 1)
    let draws = 30_000
    var counts = Array(repeating: 0, count: bound)
    for _ in 0..<draws { counts[random.index(below: bound)] += 1 }
    let expected = Double(draws) / Double(bound)
    // Five standard deviations of a binomial count.
    #expect(counts.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() })
  }

  @Test("chance is as frequent as its probability, and always draws once", arguments: [0, 0.1, 0.5, 1])
  func chance(_ probability: Double) {
    var random = RandomStream(seed: 2)
    var other = random
    let draws = 20_000
    let hits = (0..<draws).count { _ in random.chance(probability) }
    let deviation = (Double(draws) * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(hits) - Double(draws) * probability) <= 5 * deviation)
    for _ in 0..<draws { _ = other.uniform() }
    #expect(random == other)
  }

  @Test("uniform stays in a closed range and fills it")
  func closedRange() {
    var random = RandomStream(seed: 3)
    let draws = (0..<10_000).map { _ in random.uniform(in: Float(-2)...6) }
    #expect(draws.allSatisfy { (-2...6).contains($0) })
    #expect(draws.min()! < -1.99 && draws.max()! > 5.99)
    #expect(abs(draws.reduce(0, +) / 10_000 - 2) < 0.12)
    #expect(random.uniform(in: Float(3)...3) == 3)
    #expect(random.uniform(in: -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude).isFinite)
  }

  @Test("uniform never reaches the upper bound of an open range, though rounding would")
  func openRange() {
    var highest = Scripted(uniforms: [1 - 0x1p-53, 1 - 0x1p-53, 0])
    #expect(highest.uniform(in: Float(0)..<1) == Float(1).nextDown)
    #expect(highest.uniform(in: Float(1)..<Float(1).nextUp) == 1)
    #expect(highest.uniform(in: Float(-1)..<1) == -1)
  }

  @Test("normal is Box and Muller's transform of two uniform draws")
  func boxMuller() {
    // sqrt(-2 ln(1 - 0.75)) · cos(2π · 0.5), and the end of the range, where ln(0) would be infinite.
    var random = Scripted(uniforms: [0.75, 0.5, 1 - 0x1p-53, 0, 0, 0.3])
    #expect(abs(random.normal() - -1.665_109_222_315_395_4) < 1e-15)
    #expect(abs(random.normal() - 8.571_674_348_652_905) < 1e-12)
    #expect(random.normal() == 0)
  }

  @Test("normal has the moments of the normal distribution")
  func moments() {
    var random = RandomStream(seed: 4)
    let draws = (0..<40_000).map { _ in random.normal() }
    func mean(_ power: (Double) -> Double) -> Double { draws.map(power).reduce(0, +) / Double(draws.count) }
    #expect(abs(mean { $0 }) < 0.025)
    #expect(abs(mean { $0 * $0 } - 1) < 0.04)
    #expect(abs(mean { $0 * $0 * $0 * $0 } - 3) < 0.25)
  }

  @Test("a permutation holds every index once, and every order is equally likely")
  func permutations() {
    var random = RandomStream(seed: 5)
    #expect(random.permutation(of: 0).isEmpty)
    #expect(random.permutation(of: 100).sorted() == Array(0..<100))
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[random.permutation(of: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }

  @Test("a slice is shuffled in its place")
  func slices() {
    var random = RandomStream(seed: 6)
    var numbers = Array(0..<50)
    random.shuffle(&numbers[10..<40])
    #expect(Array(numbers[..<10]) == Array(0..<10))
    #expect(Array(numbers[40...]) == Array(40..<50))
    #expect(numbers != Array(0..<50))
    #expect(numbers.sorted() == Array(0..<50))
  }
}

/// Draws what the test says.
private struct Scripted: Randomness {
  var uniforms: [Double]

  mutating func uniform() -> Double { uniforms.removeFirst() }
  mutating func index(below bound: Int) -> Int { Int(uniform() * Double(bound)) }
}
