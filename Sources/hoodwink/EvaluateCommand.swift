import ArgumentParser
import Attacks
import Environments
import Evaluation
import Foundation
import Policies

/// Evaluates policies × attacks × epsilons.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Play policies clean and under attacks, and print the table of returns.",
    discussion: """
      Every cell plays the same episodes (paired seeds), acting greedily. Intervals are 95% bootstrap intervals of the \
      mean over episodes: they speak of this policy, not of its training.

      Examples:
        hoodwink evaluate runs/plain runs/hardened --attacks noise,fgsm --epsilons 8/255,32/255
        hoodwink evaluate runs/plain --episodes 500 --json
      """)

  @Argument(help: "Policies: run folders, policy folders or files.")
  var policies: [String]

  @Option(help: "Attacks, separated by commas: see hoodwink list attacks.")
  var attacks: String = "noise,fgsm"

  @Option(help: "Epsilons, separated by commas: 8/255 or 0.03.")
  var epsilons: String = "8/255,16/255,32/255"

  @OptionGroup var play: PlayOptions
  @OptionGroup var threat: ThreatOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let interruption = Interruption()
    let folders = try common.folders()
    let names = try attacks.split(separator: ",").map { try checkedAttack(String($0)) }
    let sizes = try epsilons.split(separator: ",").map { text in
      guard let epsilon = Epsilon(String(text)) else {
        throw Failure("--epsilons: \"\(text)\" is not a size: write 8/255 or 0.03, not negative")
      }
      return epsilon
    }
    let subjects = try policies.map { try NamedPolicy($0, in: folders) }
    let oppositions: [(attack: String, epsilon: Epsilon)] =
      names.flatMap { name in sizes.map { (name, $0) } }
    var line = ProgressLine("evaluate", unit: "cells")
    let total = subjects.count * (oppositions.count + 1)
    var cells: [Cell] = []
    for subject in subjects {
      for opposition in [nil] + oppositions.map(Optional.some) {
        cells.append(
          try Cell.play(
            subject, attack: opposition?.attack, epsilon: opposition?.epsilon, threat: threat,
            episodes: play.episodes, compute: compute, interruption: interruption))
        line.update(cells.count, of: total)
      }
    }
    line.finish(total, of: total)
    if common.json { return try printJSON(cells) }
    var table = Table(
      ["policy", "attack", "epsilon", "return", "95% interval", "flips", "attacked", "largest"],
      leftColumns: 3)
    for cell in cells { table.append(cell.row) }
    print(table.text)
    print(
      "\(play.episodes) episodes a cell, the same seeds from \(compute.seed) in each; \(threat.frames.rawValue) "
        + "\(threat.frames == .newest ? "frame" : "frames") attacked; intervals over episodes.")
  }
}
