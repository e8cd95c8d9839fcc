import Agents
import Foundation
import Synchronization

/// The progress of runs that go on side by side, in one line.
final class SharedProgress: Sendable {
  private struct State {
    var line: ProgressLine
    var steps: [Int]
    var isRunning: [Bool]
    var hasBegun = false
  }

  private let state: Mutex<State>
  private let total: Int

  init(title: String, total: Int, runs: Int) {
    self.total = total
    state = Mutex(
      State(
        line: ProgressLine(title, unit: "steps"), steps: Array(repeating: 0, count: runs),
        isRunning: Array(repeating: true, count: runs)))
  }

  func say(_ text: String) {
    state.withLock { _ in StandardError.say(text) }
  }

  /// What was done before does not count for the rate.
  func begin(_ run: Int, at steps: Int, isFinished: Bool) {
    state.withLock { state in
      state.steps[run] = steps
      if !isFinished { state.hasBegun = true }
      state.line.skip(steps, of: total)
    }
  }

  func update(_ run: Int, _ progress: TrainingRun.Progress) {
    state.withLock { state in
      state.steps[run] = progress.steps
      state.line.update(state.steps.reduce(0, +), of: total, Self.details(progress))
    }
  }

  /// The last run to finish ends the line; nothing is shown where nothing was done.
  /// - Parameter progress: nil for a run that came apart.
  func finish(_ run: Int, _ progress: TrainingRun.Progress? = nil) {
    state.withLock { state in
      if let progress { state.steps[run] = progress.steps }
      state.isRunning[run] = false
      if state.hasBegun && !state.isRunning.contains(true) {
        state.line.finish(state.steps.reduce(0, +), of: total, progress.map(Self.details) ?? "")
      }
    }
  }

  private static func details(_ progress: TrainingRun.Progress) -> String {
    var parts: [String] = []
    if let recent = progress.recentReturn {
      let margin = progress.recentMargin.map { String(format: " ± %.2f", $0) } ?? ""
      parts.append(String(format: "return %.2f", recent) + margin)
    }
    if let evaluation = progress.evaluation { parts.append(String(format: "evaluation %.2f", evaluation)) }
    if let loss = progress.loss { parts.append(String(format: "loss %.4f", loss)) }
    if let exploration = progress.exploration {
      parts.append(String(format: "exploration %.2f", exploration))
    }
    for (name, value) in progress.hardness.sorted(by: { $0.key < $1.key }) {
      parts.append(name.replacing("_", with: " ") + String(format: " %.4f", value))
    }
    return parts.joined(separator: "  ")
  }
}
