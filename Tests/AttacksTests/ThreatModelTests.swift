import Attacks
import RandomStreams
import Tensors
import Testing

private func uniform(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = RandomStream(seed: seed)
  return Tensor((0..<shape.count).map { _ in Float(random.uniform()) }, shape: shape)
}

@Suite struct EpsilonTests {
  @Test(arguments: [
    ("8/255", Float(8.0 / 255), "8/255 (0.0314)"), ("0.03", 0.03, "0.03 (7.65/255)"), ("0", 0, "0"),
    ("1", 1, "1 (255/255)"),
  ])
  func isReadAndWrittenBothWays(_ text: String, _ value: Float, _ bothWays: String) throws {
    let epsilon = try #require(Epsilon(text))
    #expect(epsilon.value == value)
    #expect(epsilon.description == text)
    #expect(epsilon.bothWays == bothWays)
  }

  @Test(arguments: ["-0.1", "nan", "inf", "8/0", "8/-255", "", "8/", "/255", "1/2/3", "eight", "-8/255"])
  func refusesWhatIsNoSize(_ text: String) { #expect(Epsilon(text) == nil) }
}

@Suite struct ThreatModelTests {
  private let clean = uniform([3, 4, 5, 4], seed: 1)
  private let wild = uniform([3, 4, 5, 4], seed: 2) * 6 - 3

  @Test(arguments: ThreatModel.Frames.allCases, [false, true])
  func projectionAlwaysSatisfiesTheModel(_ frames: ThreatModel.Frames, _ isQuantized: Bool) {
    for epsilon in ["0", "0.5/255", "8/255", "0.3", "2"] {
      let threat = ThreatModel(epsilon: Epsilon(epsilon)!, frames: frames, isQuantized: isQuantized)
      let projected = threat.project(wild, around: clean, frameChannels: 2)
      #expect(threat.violation(of: projected, around: clean, frameChannels: 2) == nil)
      // Independently of `violation`: by hand.
      for (index, (new, old)) in zip(projected.elements, clean.elements).enumerated() {
        #expect(abs(new - old) <= threat.budget + 1e-6)
        #expect(new >= 0 && new <= 1)
        if frames == .newest, index % 4 < 2 { #expect(new == old) }
        if isQuantized, new != old { #expect(abs(new * 255 - (new * 255).rounded()) < 1e-3) }
      }
    }
  }

  @Test func projectionUsesTheWholeBudget() {
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
    let up = threat.project(clean + 1, around: clean, frameChannels: 4)
    #expect(up == (clean + threat.budget).clamped(to: 0...1))
  }

  @Test func quantizationRoundsTowardTheCleanValue() {
    let threat = ThreatModel(epsilon: Epsilon(10, over: 255), frames: .all, isQuantized: true)
    let gray = Tensor(repeating: 100 / 255, shape: [1, 1, 1, 1])
    let moved = [2.9, -2.9, 3, -3, 0.4].map { Float((100 + $0) / 255) }
    let levels = moved.map { value in
      threat.project(Tensor([value], shape: [1, 1, 1, 1]), around: gray, frameChannels: 1).scalar * 255
    }
    for (level, expected) in zip(levels, [102, 98, 103, 97, 100] as [Float]) {
      #expect(abs(level - expected) < 1e-3)
    }
  }

  @Test func everyViolationIsSeen() {
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255))
    func changed(_ index: Int, by amount: Float) -> Tensor {
      var tensor = clean
      tensor.withMutableElements { $0[index] += amount }
      return tensor
    }
    #expect(threat.violation(of: clean, around: clean, frameChannels: 2) == nil)
    #expect(threat.violation(of: changed(2, by: 0.05), around: clean, frameChannels: 2) != nil)
    #expect(threat.violation(of: changed(0, by: 0.001), around: clean, frameChannels: 2) != nil)
    #expect(threat.violation(of: changed(2, by: .nan), around: clean, frameChannels: 2) != nil)
    #expect(threat.violation(of: changed(2, by: 1e-7), around: clean, frameChannels: 2) == nil)
    let edge = Tensor(repeating: 1, shape: [1, 1, 1, 1])
    #expect(threat.violation(of: edge + 0.01, around: edge, frameChannels: 1) != nil)
  }

  @Test func anEntryWithoutANumberStaysClean() {
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
    let projected = threat.project(
      Tensor(repeating: .nan, shape: clean.shape), around: clean, frameChannels: 4)
    #expect(projected == clean)
  }
}
