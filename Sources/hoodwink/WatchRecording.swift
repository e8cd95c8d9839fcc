import Display
import Foundation

/// What is watched, into a file, without a screen.
struct WatchRecording {
  private let command: WatchCommand
  private let path: String

  init(_ command: WatchCommand, path: String) {
    self.command = command
    self.path = path
  }

  private struct Summary: Encodable {
    let frames: Int
    let runs: [Run]
    let path: String

    struct Run: Encodable {
      let policy: String
      let attack: String?
      let threatHash: String?
      var returns: [Double] = []
      var flips = 0
      var attackedFrames = 0

      init(of step: WatchedStep) {
        (policy, attack, threatHash) = (step.policy, step.attack?.name, step.attack?.threatHash)
      }

      /// Counts the episode up to a step.
      mutating func count(upTo step: WatchedStep, isOver: Bool) {
        if isOver { returns.append(step.episodeReturn) }
        flips += step.flips
        attackedFrames += step.attackedFrames
      }
    }
  }

  /// Records the episodes that were asked for. A signal or an error ends the film where it is; it can be played.
  func run(_ session: inout WatchSession) throws {
    let interruption = Interruption()
    let episodes = command.episodes ?? 1
    var recording = try Recording(
      to: URL(fileURLWithPath: path), framesPerSecond: command.speed ?? 8)
    var runs = session.steps.map { Summary.Run(of: $0) }
    var progress = ProgressLine("recording", unit: "frames")
    // Episodes may end before their time.
    let most = min(command.limit ?? .max, episodes * session.timeLimit)
    var ended = 0
    var failure: (any Error)?
    do {
      while true {
        try recording.record(Composition.draw(session.screen(isLive: false)))
        let isLast = recording.frameCount >= command.limit ?? .max || interruption.isAsked
        if session.hasEnded || isLast {
          for (index, step) in session.steps.enumerated() {
            runs[index].count(upTo: step, isOver: session.hasEnded)
          }
        }
        if session.hasEnded { ended += 1 }
        progress.update(recording.frameCount, of: most)
        if isLast || ended == episodes { break }
        try session.advance()
      }
    } catch {
      failure = error
    }
    let frames = recording.frameCount
    do { try recording.finish() } catch { failure = failure ?? error }
    if let failure { throw failure }
    progress.finish(frames, of: frames)

    let summary = Summary(frames: frames, runs: runs, path: path)
    if command.common.json { try printJSON(summary) } else { show(summary) }
    if interruption.isAsked && ended < episodes { throw interruption.failure }
  }

  private func show(_ summary: Summary) {
    print("\(summary.frames) frames in \(summary.path)")
    for run in summary.runs {
      let returns = run.returns.map { String(format: "%g", $0) }.joined(separator: " ")
      print(
        "\(run.policy), \(run.attack ?? "no attack"): return \(returns.isEmpty ? "not known yet" : returns)"
          + (run.attack == nil ? "" : ", \(run.flips) of \(run.attackedFrames) attacked actions changed")
          + (run.threatHash.map { "; threat model \($0)" } ?? ""))
    }
  }
}
