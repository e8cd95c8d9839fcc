import ArgumentParser
import Attacks
import Display
import Environments
import Evaluation
import Foundation
import Networks
import Policies

/// Evaluates policies × attacks × epsilons.
struct EvaluateCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Play policies clean and under attacks, and print the table of returns.",
    discussion: """
      Every cell plays the same episodes (paired seeds) in lockstep, acting greedily unless --sampled says otherwise. Cells that \
      left more return than they should beside clean runs, smaller sizes and weaker attacks are named below the table. Intervals are 95% bootstrap \
      intervals of the mean and of the interquartile mean (IQM): over episodes for one policy, which speaks of this policy \
      and not of its training, and, the IQM's, over training seeds for several policies of one recipe. The IQM leaves out the best \
      and the worst quarter, nothing of fewer than four: an attack that wins fewer episodes than that moves the mean alone.

      Examples:
        hoodwink evaluate runs/plain runs/hardened --attacks noise,fgsm,pgd:steps=20 --epsilons 8/255,32/255
        hoodwink evaluate runs/five/seed-* --attacks pgd,mad --epsilons 4/255 --episodes 100 --csv robustness.csv
        hoodwink evaluate runs/plain --attacks bim --norm l2 --epsilons 0.5,1,2 --timing strategic --share 0.25 --json
        hoodwink evaluate catch-v1-dqn --attacks fgsm,pgd --epsilons 8/255 --surrogate catch-v1-dqn-adversarial
        hoodwink evaluate runs/plain runs/hardened --attacks noise,fgsm,pgd,mad --epsilons 4/255,8/255,16/255 --picture curves.svg
      """)

  @Argument(help: "Run folders, policy folders, files, or names in Policies.")
  var policies: [String]

  @Option(help: "Attacks, separated by commas: see hoodwink list attacks.")
  var attacks: String = "noise,fgsm"

  // A negative size must reach its check instead of being taken for an option.
  @Option(parsing: .unconditional, help: "Epsilons, separated by commas: 8/255 or 0.03.")
  var epsilons: String = "8/255,16/255,32/255"

  @Option(help: ArgumentHelp("Write the cells into a CSV file, too.", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Draw return against epsilon into an SVG file, too: a panel for each policy, or one for all under one attack.",
      valueName: "file"))
  var picture: String?

  @OptionGroup var how: PlanOptions
  @OptionGroup var threat: ThreatOptions
  @OptionGroup var transfer: SurrogateOptions
  @OptionGroup var acting: ActingOptions
  @OptionGroup var play: PlayOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  /// What is left of a policy at one size.
  private struct Worst: Encodable {
    let policy: String
    let epsilon: String
    let meanOfMinima: Double
    let minimumOfMeans: Double
    let strongest: String
  }

  /// Policies of one recipe under one attack.
  private struct Seeds: Encodable {
    let policies: [String]
    let attack: String?
    let epsilon: String?
    let means: [Double]
    let interquartileMean: Double
    let intervalLow: Double?
    let intervalHigh: Double?
    let intervalOver = "training seeds"
  }

  private struct Report: Encodable {
    /// Whether every cell was played; false after a signal or an error.
    let isComplete: Bool
    let cells: [Cell]
    let worstCases: [Worst]
    let overTrainingSeeds: [Seeds]
    let surprises: [SurpriseNote]
  }

  func run(until interruption: Interruption) throws {
    let folders = try common.folders()
    let names = parts(of: attacks)
    try how.check(names)
    let sizes = try readSizes(epsilons)
    // With what is said in full: "pgd" and "pgd:steps=20" are one attack.
    let attacked = try names.map { "\(try AttackChoice($0))" }
    for (option, texts) in [("attacks", attacked), ("policies", policies)] {
      if let twice = texts.first(where: { text in texts.count { $0 == text } > 1 }) {
        throw Failure("\(option): \"\(twice)\" is named twice")
      }
    }
    if let csv { try checkNewFile(csv) }
    if let picture {
      guard picture.lowercased().hasSuffix(".svg") else {
        throw Failure("--picture draws SVG: \(picture) does not end in .svg")
      }
      try checkNewFile(picture)
      let files = [picture, csv ?? ""].map { URL(fileURLWithPath: $0).standardizedFileURL }
      if files[0] == files[1] { throw Failure("--csv and --picture name one file: \(picture)") }
      guard sizes.contains(where: { $0.value > 0 }) else {
        throw Failure("--picture draws returns against epsilon: name an epsilon above 0")
      }
    }
    let subjects = try policies.map { try NamedPolicy($0, in: folders) }
    let surrogates = try subjects.map { subject in
      try transfer.surrogate(for: subject, in: folders)
    }
    let plans = try plans(names, against: Array(zip(subjects, surrogates)))
    // What does not go together is found before the first cell is played.
    for (index, (subject, surrogate)) in zip(subjects, surrogates).enumerated() {
      for plan in plans[index] {
        guard let size = sizes.first else { continue }
        try subject.check(
          .init(plan, threat: threat.threat(size, for: subject.file.description.frame)),
          of: subject.victim(acting), searchingOn: surrogate?.policy)
      }
    }
    var (cells, failure) = played(Array(zip(subjects, surrogates)), plans, sizes, interruption)
    if cells.isEmpty, let failure { throw failure }
    let report = Report(
      isComplete: failure == nil, cells: cells, worstCases: worstCases(cells),
      overTrainingSeeds: seeds(subjects, cells),
      surprises: SurpriseNote.notes(on: cells, seed: compute.seed))
    // Before anything is printed: who reads that may leave early, as head does, and the signal for it ends the tool.
    // A file that cannot be written takes nothing else with it.
    do { if let csv { try writeCSV(cells, to: csv) } } catch { failure = failure ?? error }
    do { if let picture { try drawCurves(cells, to: picture) } } catch { failure = failure ?? error }
    if common.json { try printJSON(report) } else { printTables(report) }
    if let failure { throw failure }
  }

  /// For each policy the plans of all attacks. Straight through go those that need it; where none does, all are told to, so
  /// that one says what is wrong with that.
  private func plans(
    _ names: [String], against subjects: [(NamedPolicy, (name: String, policy: any Policy)?)]
  ) throws -> [[AttackPlan]] {
    let plans = try subjects.map { subject, _ in
      try how.plans(names, actions: subject.file.description.actions)
    }
    let needs = try zip(subjects, plans).map { subject, plans in
      let target = try subject.1?.policy ?? subject.0.victim(acting)
      return plans.map { $0.needsStraightThrough(on: target) }
    }
    guard how.straightThrough, needs.contains(where: { $0.contains(true) }) else { return plans }
    return zip(plans, needs).map { plans, needs in
      zip(plans, needs).map { plan, isNeeded in
        var plan = plan
        plan.isStraightThrough = isNeeded
        return plan
      }
    }
  }

  /// The cells, and what ended them early: what took long to play is told, whatever came after it.
  private func played(
    _ subjects: [(NamedPolicy, (name: String, policy: any Policy)?)], _ plans: [[AttackPlan]],
    _ sizes: [Epsilon], _ interruption: Interruption
  ) -> (cells: [Cell], failure: (any Error)?) {
    let progress = EpisodeProgress(
      "evaluate", episodes: plans.reduce(0) { $0 + $1.count * sizes.count + 1 } * play.episodes)
    var cells: [Cell] = []
    var failure: (any Error)?
    var warnings: [String] = []
    subjects: for ((subject, surrogate), plans) in zip(subjects, plans) {
      var oppositions: [Evaluation.Opposition?] = [nil]
      for plan in plans {
        for size in sizes {
          oppositions.append(.init(plan, threat: threat.threat(size, for: subject.file.description.frame)))
        }
      }
      for opposition in oppositions {
        do {
          if let opposition {
            let asked = try surrogate?.policy ?? subject.victim(acting)
            warnings += opposition.plan.warnings(under: opposition.threat, asking: asked)
          }
          if interruption.isAsked { throw CancellationError() }
          let cell = try Cell.play(
            subject, against: opposition, searchingOn: surrogate, acting: acting, episodes: play.episodes,
            compute: compute, progress: progress, interruption: interruption)
          cells.append(cell)
          warnings += cell.warnings
        } catch {
          failure = error
          break subjects
        }
      }
    }
    progress.finish()
    warn(warnings)
    return (cells, failure)
  }

  /// For each policy and epsilon under several attacks both summaries.
  private func worstCases(_ cells: [Cell]) -> [Worst] {
    policies.flatMap { policy in
      let own = cells.filter { $0.policy == policy && $0.attack != nil && $0.perturbs }
      return own.compactMap(\.epsilon).distinct().compactMap { size -> Worst? in
        let group = own.filter { $0.epsilon == size }
        guard group.count > 1 else { return nil }
        let worst = Evaluation.worstCase(of: group.map(\.result))
        return Worst(
          policy: policy, epsilon: size, meanOfMinima: worst.meanOfMinima,
          minimumOfMeans: worst.minimumOfMeans, strongest: group[worst.strongest].attack ?? "")
      }
    }
  }

  /// Policies that differ in their training seed alone, cell by cell; of one seed the first.
  private func seeds(_ subjects: [NamedPolicy], _ cells: [Cell]) -> [Seeds] {
    var recipes: [(recipe: PolicyFile.Description, seeds: [UInt64], names: [String])] = []
    for subject in subjects {
      let (recipe, seed) = (subject.file.description.recipe, subject.file.description.seed)
      if let index = recipes.firstIndex(where: { $0.recipe == recipe }) {
        guard !recipes[index].seeds.contains(seed) else { continue }
        recipes[index].seeds.append(seed)
        recipes[index].names.append(subject.name)
      } else {
        recipes.append((recipe, [seed], [subject.name]))
      }
    }
    return recipes.filter { $0.names.count > 1 }.flatMap { _, _, names in
      let first = cells.filter { $0.policy == names[0] }
      return first.compactMap { cell -> Seeds? in
        let group = cells.filter {
          names.contains($0.policy) && $0.attack == cell.attack && $0.epsilon == cell.epsilon
        }
        // After a signal some were not played.
        guard group.count > 1 else { return nil }
        let summary = Evaluation.overTrainingSeeds(group.map(\.result), seed: compute.seed)
        return Seeds(
          policies: group.map(\.policy), attack: cell.attack, epsilon: cell.epsilon, means: summary.means,
          interquartileMean: summary.interquartileMean, intervalLow: summary.interval?.lowerBound,
          intervalHigh: summary.interval?.upperBound)
      }
    }
  }

  private func printTables(_ report: Report) {
    var table = Table(Cell.columns.map(\.head), leftColumns: 3, optional: Cell.optionalHead)
    for cell in report.cells { table.append(Cell.columns.map { $0.text(cell) }) }
    print(table.text)
    let attacked = report.cells.first { $0.opposition != nil }
    print(
      "\(play.episodes) episodes a cell, the same seeds from \(compute.seed) in each, actions \(acting.name); intervals over "
        + "episodes"
        + (attacked.flatMap { cell in
          cell.opposition.map { "; \($0.threat.descriptionWithoutSize), \(cell.manner)" }
        } ?? "")
        + (transfer.surrogate.map { "; attacks searched on \($0), passes are those of the attacked policy" }
          ?? "")
        + ". \(Cell.remarkOnInterquartileMean)")
    if !report.isComplete { print("Not all cells were played: what follows is of these.") }
    SurpriseNote.show(report.surprises)
    func size(_ text: String?) -> String { text.flatMap { Epsilon($0) }?.bothWays ?? "–" }
    if !report.worstCases.isEmpty {
      print(
        "\nThe strongest of the attacks on observations, chosen anew for each episode (mean of minima) or once (minimum of "
          + "means):"
      )
      var table = Table(["policy", "epsilon", "mean of minima", "minimum of means", "by"], leftColumns: 2)
      for worst in report.worstCases {
        table.append([
          worst.policy, size(worst.epsilon), String(format: "%.3f", worst.meanOfMinima),
          String(format: "%.3f", worst.minimumOfMeans), worst.strongest,
        ])
      }
      print(table.text)
    }
    if !report.overTrainingSeeds.isEmpty {
      print(
        "\nPolicies of one recipe, a mean each; the interval is over training seeds, of which it takes five:")
      var table = Table(["policies", "attack", "epsilon", "means", "IQM", "95% interval"], leftColumns: 4)
      for seeds in report.overTrainingSeeds {
        table.append([
          "\(seeds.policies.count) from \(seeds.policies[0])", seeds.attack ?? "clean", size(seeds.epsilon),
          seeds.means.map { String(format: "%.3f", $0) }.joined(separator: " "),
          String(format: "%.3f", seeds.interquartileMean),
          bracketed(seeds.intervalLow, seeds.intervalHigh),
        ])
      }
      print(table.text)
    }
  }

  private func drawCurves(_ cells: [Cell], to path: String) throws {
    guard let curves = Cell.curves(cells) else {
      return warn(["\(path): not drawn, because no attack was played"])
    }
    try AtomicFile.write(Data(curves.svg.utf8), to: URL(fileURLWithPath: path))
  }

  private func writeCSV(_ cells: [Cell], to path: String) throws {
    func field(_ text: String) -> String {
      text.contains(where: { ",\"\n".contains($0) }) ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
    let rows = cells.map { cell in Cell.fields.map { $0.value(cell)?.description ?? "" } }
    let lines = ([Cell.fields.map(\.column)] + rows).map { $0.map(field).joined(separator: ",") }
    try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: URL(fileURLWithPath: path))
  }
}

extension PolicyFile.Description {
  /// What policies of one recipe have in common: all but the seed.
  fileprivate var recipe: PolicyFile.Description {
    var recipe = self
    recipe.seed = 0
    return recipe
  }
}
