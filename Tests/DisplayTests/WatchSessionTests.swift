import Attacks
import Display
import Episodes
import Foundation
import TestSupport
import Testing

/// The controls of `watch`, without an outlet.
@Suite struct WatchSessionTests {
  private func apply(_ controls: WatchControl..., to session: inout WatchSession) throws {
    for control in controls { #expect(try session.apply(control) == nil) }
  }

  /// Every environment, with a stack and an attack that draws: some steps, back, and again gives the same bits, also over
  /// the end of an episode.
  @Test(arguments: repositoryIDs) func steppingBackIsExact(id: String) throws {
    var session = try WatchSession.untrained(id, frames: 2, attack: "noise")
    var screens = [session.steps]
    for _ in 0..<12 {
      try session.advance()
      screens.append(session.steps)
    }
    for distance in [1, 3, 8] {
      for _ in 0..<distance { try apply(.stepBack, to: &session) }
      #expect(session.steps == screens[screens.count - 1 - distance])
      for _ in 0..<distance { try apply(.stepForward, to: &session) }
      #expect(session.steps == screens[screens.count - 1])
    }
    #expect(session.isPaused)
    #expect(session.stepsBack == 12)
  }

  /// A policy that remembers and policies behind inference defenses, one of which draws noise.
  private static let peculiarities = ["lstm", "rounding", "palette", "smoothing"]

  private func peculiar(_ kind: String) throws -> WatchSession {
    let subject: WatchSession.Subject =
      switch kind {
      case "rounding": try .untrained("catch-v1", frames: 2, behind: .rounding(levels: 5))
      case "palette": try .untrained("catch-v1", frames: 2, behind: .palette([0, 1]))
      case "smoothing": try .untrained("catch-v1", frames: 2, behind: .smoothing(sigma: 0.5, samples: 7))
      default: try .untrained("catch-v1", frames: 2, lstm: 8)
      }
    return try .of(
      subject, attack: "pgd:steps=3", expectation: kind == "smoothing" ? 3 : nil,
      isStraightThrough: ["rounding", "palette"].contains(kind),
      epsilon: Epsilon(96, over: 255),
      seed: 4)
  }

  /// Going back takes the memory back, too, and the generator of what draws: all comes again as it was.
  @Test(arguments: peculiarities) func steppingBackIsExactForEveryPolicy(kind: String) throws {
    var session = try peculiar(kind)
    var screens = [session.steps]
    for _ in 0..<12 {
      try session.advance()
      screens.append(session.steps)
    }
    for _ in 0..<10 { try apply(.stepBack, to: &session) }
    #expect(session.steps == screens[2])
    for index in 3..<13 {
      try apply(.stepForward, to: &session)
      #expect(session.steps == screens[index])
    }
  }

  /// The ghost of such a policy remembers what the attacked one remembered, and goes on as it would without the attack.
  @Test(arguments: peculiarities) func theGhostOfEveryPolicyGoesOn(kind: String) throws {
    var session = try peculiar(kind)
    for _ in 0..<4 { try session.advance() }
    var alone = session
    try apply(.toggleGhost, to: &session)
    try apply(.toggleAttack, to: &alone)
    #expect(session.steps[1] == alone.steps[0])
    while !session.hasEnded {
      try session.advance()
      if !alone.hasEnded { try alone.advance() }
      #expect(session.steps[1] == alone.steps[0])
    }
  }

  /// Without an attack, a policy with a memory does what it does in a rollout that nobody watches.
  @Test func watchingChangesNoMemory() throws {
    var session = try peculiar("lstm")
    try apply(.toggleAttack, to: &session)
    let subject = try WatchSession.Subject.untrained("catch-v1", frames: 2, lstm: 8)
    var rollout = Rollout(subject.environment.makeVector(count: 1), frames: 2)
    rollout.start(0, seed: 4)
    while rollout.isRunning[0] {
      let step = try rollout.step(subject.policy)
      #expect(session.steps[0].deliveredAction == step.actions[0])
      #expect(session.steps[0].step == rollout.records[0].length)
      if rollout.isRunning[0] { try session.advance() }
    }
    #expect(session.hasEnded)
  }

  @Test func goingBackEndsAtTheFirstStep() throws {
    var session = try WatchSession.untrained("catch-v1")
    let first = session.steps
    try apply(.stepForward, .stepBack, .stepBack, to: &session)
    #expect(session.steps == first)
    #expect(session.screen().notice == "no earlier step is kept")
  }

  /// What is shown is what an evaluation of the same seeds counts.
  @Test func episodesAreThoseOfTheRollout() throws {
    var session = try WatchSession.untrained("catch-v1", seed: 3)
    for seed in UInt64(3)..<6 {
      while !session.hasEnded {
        #expect(session.seed == seed)
        try session.advance()
      }
      #expect(session.steps[0].step == 9)
      #expect(abs(session.steps[0].episodeReturn) == 1)
      #expect(session.steps[0].ending == "terminated")
      try session.advance()
    }
  }

  @Test func pausingAndSpeed() throws {
    var session = try WatchSession.untrained("catch-v1")
    #expect(!session.isPaused)
    try apply(.togglePause, to: &session)
    #expect(session.isPaused && session.screen().isPaused)
    try apply(.togglePause, to: &session)
    #expect(!session.isPaused)
    #expect(session.stepsPerSecond == 8)
    try apply(.faster, to: &session)
    #expect(session.stepsPerSecond == 15)
    for _ in 0..<9 { try apply(.faster, to: &session) }
    #expect(session.stepsPerSecond == nil)
    for _ in 0..<20 { try apply(.slower, to: &session) }
    #expect(session.stepsPerSecond == 1)
  }

  @Test func restartAndNextSeedBeginEpisodes() throws {
    var session = try WatchSession.untrained("catch-v1", seed: 11)
    let first = session.steps
    try apply(.stepForward, .stepForward, to: &session)
    let third = session.steps
    try apply(.restart, to: &session)
    #expect(session.steps == first)
    try apply(.nextSeed, to: &session)
    #expect(session.seed == 12 && session.steps[0].step == 1)
    // A restart can be undone, too.
    try apply(.stepBack, .stepBack, to: &session)
    #expect(session.steps == third)
  }

  /// The step that is shown is made again without the attack; the world stays where it was.
  @Test func theAttackCanBeSwitchedAtTheStepThatIsShown() throws {
    var session = try WatchSession.untrained("catch-v1")
    for _ in 0..<3 { try session.advance() }
    let attacked = session.steps[0]
    try apply(.toggleAttack, to: &session)
    let clean = session.steps[0]
    #expect(clean.attack == nil && clean.delivered == clean.clean && clean.clean == attacked.clean)
    #expect(clean.deliveredScores == attacked.cleanScores)
    #expect(clean.deliveredAction == attacked.cleanAction && !clean.isFlipped)
    try apply(.toggleAttack, to: &session)
    #expect(session.steps[0] == attacked)
  }

  @Test func nextAttackGoesRound() throws {
    var session = try WatchSession.untrained("catch-v1")
    var seen: [String] = []
    repeat {
      try apply(.nextAttack, to: &session)
      seen.append("\(session.settings.plan.attack)")
      #expect(session.steps[0].attack?.name == seen.last)
    } while seen.last != "fgsm" && seen.count <= AttackCatalog.names.count
    #expect(Set(seen).count == seen.count && seen.count >= 6)
    // What was passed over cannot work here.
    for name in AttackCatalog.names where !seen.contains(name) {
      #expect(throws: (any Error).self) { _ = try WatchSession.untrained("catch-v1", attack: name) }
    }
    // From one with parameters of its own on to the next.
    session = try WatchSession.untrained("catch-v1", attack: "pgd:steps=3")
    try apply(.nextAttack, to: &session)
    #expect("\(session.settings.plan.attack)" == seen[(seen.firstIndex(of: "pgd")! + 1) % seen.count])
  }

  /// Each timing leaves other frames alone, and what is shown says so.
  @Test func timingsGoRound() throws {
    var session = try WatchSession.untrained("breakout-v1")
    var seen: [String] = []
    repeat {
      try apply(.nextTiming, to: &session)
      seen.append("\(session.settings.plan.timing)")
      var copy = session
      try apply(.restart, to: &copy)
      var working: [Bool] = []
      while !copy.hasEnded && working.count < 16 {
        working.append(copy.steps[0].attack?.isWorking == true)
        #expect(copy.steps[0].attackedFrames == working.count { $0 })
        if !working[working.count - 1] { #expect(copy.steps[0].delivered == copy.steps[0].clean) }
        try copy.advance()
      }
      if seen.last == "every:4" { #expect(working == working.indices.map { $0 % 4 == 0 }) }
      if seen.last == "every" { #expect(!working.contains(false)) }
    } while seen.last != "every" && seen.count < 9
    #expect(seen == ["every:4", "random:0.25", "strategic:0.5", "every"])
  }

  @Test func epsilonClimbsALadder() throws {
    var session = try WatchSession.untrained("catch-v1", epsilon: Epsilon(8, over: 255))
    func epsilons(_ control: WatchControl, _ count: Int) throws -> [String] {
      try (0..<count).map { _ in
        try apply(control, to: &session)
        #expect(session.steps[0].attack?.epsilon == session.settings.threat.epsilon.bothWays)
        return "\(session.settings.threat.epsilon)"
      }
    }
    #expect(try epsilons(.raiseEpsilon, 3) == ["12/255", "16/255", "24/255"])
    #expect(try epsilons(.lowerEpsilon, 10).suffix(4) == ["2/255", "1/255", "0/255", "0/255"])
    // At 0 the attack changes nothing.
    #expect(session.steps[0].delivered == session.steps[0].clean)
    // A key that is held down stays within the numbers.
    session = try WatchSession.untrained("catch-v1", epsilon: Epsilon(1e38))
    #expect(try epsilons(.raiseEpsilon, 4).suffix(2) == ["2e+38", "2e+38"])
    // Sizes between the rungs, and beyond the last one.
    session = try WatchSession.untrained("catch-v1", epsilon: Epsilon(0.03))
    #expect(try epsilons(.raiseEpsilon, 1) == ["8/255"])
    session = try WatchSession.untrained("catch-v1", epsilon: Epsilon(0.03))
    #expect(try epsilons(.lowerEpsilon, 1) == ["6/255"])
    session = try WatchSession.untrained("catch-v1", epsilon: Epsilon(1))
    #expect(try epsilons(.raiseEpsilon, 2) == ["2", "4"])
    #expect(try epsilons(.lowerEpsilon, 2) == ["2", "1"])
  }

  /// With the whole stack in reach, older frames differ, too.
  @Test func framesAreTheNewestOrAll() throws {
    var session = try WatchSession.untrained("catch-v1", frames: 3)
    for _ in 0..<4 { try session.advance() }
    func changed() -> [Bool] { zip(session.steps[0].clean, session.steps[0].delivered).map { $0 != $1 } }
    #expect(changed() == [false, false, true])
    try apply(.toggleFrames, to: &session)
    #expect(session.settings.threat.frames == .all)
    #expect(changed() == [true, true, true])
    try apply(.toggleFrames, to: &session)
    #expect(changed() == [false, false, true])
  }

  /// Side by side the frames of a long stack are dots at last, but never nothing.
  @Test func longStacksAreDrawn() throws {
    let session = try WatchSession.untrained("catch-v1", frames: 23, beside: .clean)
    #expect(Composition.draw(session.screen(isLive: false)).width > 0)
  }

  /// The ghost leaves at the step that is shown and goes on without the attack, in a world of its own.
  @Test func theGhostGoesOnWithoutTheAttack() throws {
    var session = try WatchSession.untrained("catch-v1", attack: "noise", epsilon: Epsilon(255, over: 255))
    for _ in 0..<4 { try session.advance() }
    var alone = session
    try apply(.toggleGhost, to: &session)
    #expect(session.steps.count == 2)
    #expect(session.steps[0] == alone.steps[0])
    #expect(session.steps[1].clean == alone.steps[0].clean && session.steps[1].attack == nil)
    #expect(session.screen().runs[1].trace.count == session.screen().runs[0].trace.count)
    try apply(.toggleAttack, to: &alone)
    while !session.hasEnded {
      try session.advance()
      try alone.advance()
      #expect(session.steps[1] == alone.steps[0])
    }
    try apply(.toggleGhost, to: &session)
    #expect(session.steps.count == 1)
  }

  /// Beside each other, both play the same seeds; who ends first waits for the other.
  @Test func companyPlaysTheSameSeeds() throws {
    for company in [WatchSession.Company.clean, .another(try .untrained("breakout-v1", seed: 2))] {
      var session = try WatchSession.untrained("breakout-v1", beside: company)
      for _ in 0..<200 {
        let before = session.steps
        try session.advance()
        let after = session.steps
        #expect(after[0].seed == after[1].seed)
        for (before, after) in zip(before, after) where before.ending != nil && after.seed == before.seed {
          #expect(before == after)
        }
      }
      #expect(session.seed > 5)
    }
  }

  @Test func whatTheOutletHasToDoIsAskedOfIt() throws {
    var session = try WatchSession.untrained("catch-v1")
    #expect(try session.apply(.quit) == .quit)
    #expect(try session.apply(.screenshot) == .screenshot)
    #expect(session.screen().help == nil)
    try apply(.toggleHelp, to: &session)
    #expect(session.screen().help?.count == WatchControl.table.count)
    try apply(.toggleHelp, to: &session)
    #expect(session.screen().help == nil)
    session.notify("saved")
    #expect(session.screen().notice == "saved")
    try session.advance()
    #expect(session.screen().notice == nil)
  }

  @Test func theTableIsWhole() {
    let keys = WatchControl.table.flatMap(\.keys)
    #expect(Set(keys).count == keys.count, "no key does two things")
    #expect(Set(WatchControl.table.map(\.control)) == Set(WatchControl.allCases))
    #expect(WatchControl.table.count == WatchControl.allCases.count)
    for line in WatchControl.table {
      for key in line.keys { #expect(WatchControl(key) == line.control) }
    }
    #expect(WatchControl(.character("z")) == nil)
  }

  @Test func theReadmeHasTheTable() throws {
    let readme = try String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
    let table = WatchControl.table.map { "| `\($0.names)` | \($0.meaning) |" }.joined(separator: "\n")
    #expect(readme.contains(table), "the README needs\n\(table)")
  }

  @Test func anUnknownAttackIsSaid() throws {
    #expect(throws: AttackError.self) { _ = try WatchSession.untrained("catch-v1", attack: "fgms") }
  }
}
