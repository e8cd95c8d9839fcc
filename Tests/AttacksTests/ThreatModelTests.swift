import Attacks
import RandomStreams
import TestSupport
import Tensors
import Testing

@Suite struct EpsilonTests {
  @Test(arguments: [
    ("8/255", Float(8.0 / 255), "8/255 (0.0314)"), ("0.03", 0.03, "0.03 (7.65/255)"), ("0", 0, "0"),
    ("1", 1, "1 (255/255)"), ("1/100000", 1e-5, "1/100000 (1e-05)"), ("1e-05", 1e-5, "1e-05 (0.0026/255)"),
  ])
  func isReadAndWrittenBothWays(_ text: String, _ value: Float, _ bothWays: String) throws {
    let epsilon = try #require(Epsilon(text))
    #expect(epsilon.value == value)
    #expect(epsilon.description == text)
    #expect(epsilon.bothWays == bothWays)
  }

  @Test(arguments: [
    "-0.1", "nan", "inf", "8/0", "8/-255", "", "8/", "/255", "1/2/3", "eight", "-8/255", "1e300", "1e-20",
    "2e9",
  ])
  func refusesWhatIsNoSize(_ text: String) { #expect(Epsilon(text) == nil) }

  @Test func aZeroHasNoSign() {
    #expect(Epsilon("-0") == Epsilon(0))
    #expect(Epsilon("-0")?.value.sign == .plus && Epsilon("-0")?.description == "0")
  }
}

@Suite struct ThreatModelTests {
  /// The hash is part of every published result: it must not change, and differ where the model does.
  @Test func hashIsStableAndTellsModelsApart() {
    let plain = ThreatModel(epsilon: Epsilon(8, over: 255))
    #expect(plain.stableHash == "c9d5c175a3cd1c76")
    #expect(ThreatModel(epsilon: Epsilon(16, over: 510)).stableHash == plain.stableHash)
    var others = [plain]
    func add(_ change: (inout ThreatModel) -> Void) {
      var other = plain
      change(&other)
      others.append(other)
    }
    add { $0.norm = .l2 }
    add { $0.epsilon = Epsilon(4, over: 255) }
    add { $0.range = -1...1 }
    add { $0.frames = .all }
    add { $0.region = .rectangle(top: 0, left: 0, height: 2, width: 2) }
    add { $0.region = .mask([[true, false]]) }
    add { $0.share = 0.5 }
    add { $0.isQuantized = true }
    add { $0.knowledge = .scores }
    #expect(Set(others.map(\.stableHash)).count == others.count)
  }

  @Test(
    arguments: [
      (0.25, [1, 1, 1, 1, 2, 2, 2, 2, 3]), (0.1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]), (0, [0, 0]),
      (1, [1, 2, 3]),
    ] as [(Double, [Int])])
  func aShareIsRoundedUp(_ share: Double, _ allowed: [Int]) {
    let threat = ThreatModel(epsilon: Epsilon(0.1), share: share)
    #expect((1...allowed.count).map { threat.attackableFrames(of: $0) } == allowed)
  }

  /// Nothing is attacked, and nothing is wrong with that.
  @Test(arguments: ThreatModel.Norm.allCases)
  func anEmptyBatchStaysEmpty(_ norm: ThreatModel.Norm) throws {
    let region = Region.rectangle(top: 0, left: 0, height: 2, width: 2)
    let none = Tensor.zeros([0, 3, 3, 2])
    let neighborhood = try Neighborhood(
      of: none, under: ThreatModel(norm: norm, epsilon: Epsilon(0.1), region: region), frameChannels: 2)
    #expect(neighborhood.project(none).count == 0 && neighborhood.masked(none).count == 0)
    #expect(neighborhood.step(from: none, along: none).count == 0)
    #expect(neighborhood.violation(of: none) == nil)
    #expect(neighborhood.freeEntries.count == 8)
  }

  /// A slope that is no number says nothing, whether observations have one budget or budgets of their own.
  @Test(arguments: ThreatModel.Norm.allCases, [[Float(0.1), 0.1], [0.1, 0.2]])
  func whatIsNoNumberMovesNothing(_ norm: ThreatModel.Norm, _ budgets: [Float]) throws {
    let center = Tensor(repeating: 0.5, shape: [2, 1, 1, 2])
    let neighborhood = try Neighborhood(
      of: center, under: ThreatModel(norm: norm, epsilon: Epsilon(0.1)), frameChannels: 2
    ).resized(to: budgets)
    let slopes = Tensor([.nan, 1, 1, .nan], shape: [2, 1, 1, 2])
    let moved = neighborhood.step(from: center, along: slopes).elements
    #expect(moved == [0.5, 0.5 + budgets[0], 0.5 + budgets[1], 0.5])
  }

  @Test func warnsOfSizesThatNoCameraDelivers() {
    #expect(ThreatModel(epsilon: Epsilon(0.4, over: 255)).warning?.contains("half a step") == true)
    #expect(ThreatModel(epsilon: Epsilon(0.6, over: 255)).warning == nil)
    #expect(ThreatModel(epsilon: Epsilon(0.6, over: 255), isQuantized: true).warning != nil)
    #expect(ThreatModel(epsilon: Epsilon(1, over: 255), isQuantized: true).warning == nil)
    #expect(ThreatModel(epsilon: Epsilon(0)).warning == nil)
  }

  @Test(arguments: ["4,0,2,2", "0,0,0,3", "-1,0,2,2", "3,3,2,3", "0,5,1,1", "0,0,9223372036854775807,1"])
  func regionsOutsideTheFrameAreRefused(_ text: String) throws {
    let region = try #require(Region(text))
    #expect(throws: AttackError.self) { try region.check(height: 4, width: 5) }
  }

  /// A share that is a little more than what was written lets no frame more be attacked: 0.07 · 100 is 7.000000000000001.
  @Test func sharesOfFramesAreWhatWasWritten() {
    for (share, frames, expected) in [
      (0.07, 100, 7), (0.1, 30, 3), (0.1, 31, 4), (0.3, 1, 1), (0, 50, 0), (1, 9, 9),
    ] {
      var threat = ThreatModel(epsilon: Epsilon(0.1))
      threat.share = share
      #expect(threat.attackableFrames(of: frames) == expected)
    }
  }

  /// A square that moves in the smallest rectangle around a mask comes to every pixel of it, and to no other.
  @Test func everyPixelOfAMaskIsReached() throws {
    let policy = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [5, 4, 1])
    var threat = ThreatModel(epsilon: Epsilon(0.1))
    threat.region = try Region(maskText: "....\n.#..\n.##.\n..#.\n....")
    var random = streams(1)
    let clean = Tensor(repeating: 0.5, shape: [1, 5, 4, 1])
    let found = try Attacker("square:queries=100:early-stop=no", against: policy, within: threat)
      .deliver(clean, frameChannels: 1, using: &random).observations
    let moved = found.elements.indices.filter { found.elements[$0] != 0.5 }
    #expect(moved == [5, 9, 10, 14])
  }

  @Test func masksAreReadAndChecked() throws {
    let mask = try Region(maskText: "#..\n.#.\n")
    #expect(mask == .mask([[true, false, false], [false, true, false]]))
    try mask.check(height: 2, width: 3)
    #expect(throws: AttackError.self) { try mask.check(height: 3, width: 2) }
    #expect(throws: AttackError.self) { try Region(maskText: "...").check(height: 1, width: 3) }
    for bad in ["", "#.\n#", "#x"] {
      #expect(throws: AttackError.self) { try Region(maskText: bad) }
    }
    #expect(Region("1,2,3") == nil)
    #expect(Region("a,b,c,d") == nil)
    #expect(Region("all") == .all)
  }
}

@Suite struct NeighborhoodTests {
  private let clean = uniform([3, 4, 5, 4], seed: 1)
  private let wild = uniform([3, 4, 5, 4], seed: 2) * 6 - 3
  /// What a camera of 8 bits delivers, bit for bit.
  private let levels = Set((0...255).map { Float($0) / 255 })

  private func neighborhood(_ threat: ThreatModel, channels: Int = 2, of clean: Tensor? = nil) throws
    -> Neighborhood
  {
    try Neighborhood(of: clean ?? self.clean, under: threat, frameChannels: channels)
  }

  @Test(arguments: ThreatModel.Norm.allCases, ThreatModel.Frames.allCases)
  func projectionAlwaysSatisfiesTheModel(_ norm: ThreatModel.Norm, _ frames: ThreatModel.Frames) throws {
    for region in [Region.all, .rectangle(top: 1, left: 2, height: 2, width: 2)] {
      for isQuantized in [false, true] {
        for epsilon in ["0", "0.5/255", "8/255", "0.3", "2", "1000"] {
          let threat = ThreatModel(
            norm: norm, epsilon: Epsilon(epsilon)!, frames: frames, region: region, isQuantized: isQuantized)
          let space = try neighborhood(threat)
          let projected = space.deliverable(wild)
          #expect(space.violation(of: projected) == nil)
          // Independently of `violation`: by hand.
          var (largest, squares, sum) = (0.0, 0.0, 0.0)
          for (index, (new, old)) in zip(projected.elements, clean.elements).enumerated() {
            let (row, column, channel) = (index / 20 % 4, index / 4 % 5, index % 4)
            let change = abs(Double(new) - Double(old))
            #expect(new >= 0 && new <= 1)
            if frames == .newest, channel < 2 { #expect(new == old) }
            if region != .all, !(1..<3).contains(row) || !(2..<4).contains(column) { #expect(new == old) }
            if isQuantized, new != old { #expect(levels.contains(new)) }
            (largest, squares, sum) = (max(largest, change), squares + change * change, sum + change)
            if index % 80 == 79 {
              let size = norm == .max ? largest : norm == .l2 ? squares.squareRoot() : sum
              #expect(size <= Double(threat.budget) + 4e-6)
              (largest, squares, sum) = (0, 0, 0)
            }
          }
        }
      }
    }
  }

  /// The nearest point of ball ∩ box is where no other allowed point is nearer: compared with Dykstra's alternating
  /// projections (Boyle & Dykstra 1986), which converge to it and share nothing with our solver.
  @Test(arguments: [ThreatModel.Norm.l2, .l1])
  func projectionIsTheNearestPoint(_ norm: ThreatModel.Norm) throws {
    for epsilon in [0.05, 0.5, 1.5, 4] {
      let threat = ThreatModel(norm: norm, epsilon: Epsilon(epsilon), frames: .all)
      let projected = try neighborhood(threat).project(wild)
      for row in 0..<3 {
        let range = (row * 80)..<(row * 80 + 80)
        let (center, start) = (clean.elements[range].map(Double.init), wild.elements[range].map(Double.init))
        var (point, ballRest, boxRest) = (
          start, [Double](repeating: 0, count: 80), [Double](repeating: 0, count: 80)
        )
        for _ in 0..<20_000 {
          let toBall = zip(point, ballRest).map(+)
          let inBall = projectionToBall(zip(toBall, center).map(-), norm, epsilon)
          let onBall = zip(inBall, center).map(+)
          ballRest = zip(toBall, onBall).map(-)
          let toBox = zip(onBall, boxRest).map(+)
          let inBox = toBox.map { min(max($0, 0), 1) }
          boxRest = zip(toBox, inBox).map(-)
          point = inBox
        }
        for (own, expected) in zip(projected.elements[range], point) {
          #expect(abs(Double(own) - expected) < 1e-4)
        }
      }
    }
  }

  /// The ball alone, around zero: by scaling, or by the sorting of Duchi et al. 2008, figure 1.
  private func projectionToBall(_ point: [Double], _ norm: ThreatModel.Norm, _ radius: Double) -> [Double] {
    if norm == .l2 {
      let size = point.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return size <= radius ? point : point.map { $0 * radius / size }
    }
    let sizes = point.map(abs)
    guard sizes.reduce(0, +) > radius else { return point }
    var (sum, threshold) = (0.0, 0.0)
    for (index, size) in sizes.sorted(by: >).enumerated() {
      sum += size
      if size > (sum - radius) / Double(index + 1) { threshold = (sum - radius) / Double(index + 1) }
    }
    return point.map { ($0 < 0 ? -1 : 1) * max(abs($0) - threshold, 0) }
  }

  @Test(arguments: ThreatModel.Norm.allCases)
  func whatIsAllowedStaysAsItIs(_ norm: ThreatModel.Norm) throws {
    let space = try neighborhood(ThreatModel(norm: norm, epsilon: Epsilon(0.2), frames: .all))
    let once = space.project(wild)
    #expect(relativeError(space.project(once), once) < 1e-6)
    #expect(space.project(clean).elements.map(\.bitPattern) == clean.elements.map(\.bitPattern))
  }

  @Test func projectionUsesTheWholeBudget() throws {
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
    let up = try neighborhood(threat, channels: 4).project(clean + 1)
    #expect(up == (clean + threat.budget).clamped(to: 0...1))
    for norm in [ThreatModel.Norm.l2, .l1] {
      let space = try neighborhood(ThreatModel(norm: norm, epsilon: Epsilon(0.7), frames: .all))
      for size in space.sizes(of: space.project(wild)) { #expect(abs(size - 0.7) < 1e-5) }
    }
  }

  /// What is too far away is moved to the boundary, not beyond: of few large entries, many small ones, and both.
  @Test(arguments: [ThreatModel.Norm.l2, .l1])
  func projectionEndsOnTheBoundary(_ norm: ThreatModel.Norm) throws {
    var random = RandomStream(seed: 77)
    let bits: [Float] = (0..<(200 * 40)).map { _ in random.chance(0.5) ? 0 : 1 }
    let center = Tensor(bits, shape: [200, 1, 40, 1])
    for epsilon in [0.01, 0.3, 2, 5] {
      let space = try neighborhood(
        ThreatModel(norm: norm, epsilon: Epsilon(epsilon), frames: .all), channels: 1, of: center)
      let change = Tensor(shape: center.shape) { change in
        for index in change.indices {
          let size = random.chance(0.1) ? Float(random.uniform()) * 3 : Float(random.uniform()) * 0.1
          change[index] = bits[index] == 0 ? size : -size
        }
      }
      let wanted = (center + change).clamped(to: 0...1)
      let sizes = space.sizes(of: space.project(center + change))
      for (size, before) in zip(sizes, space.sizes(of: wanted)) {
        #expect(abs(size - min(before, Float(epsilon))) < 1e-5 * max(before, 1))
      }
    }
  }

  @Test func quantizationRoundsTowardTheCleanValue() throws {
    let threat = ThreatModel(epsilon: Epsilon(10, over: 255), frames: .all, isQuantized: true)
    let gray = Tensor(repeating: 100 / 255, shape: [1, 1, 1, 1])
    let space = try neighborhood(threat, channels: 1, of: gray)
    let moved = [2.9, -2.9, 3, -3, 0.4].map { Float((100 + $0) / 255) }
    let found = moved.map { space.deliverable(Tensor([$0], shape: [1, 1, 1, 1])).scalar }
    #expect(found == [102, 98, 103, 97, 100].map { Float($0) / 255 })
  }

  @Test func everyViolationIsSeen() throws {
    let space = try neighborhood(
      ThreatModel(epsilon: Epsilon(8, over: 255), region: .rectangle(top: 0, left: 0, height: 4, width: 4)))
    func changed(_ index: Int, by amount: Float) -> Tensor {
      var tensor = clean
      tensor.withMutableElements { $0[index] += amount }
      return tensor
    }
    #expect(space.violation(of: clean) == nil)
    #expect(space.violation(of: changed(2, by: 0.05)) != nil)
    #expect(space.violation(of: changed(0, by: 0.001)) != nil)
    #expect(space.violation(of: changed(18, by: 0.001)) != nil)
    #expect(space.violation(of: changed(2, by: .nan)) != nil)
    #expect(space.violation(of: changed(2, by: 1e-7)) == nil)
    let edge = Tensor(repeating: 1, shape: [1, 1, 1, 1])
    #expect(
      try neighborhood(space.threat.everywhere, channels: 1, of: edge).violation(of: edge + 0.01) != nil)
    // Many small changes are a large one in sum.
    let sum = try neighborhood(ThreatModel(norm: .l1, epsilon: Epsilon(0.5), frames: .all))
    #expect(sum.violation(of: (clean + 0.005).clamped(to: 0...1)) == nil)
    #expect(sum.violation(of: (clean * 0.9 + 0.01).clamped(to: 0...1)) != nil)
    let root = try neighborhood(ThreatModel(norm: .l2, epsilon: Epsilon(0.5), frames: .all))
    #expect(root.violation(of: clean * 0.95 + 0.01) == nil)
    #expect(root.violation(of: clean * 0.8) != nil)
  }

  @Test(arguments: ThreatModel.Norm.allCases)
  func anEntryWithoutANumberStaysClean(_ norm: ThreatModel.Norm) throws {
    let space = try neighborhood(ThreatModel(norm: norm, epsilon: Epsilon(8, over: 255), frames: .all))
    #expect(space.project(Tensor(repeating: .nan, shape: clean.shape)) == clean)
    #expect(space.violation(of: space.project(Tensor(repeating: .infinity, shape: clean.shape))) == nil)
  }

  /// Random starts fill the ball: the share of them within half of its radius is that of the volumes.
  @Test(arguments: ThreatModel.Norm.allCases)
  func randomStartsAreUniform(_ norm: ThreatModel.Norm) throws {
    let center = Tensor(repeating: 0.5, shape: [4000, 1, 3, 1])
    let space = try neighborhood(
      ThreatModel(norm: norm, epsilon: Epsilon(0.4), frames: .all), channels: 1, of: center)
    var random = (0..<4000).map { RandomStream(seed: UInt64($0)) }
    let sizes = space.sizes(of: space.randomPoints(using: &random))
    #expect(sizes.allSatisfy { $0 <= 0.4 + 1e-6 })
    #expect(abs(Double(sizes.count { $0 <= 0.2 }) / 4000 - 0.125) < 0.02)
  }
}

extension ThreatModel {
  fileprivate var everywhere: ThreatModel {
    var model = self
    model.region = .all
    return model
  }
}
