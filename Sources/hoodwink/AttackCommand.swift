import ArgumentParser
import Attacks
import Evaluation
import Foundation

/// Attacks one policy.
struct AttackCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack", abstract: "Attack one policy, frame by frame, and compare it with the clean run.",
    discussion: """
      Parameters of an attack are written behind its name (pgd:steps=20:restarts=5) or as options; several attacks joined \
      by + are the strongest of them for each frame. Mean and interquartile mean have 95% bootstrap \
      intervals over episodes: they speak of this policy, not of its training.

      Examples:
        hoodwink attack runs/plain --attack fgsm --epsilon 8/255
        hoodwink attack runs/plain --attack pgd --steps 20 --restarts 5 --epsilon 4/255 --timing strategic --share 0.25
        hoodwink attack runs/plain --attack bim --norm l2 --epsilon 1.5 --region 0,0,5,10 --targeted --target left
        hoodwink attack runs/plain --attack fgsm+pgd:steps=10+square --epsilon 8/255 --json
        hoodwink attack runs/plain --attack noise --set distribution=sign --epsilon 0.1 --episodes 500
        hoodwink attack catch-v1-dqn --attack pgd --epsilon 8/255 --knowledge actions --surrogate catch-v1-dqn-adversarial
        hoodwink attack breakout-v1-ppo --attack mad --epsilon 8/255 --sampled
      """)

  @Argument(help: "A run folder (its last.safetensors), a policy folder, a file, or a name in Policies.")
  var policy: String

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
  @OptionGroup var acting: ActingOptions
  @OptionGroup var play: PlayOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    /// The clean run and the attacked one.
    let cells: [Cell]
    let surprises: [SurpriseNote]
  }

  func run(until interruption: Interruption) throws {
    // A typo in the attack is found before the policy is read.
    try how.check([attack])
    let folders = try common.folders()
    let subject = try NamedPolicy(policy, in: folders)
    let description = subject.file.description
    let plan = try how.plan(attack, actions: description.actions)
    let model = threat.threat(epsilon, for: description.frame)
    let opposition = Evaluation.Opposition(plan, threat: model)
    let surrogate = try transfer.surrogate(for: subject, in: folders)
    try subject.check(opposition, of: subject.victim(acting), searchingOn: surrogate?.policy)
    let progress = EpisodeProgress("attack", episodes: 2 * play.episodes)
    let cells = try [nil, opposition].map { opposition in
      try Cell.play(
        subject, against: opposition, searchingOn: surrogate, acting: acting, episodes: play.episodes,
        compute: compute, progress: progress, interruption: interruption)
    }
    progress.finish()
    try warn(
      plan.warnings(under: model, asking: surrogate?.policy ?? subject.victim(acting))
        + cells.flatMap(\.warnings))
    let surprises = SurpriseNote.notes(on: cells, seed: compute.seed)
    if common.json { return try printJSON(Report(cells: cells, surprises: surprises)) }
    print(
      "\(policy) in \(subject.environment.id): \(plan.description(naming: description.actions))"
        + "\(transfer.remark); \(model); threat model \(model.stableHash)")
    // The policy, the size and the threat model stand above it.
    let columns = [(head: "", text: Cell.attackColumn.text)] + Cell.resultColumns
    var table = Table(columns.map(\.head), leftColumns: 1, optional: Cell.optionalHead)
    for cell in cells { table.append(columns.map { $0.text(cell) }) }
    print(table.text)
    print(
      "\(play.episodes) episodes from seed \(compute.seed), actions \(acting.name); intervals over episodes. "
        + "\(Cell.remarkOnInterquartileMean)")
    SurpriseNote.show(surprises)
  }
}
