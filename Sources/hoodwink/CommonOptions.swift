import ArgumentParser
import Foundation
import Networks
import Tensors

/// Where the data is.
struct RootOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that holds Environments and Policies.",
      discussion: "By default the nearest one upward from the working folder.", valueName: "folder"))
  var root: String?

  func folders() throws -> ProjectFolders { try ProjectFolders(root: root) }
}

/// What every verb takes that reports.
struct CommonOptions: ParsableArguments {
  @OptionGroup var place: RootOptions

  @Flag(help: "Print JSON for machines.")
  var json = false

  func folders() throws -> ProjectFolders { try place.folders() }
}

/// What every verb takes that computes.
struct ComputeOptions: ParsableArguments {
  @Option(help: "Every random draw follows from this number.")
  var seed: UInt64 = 0

  @OptionGroup var threading: ThreadOptions

  var workers: Workers { Workers(threads: threading.threads) }
}

/// How many threads compute.
struct ThreadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads; they change the time, never the result.", valueName: "n"))
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads must be at least 1, not \(threads)") }
  }
}

/// How a policy acts.
struct ActingOptions: ParsableArguments {
  @Flag(help: "Draw each action from the policy's distribution instead of taking the likeliest (greedy).")
  var sampled = false

  /// In a word.
  var name: String { sampled ? "sampled" : "greedy" }
}

/// How much is played for each figure.
struct PlayOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Episodes for each figure.", valueName: "n"))
  var episodes: Int = 100

  /// More than anybody waits for.
  static let most = 1_000_000

  func validate() throws {
    try require("episodes", episodes, in: 1...PlayOptions.most)
  }
}
