import ArgumentParser
import Attacks
import Display
import Environments
import Foundation
import Policies

/// Shows an attacked policy at work.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract:
      "Watch a policy: what the camera sees, the perturbation, what the agent sees, and what it then does.",
    discussion: """
      In a window (a build with the package trait Window: Scripts/watch), in a terminal with 24-bit color, or into a file.

      Examples:
        hoodwink watch runs/plain --attack fgsm --epsilon 32/255
        hoodwink watch runs/plain --attack pgd --steps 10 --timing strategic:0.5 --terminal
        hoodwink watch runs/plain --epsilon 32/255 --beside clean --record out.mp4
        hoodwink watch runs/plain --epsilon 32/255 --beside runs/hardened --record frames --episodes 3
      """)

  @Argument(help: "A run folder (its last.safetensors), a policy folder, a file, or a name in Policies.")
  var policy: String

  @Option(help: "The attack's name: see hoodwink list attacks.")
  var attack: String = "fgsm"

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the perturbation: 8/255 or 0.03.", valueName: "size"))
  var epsilon = Epsilon(8, over: 255)

  @Option(
    help: ArgumentHelp(
      "Show a second run from the same seed beside the first: clean, or another policy.",
      valueName: "clean|policy"))
  var beside: String?

  @Option(
    help: ArgumentHelp(
      "Write into a .mp4 or .gif file, or a folder of .png files, instead of showing anything.",
      valueName: "file|folder"))
  var record: String?

  @Flag(help: "Show it in the terminal, also where a window could be opened.")
  var terminal = false

  @Option(help: ArgumentHelp("Episodes to record. (1)", valueName: "n"))
  var episodes: Int?

  @Option(help: ArgumentHelp("Steps to record at most.", valueName: "n"))
  var limit: Int?

  @Option(help: ArgumentHelp("Steps a second in a video. (8)", valueName: "n"))
  var speed: Double?

  @OptionGroup var how: PlanOptions
  @OptionGroup var threat: ThreatOptions
  @OptionGroup var transfer: SurrogateOptions
  @OptionGroup var acting: ActingOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try require("episodes", episodes, in: 1...PlayOptions.most)
    try require("limit", limit, in: 1...1_000_000_000)
    guard record != "" else { throw ValidationError("--record: the name is empty") }
    if terminal && record != nil {
      throw ValidationError("--terminal shows and --record writes: choose one")
    }
    if let speed, !(0.1...240).contains(speed) {
      throw ValidationError("--speed must be from 0.1 to 240 steps a second, not \(speed)")
    }
    guard record != nil || (episodes == nil && limit == nil && speed == nil) else {
      throw ValidationError("--episodes, --limit and --speed are of a recording: add --record FILE")
    }
  }

  func run() throws {
    var session = try makeSession()
    warn(session.warnings)
    if let record { return try WatchRecording(self, path: record).run(&session) }
    try LiveOutlet.show(
      session, inTerminal: terminal, json: common.json, otherwise: "record into a file with --record")
  }

  private func makeSession() throws -> WatchSession {
    // A typo in the attack is found before the policy is read.
    try how.check([attack])
    let folders = try common.folders()
    let named = try NamedPolicy(policy, in: folders)
    let plan = try how.plan(attack, actions: named.environment.actions)
    let opponent = try beside.flatMap { $0 == "clean" ? nil : try NamedPolicy($0, in: folders) }
    if let opponent, opponent.environment.id != named.environment.id {
      throw Failure(
        "\(opponent.name) plays \(opponent.environment.id), \(policy) \(named.environment.id): "
          + "side by side they must play the same", status: EX_DATAERR)
    }
    let company: WatchSession.Company =
      if let opponent {
        .another(try subject(opponent, beside: named, in: folders))
      } else {
        beside == nil ? .alone : .clean
      }
    let model = threat.threat(epsilon, for: named.file.description.frame)
    return try WatchSession(
      subject(named, beside: opponent, in: folders), beside: company, settings: .init(plan, within: model),
      seed: compute.seed)
  }

  /// A policy as it is watched.
  private func subject(
    _ named: NamedPolicy, beside other: NamedPolicy?, in folders: ProjectFolders
  ) throws -> WatchSession.Subject {
    WatchSession.Subject(
      // Short names that are the same would take two policies for one.
      name: named.shortName == other?.shortName ? named.name : named.shortName,
      policy: try named.victim(acting),
      scores: named.file.scores, environment: named.environment,
      frames: named.file.description.frames,
      surrogate: try transfer.surrogate(for: named, in: folders))
  }
}

extension NamedPolicy {
  /// The name without the folders before the policy's own.
  fileprivate var shortName: String {
    let parts = name.split(separator: "/")
    let isFile = parts.last?.hasSuffix(".safetensors") == true
    return parts.suffix(isFile ? 2 : 1).joined(separator: "/")
  }
}
