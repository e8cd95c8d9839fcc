import Foundation
import RandomStreams
import Testing

@Suite("RandomStream draws what NumPy draws")
struct RandomStreamTests {
  @Test("SeedSequence gives NumPy's words", arguments: NumPyDraws.all)
  func seedSequence(_ numpy: NumPyDraws) {
    let sequence = SeedSequence(entropy: numpy.seed, spawnKey: numpy.key)
    #expect(sequence.words(count: 6) == numpy.words)
    let pairs = (0..<3).map { UInt64(numpy.words[2 * $0]) | UInt64(numpy.words[2 * $0 + 1]) << 32 }
    #expect(sequence.longWords(count: 3) == pairs)
  }

  @Test("PCG64 gives NumPy's bits", arguments: NumPyDraws.all)
  func bits(_ numpy: NumPyDraws) {
    var bits = PCG64(SeedSequence(entropy: numpy.seed, spawnKey: numpy.key))
    #expect((0..<4).map { _ in bits.nextUInt64() } == numpy.raw)
  }

  @Test("the initializers take NumPy's keys")
  func initializers() throws {
    func words(_ stream: RandomStream) -> [UInt64] {
      var stream = stream
      return (0..<4).map { _ in stream.next() }
    }
    func numpy(_ seed: UInt64, _ key: [UInt64]) throws -> [UInt64] {
      try #require(NumPyDraws.all.first { $0.seed == seed && $0.key == key }).raw
    }
    for seed: UInt64 in [0, 1, 42, 1 << 63, .max] {
      #expect(try words(RandomStream(seed: seed)) == numpy(seed, []))
    }
    #expect(try words(RandomStream(seed: 42, stream: .attack)) == numpy(42, [1]))
    #expect(try words(RandomStream(seed: 42, stream: .bootstrap)) == numpy(42, [9]))
    #expect(try words(RandomStream(seed: 42, stream: .attack, index: 0)) == numpy(42, [1, 0]))
    #expect(try words(RandomStream(seed: 42, stream: .training, index: 123)) == numpy(42, [7, 123]))
    let last = RandomStream(seed: .max, stream: .training, index: 1 << 40)
    #expect(try words(last) == numpy(.max, [7, 1 << 40]))
  }

  @Test("uniform is NumPy's random", arguments: NumPyDraws.all)
  func uniform(_ numpy: NumPyDraws) {
    var random = stream(of: numpy)
    #expect((0..<4).map { _ in random.uniform() } == numpy.uniforms)
  }

  @Test("index is NumPy's integers, between other draws too", arguments: NumPyDraws.all)
  func interleaved(_ numpy: NumPyDraws) {
    var random = stream(of: numpy)
    var drawn: [Int] = []
    for _ in 0..<3 {
      for bound in NumPyDraws.bounds { drawn.append(random.index(below: bound)) }
      drawn.append(Int(random.uniform() * 0x1p53))
    }
    #expect(drawn == numpy.interleaved)
  }

  @Test("shuffle and permutation are NumPy's, with other draws between", arguments: NumPyDraws.all)
  func shuffled(_ numpy: NumPyDraws) {
    var random = stream(of: numpy)
    var drawn = Array(0..<12)
    random.shuffle(&drawn)
    drawn.append(random.index(below: 1000))
    drawn += random.permutation(of: 5)
    #expect(drawn == numpy.shuffled)
  }

  @Test("a bound of 1 draws nothing")
  func boundOfOne() {
    var random = RandomStream(seed: 3)
    let before = random
    #expect(random.index(below: 1) == 0)
    #expect(random.place(below: 1) == 0)
    #expect(random == before)
  }

  @Test("a decoded stream goes on where the encoded one stood, with a half waiting")
  func coding() throws {
    var random = RandomStream(seed: 5, stream: .replay)
    _ = random.index(below: 7)
    var decoded = try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(random))
    #expect(decoded == random)
    for bound in 10..<20 {
      #expect(decoded.index(below: bound) == random.index(below: bound))
    }
  }

  @Test(
    "a state that no generator can have is not decoded",
    arguments: [
      #"{"bits": {"state": "1", "inc": "2", "has_uint32": 0, "uinteger": 0}}"#,
      #"{"bits": {"state": "-1", "inc": "1", "has_uint32": 0, "uinteger": 0}}"#,
      #"{"bits": {"state": "1", "inc": "1", "has_uint32": 2, "uinteger": 0}}"#,
      #"{"bits": {"state": "1", "inc": "1", "has_uint32": 0, "uinteger": 4294967296}}"#,
    ])
  func badStates(_ json: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RandomStream.self, from: Data(json.utf8))
    }
  }

  @Test("the table of streams is fixed")
  func keys() {
    let table: [StreamName: UInt32] = [
      .attack: 1, .policy: 2, .camera: 3, .initialization: 4, .exploration: 5, .replay: 6, .training: 7,
      .evaluation: 8, .bootstrap: 9, .defense: 10,
    ]
    #expect(Dictionary(uniqueKeysWithValues: StreamName.allCases.map { ($0, $0.rawValue) }) == table)
  }

  @Test("streams of one seed, and neighboring seeds, have nothing in common")
  func distinct() {
    var streams = (0..<50).map { RandomStream(seed: UInt64($0)) }
    for name in StreamName.allCases {
      streams.append(RandomStream(seed: 0, stream: name))
      streams += (0..<5).map { RandomStream(seed: 0, stream: name, index: $0) }
    }
    let draws = streams.indices.flatMap { index in (0..<20).map { _ in streams[index].next() } }
    #expect(Set(draws).count == draws.count)
  }

  private func stream(of numpy: NumPyDraws) -> RandomStream {
    RandomStream(SeedSequence(entropy: numpy.seed, spawnKey: numpy.key))
  }
}

extension NumPyDraws: CustomTestStringConvertible {
  var testDescription: String { "seed \(seed), key \(key)" }
}
