import Dispatch
import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a question that long work asks between two steps, so that it can keep what it has. A second
/// signal ends the process at once.
final class Interruption: Sendable {
  private let asked = Atomic<Bool>(false)

  /// Listens from now on.
  /// - Parameter onAsk: called on some thread when the person asks, to wake what sleeps.
  init(onAsk: @escaping @Sendable () -> Void = {}) {
    for number in [SIGINT, SIGTERM] {
      // The source sees a signal only when its default action does not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        // Holding itself, the source lives as long as the process.
        _ = source
        if self.asked.exchange(true, ordering: .relaxed) { _exit(130) }
        onAsk()
      }
      source.resume()
    }
  }

  /// Whether the person asked to stop.
  var isAsked: Bool { asked.load(ordering: .relaxed) }
}
