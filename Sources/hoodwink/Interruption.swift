import ArgumentParser
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and, unless nohup shields from it, a closed terminal as a question that long work asks between two steps, so
/// that it can keep what it has. A second signal ends the process at once.
final class Interruption: Sendable {
  private let signal = Atomic<Int32>(0)

  /// Listens from now on.
  /// - Parameter onAsk: called on some thread when the person asks, to wake what sleeps.
  init(onAsk: @escaping @Sendable () -> Void = {}) {
    // Under nohup a terminal may close without an end.
    let isImmune =
      unsafeBitCast(Foundation.signal(SIGHUP, SIG_IGN), to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    for number in isImmune ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP] {
      // The source sees a signal only when its default action does not end the process first.
      Foundation.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        // Holding itself, the source lives as long as the process.
        _ = source
        if self.signal.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        onAsk()
      }
      source.resume()
    }
  }

  /// Whether the person asked to stop.
  var isAsked: Bool { signal.load(ordering: .relaxed) != 0 }

  /// The exit status of a process that a signal stopped, as shells count: 130 after Ctrl-C, 143 after SIGTERM.
  var status: Int32 { 128 + signal.load(ordering: .relaxed) }

  /// The end of a command that a signal stopped.
  var failure: Failure { Failure("interrupted", status: status) }
}
