import ArgumentParser
import Attacks
import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// Attacks on three networks, and what attacking every frame costs an evaluation.
struct AttackSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attacks",
    abstract: "Attacks on three networks, in observations a second, and the price of an attacked evaluation.",
    discussion: """
      An attack is measured as an evaluation uses it: the clean pass, the search, the projection and the check of what is \
      delivered. Each cell is measured in several rounds, and each round measures us and the peers in turn; the median \
      over rounds is reported.
      """)

  @Option(help: "Only this network.") var network: BenchmarkNetwork?
  @Option(name: .customLong("case"), help: "Only this attack.") var attack: AttackCase?
  @Option(help: "Only this batch.") var batch: Int?
  @Option(help: "Rounds of windows a cell.") var rounds = 3
  @Option(help: "Seconds a window.") var seconds = 0.3
  @Option(parsing: .upToNextOption, help: "The command that starts the peers' process.")
  var peers: [String] = []
  @Flag(help: "Write JSON instead of a table.") var json = false

  func validate() throws {
    guard rounds > 0, seconds > 0, batch ?? 1 > 0 else {
      throw ValidationError("rounds, seconds and the batch must be positive")
    }
  }

  /// An attack whose speed is measured; peers know it by the same name.
  enum AttackCase: String, CaseIterable, Codable, ExpressibleByArgument {
    /// One step of 8/255 under the max norm.
    case fgsm
    /// Ten steps of 2.5·ε/10 from a random start.
    case pgd

    var plan: String { self == .fgsm ? "fgsm" : "pgd:steps=10" }
  }

  /// One attack on one network and batch.
  private struct Cell: Encodable {
    let network: BenchmarkNetwork
    let `case`: AttackCase
    let batch: Int
    let observationsPerSecond: Double
    let peers: [String: Double]
    /// Our rate over that of the fastest peer.
    let ratio: Double?
  }

  /// 64 environments in lockstep, every frame attacked with FGSM, beside the same without an attack.
  private struct Lockstep: Encodable {
    let network: BenchmarkNetwork
    let environment: String
    let cleanStepsPerSecond: Double
    let attackedStepsPerSecond: Double
    let price: Double
  }

  private struct Report: Encodable {
    let remarks: [String]
    var cells: [Cell] = []
    var lockstep: [Lockstep] = []
  }

  func run() throws {
    let others = try peers.isEmpty ? nil : Peers(command: peers)
    defer { others?.stop() }
    let names = others?.names ?? []
    var report = Report(remarks: others?.remarks ?? [])
    if !json {
      for remark in report.remarks { print(remark) }
      print("observations a second, one thread")
      print(
        Self.line(
          ["network", "attack", "batch", "hoodwink"] + names + (names.isEmpty ? [] : ["best peer ×"])))
    }
    for network in BenchmarkNetwork.allCases where self.network ?? network == network {
      for attack in AttackCase.allCases where self.attack ?? attack == attack {
        for batch in [1, 32, 256] where self.batch ?? batch == batch {
          let cell = try measure(attack, network, batch, peers: others)
          report.cells.append(cell)
          guard !json else { continue }
          let rates = [cell.observationsPerSecond] + names.map { cell.peers[$0] ?? 0 }
          print(
            Self.line(
              [network.rawValue, attack.rawValue, "\(batch)"] + rates.map { "\(Int($0.rounded()))" }
                + (cell.ratio.map { [String(format: "%.2f", $0)] } ?? [])))
        }
      }
    }
    for (network, environment) in [(BenchmarkNetwork.mlp, "catch-v1"), (.convSmall, "breakout-v1")]
    where self.network ?? network == network && attack ?? .fgsm == .fgsm && batch == nil {
      let lockstep = try measureLockstep(network, environment)
      report.lockstep.append(lockstep)
      if !json {
        print(
          "\(network.rawValue) in 64 × \(environment): clean \(Int(lockstep.cleanStepsPerSecond)) steps/s, "
            + "attacked \(Int(lockstep.attackedStepsPerSecond)), price ×"
            + String(format: "%.2f", lockstep.price))
      }
    }
    if json { print(try report.json()) }
  }

  private static func line(_ cells: [String]) -> String {
    let widths = [11, 7, 5]
    return cells.enumerated().map { index, cell in
      let width = index < widths.count ? widths[index] : 14
      let space = String(repeating: " ", count: max(0, width - cell.count))
      return index < 2 ? cell + space : space + cell
    }.joined(separator: " ")
  }

  private func measure(
    _ attack: AttackCase, _ network: BenchmarkNetwork, _ batch: Int, peers: Peers?
  ) throws -> Cell {
    let input = try network.architecture().input
    // Policies see images: [batch, height, width, channels].
    let shape = Shape([batch] + (input.count == 1 ? [7, 7, 3] : input))
    var random = RandomStream(seed: 0)
    let observations = Tensor(shape: shape) { elements in
      for index in elements.indices { elements[index] = Float(random.uniform()) }
    }
    let victim = try network.policy()
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
    let attacker = try Attacker(attack.plan, against: victim, within: threat)
    var streams = (0..<batch).map { RandomStream(seed: UInt64($0), stream: .attack) }
    var failure: (any Error)?
    let work = {
      do { _ = try attacker.deliver(observations, frameChannels: shape[3], using: &streams) } catch {
        failure = error
      }
    }
    let rates = try Rates(
      of: work, named: attack.rawValue, network, batch: batch, rounds: rounds, seconds: seconds, beside: peers
    )
    if let failure { throw failure }
    return Cell(
      network: network, case: attack, batch: batch, observationsPerSecond: rates.own, peers: rates.peers,
      ratio: rates.peers.values.max().map { rates.own / $0 })
  }

  private func measureLockstep(_ network: BenchmarkNetwork, _ environment: String) throws -> Lockstep {
    let definition = try EnvironmentCatalog(folder: "Environments").definition(for: environment)
    let space = definition.observationSpace
    let architecture = try network.architecture()
    let input = [space.height, space.width, space.channels]
    let layers = architecture.input.count == 1 ? [.flatten] + architecture.layers : architecture.layers
    var random = RandomStream(seed: 0)
    let victim = NetworkPolicy(
      try Network(
        .init(
          input: input,
          layers: layers.dropLast() + [
            .dense(outputs: definition.makeVector(count: 1).actions.count, activation: .identity)
          ]), initializer: .kaiming, using: &random))
    let threat = ThreatModel(
      epsilon: Epsilon(8, over: 255), range: space.low...space.high)
    var failure: (any Error)?
    let works = try [nil, Attacker("fgsm", against: victim, within: threat)].map { attacker in
      var drive = LockstepDrive(definition, victim, attacker: attacker)
      return { do { try drive.step() } catch { failure = error } }
    }
    let rates = Stopwatch.callsPerSecond(of: works, rounds: max(rounds, 3), seconds: seconds)
    if let failure { throw failure }
    return Lockstep(
      network: network, environment: environment, cleanStepsPerSecond: 64 * Stopwatch.median(rates[0]),
      attackedStepsPerSecond: 64 * Stopwatch.median(rates[1]),
      price: Stopwatch.median(zip(rates[0], rates[1]).map(/)))
  }
}

/// 64 lanes that step together; an episode that ends starts again.
private struct LockstepDrive {
  private var rollout: Rollout
  private let policy: NetworkPolicy
  private let attacker: Attacker?

  init(_ definition: EnvironmentDefinition, _ policy: NetworkPolicy, attacker: Attacker?) {
    rollout = Rollout(definition.makeVector(count: 64), frames: 1)
    for lane in 0..<64 { rollout.start(lane, seed: UInt64(lane)) }
    (self.policy, self.attacker) = (policy, attacker)
  }

  mutating func step() throws {
    _ = try rollout.step(policy, attacker: attacker)
    for lane in 0..<64 where !rollout.isRunning[lane] { rollout.restart(lane) }
  }
}

extension BenchmarkNetwork {
  /// A policy of the network, drawn.
  func policy() throws -> NetworkPolicy {
    var random = RandomStream(seed: 0)
    return NetworkPolicy(try Network(architecture(), initializer: .kaiming, using: &random))
  }
}
