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
      let returns: [Double]
      let flips: Int
      let attackedFrames: Int
    }
  }

  /// Records the episodes that were asked for. A signal or an error ends the film where it is; it can be played.
  func run(_ session: inout WatchSession) throws {
    let interruption = Interruption()
    // A limit on the size of files is an error to be told, not a signal to die of.
    signal(SIGXFSZ, SIG_IGN)
    var recording = try Recording(
      to: URL(fileURLWithPath: path), framesPerSecond: command.speed)
    var counts = session.steps.map { _ in (returns: [Double](), flips: 0, attackedFrames: 0) }
    var progress = ProgressLine("recording", unit: "frames")
    // Episodes may end before their time.
    let most = min(command.limit ?? .max, command.episodes * session.timeLimit)
    var ended = 0
    var failure: (any Error)?
    do {
      while true {
        try recording.record(Composition.draw(session.screen(isLive: false)))
        if session.hasEnded {
          ended += 1
          for (index, step) in session.steps.enumerated() {
            counts[index].returns.append(step.episodeReturn)
            counts[index].flips += step.flips
            counts[index].attackedFrames += step.attackedFrames
          }
        }
        progress.update(recording.frameCount, of: most)
        guard ended < command.episodes, recording.frameCount < command.limit ?? .max, !interruption.isAsked
        else { break }
        try session.advance()
      }
    } catch {
      failure = error
    }
    let frames = recording.frameCount
    do { try recording.finish() } catch { failure = failure ?? error }
    if let failure { throw failure }
    progress.finish(frames, of: frames)

    let summary = Summary(
      frames: frames,
      runs: zip(session.steps, counts).map { step, count in
        .init(
          policy: step.policy, attack: step.attack?.name, returns: count.returns, flips: count.flips,
          attackedFrames: count.attackedFrames)
      }, path: path)
    if command.common.json { try printJSON(summary) } else { show(summary) }
    if interruption.isAsked && ended < command.episodes { throw CancellationError() }
  }

  private func show(_ summary: Summary) {
    print("\(summary.frames) frames in \(summary.path)")
    for run in summary.runs {
      let returns = run.returns.map { String(format: "%g", $0) }.joined(separator: " ")
      print(
        "\(run.policy), \(run.attack ?? "no attack"): return \(returns.isEmpty ? "not known yet" : returns), "
          + "\(run.flips) of \(run.attackedFrames) attacked actions changed")
    }
  }
}
