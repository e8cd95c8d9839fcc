import ArgumentParser
import Attacks
import Environments
import Foundation

/// What an attacker may do, as options.
struct ThreatOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How a perturbation is measured: max, l2 or l1.", valueName: "norm"))
  var norm: ThreatModel.Norm = .max

  @Option(
    help: ArgumentHelp("Which frames of the stack may change: newest or all.", valueName: "which"))
  var frames: ThreatModel.Frames = .newest

  // Here and below a negative number must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Which pixels may change: all, a rectangle as top,left,height,width, or the file of a mask of # and .",
      valueName: "pixels"),
    transform: { try readRegion($0) })
  var region: Region = .all

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of an episode's first t frames at most ⌈share·t⌉ are attacked.", valueName: "x"))
  var share = 1.0

  @Flag(help: "Deliver attacked observations rounded to 8 bits.")
  var quantized = false

  @Option(
    help: ArgumentHelp(
      "What may be known of the policy: weights, scores, actions or nothing.", valueName: "what"))
  var knowledge: Knowledge = .weights

  func validate() throws {
    guard (0...1).contains(share) else { throw ValidationError("--share must be from 0 to 1, not \(share)") }
  }

  func threat(_ epsilon: Epsilon, for space: BoxSpace) -> ThreatModel {
    ThreatModel(
      norm: norm, epsilon: epsilon, range: space.low...space.high, frames: frames, region: region,
      share: share, isQuantized: quantized, knowledge: knowledge)
  }
}

/// A region as a person writes it, or the file of a mask.
private func readRegion(_ text: String) throws -> Region {
  if let region = Region(text) { return region }
  guard let mask = try? String(contentsOfFile: text, encoding: .utf8) else {
    throw Failure("neither all, nor top,left,height,width, nor a file that can be read")
  }
  return try Region(maskText: mask)
}

extension ThreatModel.Norm: ExpressibleByArgument {}
extension ThreatModel.Frames: ExpressibleByArgument {}
extension Knowledge: ExpressibleByArgument {}
