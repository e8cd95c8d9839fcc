import Foundation
import RandomStreams
import Testing

@Suite("Ziggurat")
struct ZigguratTests {
  private func draws(_ count: Int, seed: UInt64) -> [Float] {
    var random = RandomStream(seed: seed)
    var values = [Float](repeating: 0, count: count)
    var span = values.mutableSpan
    Ziggurat().add(to: &span, deviation: 1, using: &random)
    return values
  }

  @Test("the draws follow the normal distribution function, tails included")
  func distribution() {
    let count = 1_000_000
    let sorted = draws(count, seed: 1).sorted()
    // Kolmogorov and Smirnov: beyond 1.95/√n once in a thousand seeds.
    var greatest = 0.0
    for (rank, value) in sorted.enumerated() {
      let expected = erfc(-Double(value) / 2.0.squareRoot()) / 2
      greatest = max(greatest, abs(expected - (Double(rank) + 0.5) / Double(count)))
    }
    #expect(greatest < 1.95 / Double(count).squareRoot())
    // Beyond the start of the tail 575.5 on both sides together; five deviations are 120.
    let beyond = sorted.count { abs($0) > 3.442619855899 }
    #expect(abs(Double(beyond) - erfc(3.442619855899 / 2.0.squareRoot()) * Double(count)) < 120)
    #expect(sorted[0] < -4 && sorted[count - 1] > 4)
  }

  @Test("draws are added, times the deviation, and go on with the generator")
  func adding() {
    var random = RandomStream(seed: 2)
    var values: [Float] = [10, 20, 30, 40]
    var first = values[0..<2]
    var span = first.mutableSpan
    Ziggurat().add(to: &span, deviation: 0.5, using: &random)
    var second = values[2...]
    span = second.mutableSpan
    Ziggurat().add(to: &span, deviation: 0.5, using: &random)
    values = Array(first + second)
    for (index, normal) in draws(4, seed: 2).enumerated() {
      #expect(values[index] == Float(10 * (index + 1)) + 0.5 * normal)
    }
  }
}
