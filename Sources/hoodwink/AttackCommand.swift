import ArgumentParser
import Attacks
import Foundation

/// Attacks one policy.
struct AttackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack", abstract: "Attack one policy, frame by frame, and compare it with the clean run.",
    discussion: """
      Examples:
        hoodwink attack runs/plain --attack fgsm --epsilon 8/255
        hoodwink attack runs/plain/last.safetensors --attack noise --epsilon 0.1 --episodes 500 --json
      """)

  @Argument(help: "A run folder, a policy folder or a file.")
  var policy: String

  @Option(help: "The attack's name: see hoodwink list attacks.")
  var attack: String = "fgsm"

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the perturbation: 8/255 or 0.03.", valueName: "size"))
  var epsilon: Epsilon

  @OptionGroup var play: PlayOptions
  @OptionGroup var threat: ThreatOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let interruption = Interruption()
    let attack = try checkedAttack(attack)
    let subject = try NamedPolicy(policy, in: common.folders())
    let cells = try [nil, attack].map { attack in
      try Cell.play(
        subject, attack: attack, epsilon: attack == nil ? nil : epsilon, threat: threat,
        episodes: play.episodes,
        compute: compute, interruption: interruption)
    }
    if common.json { return try printJSON(cells) }
    let model = threat.threat(epsilon, for: subject.file.description.frame)
    print("\(policy) in \(subject.environment.id): \(attack), \(model)")
    var table = Table(
      ["", "return", "95% interval", "flips", "attacked", "unchanged", "largest"], leftColumns: 1)
    for cell in cells {
      let row = cell.row
      table.append([row[1]] + row[3...6] + [cell.attack == nil ? "–" : "\(cell.unchangedFrames)", row[7]])
    }
    print(table.text)
  }
}
