import ArgumentParser
import Attacks
import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// Perturbs observations from a file.
struct CraftCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "craft",
    abstract: "Perturb a batch of observations from a file, or learn one perturbation for all of them.",
    discussion: """
      Reads the tensor "observations", [n, height, width, channels] with the channels of all stacked frames, oldest first, \
      and writes "observations" as delivered, "clean" as read, "clean_actions", "actions" and "sizes", into a file that must not \
      exist. Of a file that it has written itself it reads "clean". The attack \
      universal learns from them and writes its "perturbation", too, for --attack universal:file=…. There are no episodes that a \
      timing or a share could be of: both are refused.

      Examples:
        hoodwink craft catch-v1-dqn --episodes 5 --attack universal --epsilon 16/255 --output universal.safetensors
        hoodwink craft catch-v1-dqn --observations universal.safetensors --attack pgd --epsilon 8/255 --output out.safetensors
      """)

  @Argument(help: "A run folder (its last.safetensors), a policy folder, a file, or a name in Policies.")
  var policy: String

  @Option(help: ArgumentHelp("A safetensors file with the observations.", valueName: "file"))
  var observations: String?

  @Option(
    help: ArgumentHelp(
      "Instead of a file: what the policy sees in n episodes without an attack.", valueName: "n"))
  var episodes: Int?

  @Option(help: ArgumentHelp("The safetensors file to write.", valueName: "file"))
  var output: String

  @Option(help: "The attack's name: see hoodwink list attacks.")
  var attack: String = "fgsm"

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the perturbation: 8/255 or 0.03.", valueName: "size"))
  var epsilon: Epsilon

  @OptionGroup var how: PlanOptions
  @OptionGroup var threat: ThreatOptions
  @OptionGroup var transfer: SurrogateOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (observations == nil) != (episodes == nil) else {
      throw ValidationError("name the observations: --observations FILE or --episodes N, one of them")
    }
    guard threat.share == 1, how.timing == .everyFrame else {
      throw ValidationError("--share and --timing belong to episodes: craft attacks every observation")
    }
    try require("episodes", episodes, in: 1...100_000)
  }

  private struct Summary: Encodable {
    let policy: String
    /// On which the attack searched; nil for the policy itself.
    let surrogate: String?
    let seed: UInt64
    let output: String
    let observations: Int
    let flips: Int
    /// Where the policy now takes the action that is wanted; nil where none is.
    let reached: Int?
    let unchanged: Int
    let meanSize: Float
    let largestSize: Float
    let forwardPasses: Int
    let backwardPasses: Int
    let attack: String
    let threat: String
    let threatHash: String
  }

  func run(until interruption: Interruption) throws {
    try how.check([attack])
    try checkNewFile(output)
    let folders = try common.folders()
    let subject = try NamedPolicy(policy, in: folders)
    let description = subject.file.description
    let plan = try how.plan(attack, actions: description.actions)
    let model = threat.threat(epsilon, for: description.frame)
    let surrogate = try transfer.surrogate(for: subject, in: folders)?.policy
    try subject.check(.init(plan, threat: model), of: subject.file.victim, searchingOn: surrogate)
    let experience = try experience(of: subject, interruption)
    // What the victim did and remembered is not what the policy that is searched on would have.
    var lesson =
      surrogate == nil
      ? experience
      : Experience(observations: experience.observations, frameChannels: experience.frameChannels)
    lesson.seed = compute.seed
    let attacker = try Attacker(
      plan, against: subject.file.victim, within: model, searchingOn: surrogate, learningFrom: lesson,
      continuing: { !interruption.isAsked })
    try attacker.checkChangesObservations(otherwise: "there is nothing to craft")
    warn(attacker.warnings)
    let (delivery, actions) = try delivered(experience, by: attacker, interruption)
    let words = plan.description(naming: description.actions)
    try write(experience, delivery, actions, attacker, words)
    let count = experience.count
    let summary = Summary(
      policy: subject.name, surrogate: transfer.surrogate, seed: compute.seed, output: output,
      observations: count,
      flips: zip(actions, delivery.cleanActions).count { $0 != $1 },
      reached: plan.goal.actions.first.map { target in actions.count { $0 == target } },
      unchanged: delivery.sizes.count { $0 == 0 },
      meanSize: count == 0 ? 0 : Float(Statistics.mean(delivery.sizes.map(Double.init))),
      largestSize: delivery.sizes.max() ?? 0,
      forwardPasses: attacker.learningPasses.forward + delivery.passes.forward,
      backwardPasses: attacker.learningPasses.backward + delivery.passes.backward, attack: words,
      threat: "\(model)", threatHash: model.stableHash)
    if common.json { return try printJSON(summary) }
    print(
      "\(subject.name): \(words)\(transfer.remark); \(model); threat model \(model.stableHash)")
    print(
      "\(count) observations in \(output): \(summary.flips) actions changed, "
        + (summary.reached.map { "\($0) as wanted, " } ?? "") + "\(summary.unchanged) unchanged, size "
        + String(format: "%.4f on average, %.4f at most", summary.meanSize, summary.largestSize))
  }

  /// The observations of the file, or of episodes.
  private func experience(of subject: NamedPolicy, _ interruption: Interruption) throws -> Experience {
    let description = subject.file.description
    let frame = description.frame
    if let episodes {
      // They are in memory several times over before they are written.
      let most = Int(ProcessInfo.processInfo.physicalMemory) / 8 / (frame.count * description.frames * 4)
      let experience = try Experience(
        of: subject.file.victim, in: subject.environment.makeVector(count: episodes),
        frames: description.frames, seed: compute.seed, limit: most, continuing: { !interruption.isAsked })
      guard experience.count < most else {
        throw Failure("--episodes \(episodes): more than the \(most) observations that fit into memory")
      }
      return experience
    }
    let path = observations ?? ""
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw Failure("\(path): cannot be read", status: EX_NOINPUT)
    }
    let file = try Safetensors(contentsOf: URL(fileURLWithPath: path))
    // What craft has written holds the frames before the attack, too: nobody means to attack what is attacked already.
    let crafted = file.metadata["hoodwink.attack"]
    let name = crafted == nil ? "observations" : "clean"
    guard let entry = file[name] else {
      throw Failure("\(path): holds no tensor \"\(name)\"", status: EX_DATAERR)
    }
    if let crafted {
      warn(["\(path) holds what \(crafted) has made: its tensor \"clean\" is attacked, not \"observations\""])
    }
    if subject.file.policy.network.isRecurrent {
      warn([
        "\(subject.name) remembers, and the file does not say what: each observation is taken for an episode's first"
      ])
    }
    let expected = [frame.height, frame.width, frame.channels * description.frames]
    guard entry.shape.first != 0 else {
      throw Failure("\(path): holds no observation", status: EX_DATAERR)
    }
    guard entry.shape.count == 4, Array(entry.shape.dropFirst()) == expected else {
      throw Failure(
        "\(path): the observations have the shape \(entry.shape), not [n, "
          + expected.map { "\($0)" }.joined(separator: ", ") + "]", status: EX_DATAERR)
    }
    guard entry.elements.allSatisfy({ $0 >= frame.low && $0 <= frame.high }) else {
      throw Failure(
        "\(path): the observations leave the range from \(frame.low) to \(frame.high)", status: EX_DATAERR)
    }
    return Experience(
      observations: Tensor(entry.elements, shape: Shape(entry.shape)), frameChannels: frame.channels)
  }

  private struct Crafted {
    var observations: [Tensor] = []
    var cleanActions: [Int] = []
    var sizes: [Float] = []
    var passes = Passes()
  }

  /// Attacks in shards, on all threads.
  private func delivered(
    _ experience: Experience, by attacker: Attacker, _ interruption: Interruption
  ) throws -> (Crafted, actions: [Int]) {
    let seed = compute.seed
    let parts = try compute.workers.map(shardsOf: experience.count) { shard in
      guard !interruption.isAsked else { throw CancellationError() }
      let rows = Array(shard)
      let memory = experience.memory.rows(at: rows)
      func streams(_ name: StreamName) -> [RandomStream] {
        rows.map { RandomStream(seed: seed, stream: name, index: $0) }
      }
      var attackRandom = streams(.attack)
      let delivery = try attacker.deliver(
        experience.observations.rows(at: rows), frameChannels: experience.frameChannels, memory: memory,
        using: &attackRandom, victimRandom: streams(.policy))
      var (own, random) = (memory, streams(.policy))
      let actions = attacker.victim.act(on: delivery.observations, memory: &own, using: &random)
      return (delivery, actions)
    }
    var crafted = Crafted()
    for (delivery, _) in parts {
      crafted.observations.append(delivery.observations)
      crafted.cleanActions += delivery.cleanActions
      crafted.sizes += delivery.sizes
      crafted.passes = delivery.passes.reduce(crafted.passes, +)
    }
    return (crafted, parts.flatMap(\.1))
  }

  private func write(
    _ experience: Experience, _ crafted: Crafted, _ actions: [Int], _ attacker: Attacker, _ attack: String
  ) throws {
    func vector(_ name: String, _ values: [Float]) -> Safetensors.Entry {
      Safetensors.Entry(name: name, shape: [values.count], elements: values)
    }
    func images(_ name: String, _ tensor: Tensor) -> Safetensors.Entry {
      Safetensors.Entry(name: name, shape: tensor.shape.dimensions, elements: tensor.elements)
    }
    var entries = [
      images("observations", .concatenate(crafted.observations)), images("clean", experience.observations),
      vector("clean_actions", crafted.cleanActions.map(Float.init)),
      vector("actions", actions.map(Float.init)),
      vector("sizes", crafted.sizes),
    ]
    if let universal = attacker.universalPerturbation { entries.append(universal.entry) }
    try Safetensors(
      metadata: [
        "hoodwink.attack": attack, "hoodwink.policy": policy,
        "hoodwink.surrogate": transfer.surrogate ?? "", "hoodwink.threat": "\(attacker.threat)",
        "hoodwink.threat_hash": attacker.threat.stableHash, "hoodwink.seed": "\(compute.seed)",
      ], entries: entries
    ).write(to: URL(fileURLWithPath: output))
  }
}
