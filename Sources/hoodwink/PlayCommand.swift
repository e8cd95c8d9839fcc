import ArgumentParser
import Display
import Environments
import Foundation

/// Lets a person play.
struct PlayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "play", abstract: "Play an environment yourself, with the arrow keys.",
    discussion: """
      In a window (a build with the package trait Window: Scripts/watch) or in a terminal with 24-bit color. Press h for \
      the keys. A world in which one can wait goes on by itself; others wait for you.

      Examples:
        hoodwink play breakout-v1
        hoodwink play door-key-8x8-v1 --seed 3 --terminal
        hoodwink play pong-v1 --speed 15
      """)

  @Argument(help: "The environment: see hoodwink list environments.")
  var environment: String

  @Option(help: "The seed of the first episode.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Steps a second of a world that goes on by itself.", valueName: "n"))
  var speed = 8.0

  @Flag(help: "In the terminal, also where a window could be opened.")
  var terminal = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard speed >= 1 && speed <= 60 else {
      throw ValidationError("--speed must be from 1 to 60 steps a second, not \(speed)")
    }
  }

  func run() throws {
    let definition = try common.folders().catalog().definition(for: environment)
    let session = PlaySession(definition, seed: seed, stepsPerSecond: speed)
    try LiveOutlet.show(session, inTerminal: terminal, json: common.json)
  }
}
