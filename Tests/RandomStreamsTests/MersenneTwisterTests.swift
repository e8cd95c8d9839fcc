import Foundation
import RandomStreams
import Testing

@Suite("MersenneTwister draws what NumPy's RandomState draws")
struct MersenneTwisterTests {
  @Test("words, across twists", arguments: LegacyNumPyDraws.all)
  func words(_ numpy: LegacyNumPyDraws) {
    var random = MersenneTwister(seed: numpy.seed)
    let first = (0..<8).map { _ in random.nextUInt32() }
    for _ in 0..<2000 { _ = random.nextUInt32() }
    #expect(first + (0..<4).map { _ in random.nextUInt32() } == numpy.words)
  }

  @Test("uniform is rand", arguments: LegacyNumPyDraws.all)
  func uniform(_ numpy: LegacyNumPyDraws) {
    var random = MersenneTwister(seed: numpy.seed)
    #expect((0..<4).map { _ in random.uniform() } == numpy.uniforms)
  }

  @Test("index is randint, between other draws too, and for several at once", arguments: LegacyNumPyDraws.all)
  func interleaved(_ numpy: LegacyNumPyDraws) {
    var random = MersenneTwister(seed: numpy.seed)
    var drawn = (1...33).map { random.index(below: $0) }
    for bound in NumPyDraws.bounds {
      drawn.append(random.index(below: bound))
      drawn.append(Int(random.uniform() * 0x1p53))
    }
    #expect(drawn == numpy.interleaved)
    let speeds = (0..<8).map { _ in 1 + random.index(below: 5) }
    #expect(speeds + (0..<3).map { _ in Int(random.uniform() * 0x1p53) } == numpy.several)
  }

  @Test("a bound of 1 draws nothing")
  func boundOfOne() {
    var random = MersenneTwister(seed: 3)
    let before = random
    #expect(random.index(below: 1) == 0)
    #expect(random == before)
  }

  @Test("a copy goes on alone, with the same draws")
  func copies() {
    var random = MersenneTwister(seed: 8)
    for _ in 0..<600 { _ = random.nextUInt32() }
    var copy = random
    let draws = (0..<100).map { _ in random.nextUInt32() }
    #expect((0..<100).map { _ in copy.nextUInt32() } == draws)
  }

  @Test("a decoded generator goes on where the encoded one stood")
  func coding() throws {
    var random = MersenneTwister(seed: 1 << 50)
    for _ in 0..<700 { _ = random.nextUInt32() }
    var decoded = try JSONDecoder().decode(MersenneTwister.self, from: JSONEncoder().encode(random))
    #expect(decoded == random)
    #expect(decoded.nextUInt64() == random.nextUInt64())
  }

  @Test("a state that no generator can have is not decoded", arguments: [(623, 0), (624, -1), (624, 625)])
  func badStates(_ count: Int, _ position: Int) {
    let words = Array(repeating: "1", count: count).joined(separator: ",")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        MersenneTwister.self, from: Data(#"{"key": [\#(words)], "pos": \#(position)}"#.utf8))
    }
  }
}

extension LegacyNumPyDraws: CustomTestStringConvertible {
  var testDescription: String { "seed \(seed)" }
}
