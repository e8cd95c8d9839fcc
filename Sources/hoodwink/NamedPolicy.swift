import Attacks
import Environments
import Evaluation
import Foundation
import Policies
import RandomStreams
import Tensors

/// A policy as a person named it, with the environment that it was trained in.
struct NamedPolicy {
  let name: String
  let file: PolicyFile
  let environment: EnvironmentDefinition

  /// Reads a policy and looks its environment up; a changed definition is refused.
  init(_ name: String, in folders: ProjectFolders) throws {
    self.name = name
    file = try PolicyFile(contentsOf: PolicyFile.locate(name, policies: folders.policies))
    environment = try folders.catalog().definition(for: file.description.environment)
    guard environment.contentHash == file.description.environmentHash else {
      throw Failure(
        "\(name): was trained in another version of \(environment.id) than the one in "
          + folders.environments.path, status: EX_DATAERR)
    }
    guard environment.observationSpace.fits(file.description.frame),
      environment.actions == file.description.actions
    else {
      throw Failure("\(name): does not fit the environment \(environment.id)", status: EX_DATAERR)
    }
  }

  /// What plays and is attacked.
  func victim(_ acting: ActingOptions) throws -> any DifferentiablePolicy {
    guard acting.sampled else { return file.victim }
    do { return try file.samplingVictim() } catch { throw Failure("--sampled: \(name): \(error)") }
  }
}

extension NamedPolicy {
  /// Finds before anything is played what an opposition and this policy do not agree on.
  /// - Throws: `AttackError`.
  func check(
    _ opposition: Evaluation.Opposition, of victim: any Policy, searchingOn surrogate: (any Policy)? = nil
  ) throws {
    let frame = file.description.frame
    let observation = Tensor.zeros([1, frame.height, frame.width, frame.channels * file.description.frames])
    _ = try Neighborhood(of: observation, under: opposition.threat, frameChannels: frame.channels)
    var (plan, threat) = (opposition.plan, opposition.threat)
    _ = try plan.searchedPolicy(attacking: victim, within: threat, searchingOn: surrogate)
    // What learns is made when it has learned.
    plan.attack = try plan.attack.unlearned()
    // Whether the policy's answers are what the attack takes them for, one look tells, with nothing allowed.
    threat.epsilon = Epsilon(0)
    var random = [RandomStream(seed: 0, stream: .attack)]
    _ = try Attacker(plan, against: victim, within: threat, searchingOn: surrogate)
      .deliver(
        observation, frameChannels: frame.channels, using: &random, victimRandom: [RandomStream(seed: 0)])
  }
}
