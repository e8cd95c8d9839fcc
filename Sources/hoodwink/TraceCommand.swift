import ArgumentParser
import Environments
import Foundation
import Networks
import RandomStreams

/// Writes what an environment does, step by step.
struct TraceCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Step an environment and write a line of JSON a step, to compare with others.",
    discussion: """
      A line holds the action, the reward, the ending (null, "terminated" or "truncated"), the direction where there is \
      one, and a hash of the observation after the step: 64-bit FNV-1a over its raw bytes (rows, columns, channels; \
      pixels 0 to 255, planes 0 or 1, MiniGrid's numbers), or over its 32-bit floats in little-endian order where a \
      camera leaves no bytes. After an ending the trace resets and goes on with the same generator.

      Examples:
        hoodwink trace --env breakout-v1 --seed 3 --steps 1000 --output trace.jsonl
        hoodwink trace --env door-key-8x8-v1 --seed 3 --actions actions.txt --steps 500 --observations
      """)

  @Option(name: .customLong("env"), help: "The environment.")
  var environment: String

  @Option(help: "The seed of the first episode's generator.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "A file of actions, numbers with white space between them, or random: drawn from the seed.",
      valueName: "file|random"))
  var actions = "random"

  @Option(help: ArgumentHelp("Steps; by default as many as the file has actions, or 1000.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("The file to write; standard output where none is named.", valueName: "file"))
  var output: String?

  @Flag(help: "Write the observations, too, row by row.")
  var observations = false

  @OptionGroup var place: RootOptions

  func validate() throws {
    try require("steps", steps, in: 1...100_000_000)
  }

  func run(until interruption: Interruption) throws {
    let definition = try place.folders().catalog().definition(for: environment)
    if let output { try checkNewFile(output) }
    let nextAction = try chosenActions(count: definition.actions.count)
    let draft = try output.map { path throws(AtomicFile.Failure) in
      try AtomicFile.Draft(of: URL(fileURLWithPath: path))
    }
    var vector = definition.makeVector(count: 1)
    vector.reset(0, seed: seed)
    var outcomes = [Outcome(reward: 0)]
    var frame = [Float](repeating: 0, count: vector.observationSpace.count)
    var text = ""
    while let action = nextAction() {
      vector.step([action], running: nil, outcomes: &outcomes)
      var span = frame.mutableSpan
      vector.observe(0, into: &span)
      text += line(action, outcomes[0], vector.direction(0), frame, of: vector.observationSpace)
      if outcomes[0].ending != nil { vector.reset(0) }
      if interruption.isAsked { throw CancellationError() }
      if text.utf8.count > 1 << 16 {
        try write(text, to: draft)
        text = ""
      }
    }
    try write(text, to: draft)
    try draft?.publish()
  }

  private func write(_ text: String, to draft: AtomicFile.Draft?) throws {
    let bytes = Data(text.utf8)
    if let draft { return try draft.append(bytes) }
    do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch {
      throw Failure("standard output cannot be written", status: EX_IOERR)
    }
  }

  /// Gives one action after the other.
  private func chosenActions(count: Int) throws -> () -> Int? {
    if actions == "random" {
      var random = RandomStream(seed: seed, stream: .policy)
      var rest = steps ?? 1000
      return {
        guard rest > 0 else { return nil }
        rest -= 1
        return random.index(below: count)
      }
    }
    guard let text = try? String(contentsOfFile: actions, encoding: .utf8) else {
      throw Failure("\(actions): this file of actions cannot be read", status: EX_NOINPUT)
    }
    var chosen: [Int] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      for word in line.split(whereSeparator: \.isWhitespace) {
        guard let action = Int(word), (0..<count).contains(action) else {
          throw Failure(
            "\(actions):\(index + 1): '\(word)' is no action of \(environment): 0 to \(count - 1) are",
            status: EX_DATAERR)
        }
        chosen.append(action)
      }
    }
    guard !chosen.isEmpty else { throw Failure("\(actions): holds no actions", status: EX_DATAERR) }
    let steps = steps ?? chosen.count
    guard chosen.count >= steps else {
      throw Failure(
        "\(actions): holds \(chosen.count) actions, fewer than \(steps) steps", status: EX_DATAERR)
    }
    var rest = chosen.prefix(steps)
    return { rest.popFirst() }
  }

  private func line(
    _ action: Int, _ outcome: Outcome, _ direction: Int?, _ frame: [Float], of space: BoxSpace
  ) -> String {
    let raw = space.rawValues(of: frame.span)
    let bytes =
      raw ?? frame.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
    var line = "{\"action\":\(action),\"reward\":\(outcome.reward)"
    line += ",\"ending\":" + (outcome.ending.map { "\"\($0.rawValue)\"" } ?? "null")
    if let direction { line += ",\"direction\":\(direction)" }
    line += ",\"observation_hash\":\"\(ContentHash(of: bytes))\""
    if observations {
      let values = raw.map { $0.map(String.init) } ?? frame.map { "\($0)" }
      line += ",\"observation\":" + nested(values, space)
    }
    return line + "}\n"
  }

  /// Rows of columns of channels.
  private func nested(_ values: [String], _ space: BoxSpace) -> String {
    func list(_ parts: [String]) -> String { "[" + parts.joined(separator: ",") + "]" }
    return list(
      (0..<space.height).map { row in
        list(
          (0..<space.width).map { column in
            let first = (row * space.width + column) * space.channels
            return list(Array(values[first..<first + space.channels]))
          })
      })
  }
}
