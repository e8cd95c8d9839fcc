import ArgumentParser
import Attacks
import Display
import Environments
import Episodes
import Foundation
import Policies
import Tensors

/// Shows an attacked episode.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Watch one episode: what the camera sees, the perturbation, what the agent sees.",
    discussion: """
      In a window (built with the package trait Window), or as PNG files with --record.

      Examples:
        hoodwink watch runs/plain --attack fgsm --epsilon 32/255 --record frames
        hoodwink watch runs/plain --attack fgsm --epsilon 32/255
      """)

  @Argument(help: "A run folder, a policy folder or a file.")
  var policy: String

  @Option(help: "The attack's name: see hoodwink list attacks.")
  var attack: String = "fgsm"

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the perturbation: 8/255 or 0.03.", valueName: "size"))
  var epsilon = Epsilon(8, over: 255)

  @Option(help: ArgumentHelp("Write the frames as PNG files into a folder.", valueName: "folder"))
  var record: String?

  @OptionGroup var threat: ThreatOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  private struct Summary: Encodable {
    let frames: Int
    let episodeReturn: Double
    let flips: Int
    let folder: String?
  }

  func run() throws {
    let subject = try NamedPolicy(policy, in: common.folders())
    let model = threat.threat(epsilon, for: subject.file.description.frame)
    let attacker = try subject.attacker(attack, within: model, seed: compute.seed)
    var episode = WatchedEpisode(subject, attack: attack, attacker: attacker, seed: compute.seed)
    guard let record else { return try show(&episode) }
    let interruption = Interruption()
    var recorder = try Recorder(folder: URL(fileURLWithPath: record))
    while !episode.hasEnded && !interruption.isAsked {
      try recorder.record(Composition.draw(try episode.step()))
    }
    let summary = Summary(
      frames: recorder.frameCount, episodeReturn: episode.record.episodeReturn, flips: episode.record.flips,
      folder: record)
    if common.json { return try printJSON(summary) }
    print(
      "\(summary.frames) frames in \(record): return \(summary.episodeReturn), \(summary.flips) actions changed"
    )
  }

  private func show(_ episode: inout WatchedEpisode) throws {
    #if Window
      // Commands run on the main thread, which SDL wants.
      var watched = episode
      try MainActor.assumeIsolated { try WatchWindow.show(&watched) }
    #else
      throw Failure(
        "this build has no window: build it with `swift build -c release --traits Window`, or write PNG files "
          + "with --record FOLDER", status: EX_UNAVAILABLE)
    #endif
  }
}

/// An episode of one lane, as frames for people.
struct WatchedEpisode {
  private let subject: NamedPolicy
  private let attack: String
  private let attacker: Attacker
  private var rollout: Rollout

  init(_ subject: NamedPolicy, attack: String, attacker: Attacker, seed: UInt64) {
    self.subject = subject
    self.attack = attack
    self.attacker = attacker
    rollout = Rollout(subject.environment.makeVector(count: 1), frames: subject.file.description.frames)
    rollout.start(0, seed: seed)
  }

  /// Whether the episode is over.
  var hasEnded: Bool { !rollout.isRunning[0] }
  /// What is known of it so far.
  var record: EpisodeRecord { rollout.records[0] }

  /// Makes one step and tells what there was to see.
  mutating func step() throws -> WatchedStep {
    let policy = subject.file.policy
    let description = subject.file.description
    let world = description.frame.channels == 1 ? nil : FrameImage(rollout.environments.picture(0))
    let step = try rollout.step(policy, attacker: attacker)
    let depth = description.frame.channels * description.frames
    let newest = (depth - description.frame.channels)..<depth
    return WatchedStep(
      environment: description.environment, policy: subject.name, attack: attack,
      epsilonText: attacker.threat.epsilon.bothWays, epsilon: attacker.threat.budget, step: record.length,
      returnSoFar: Float(record.episodeReturn), height: description.frame.height,
      width: description.frame.width, channels: description.frame.channels,
      clean: step.clean.slice(newest, alongAxis: -1).elements,
      delivered: step.delivered.slice(newest, alongAxis: -1).elements, world: world,
      actions: description.actions,
      cleanScores: policy.scores(for: step.clean, memory: step.memory).elements,
      deliveredScores: policy.scores(for: step.delivered, memory: step.memory).elements,
      cleanAction: step.cleanActions[0],
      deliveredAction: step.actions[0], flips: record.flips, attackedFrames: record.attackedFrames)
  }
}

extension FrameImage {
  /// An environment's drawing of itself.
  init(_ picture: Picture) {
    self.init(
      height: picture.height, width: picture.width, channels: 3, meaning: .rgb,
      values: picture.pixels.flatMap { [$0.red, $0.green, $0.blue].map { Float($0) / 255 } })
  }
}
