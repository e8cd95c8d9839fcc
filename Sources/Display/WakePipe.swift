import Foundation

/// A pipe into which any thread writes to end a wait at its outlet. Open as long as somebody may write.
final class WakePipe: Sendable {
  /// The end at which bytes come out; reading never waits.
  let outlet: Int32
  private let inlet: Int32

  /// - Throws: ``DisplayError`` where no more files can be opened.
  init() throws(DisplayError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw DisplayError("a pipe cannot be opened: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    (outlet, inlet) = (ends[0], ends[1])
  }

  deinit {
    close(outlet)
    close(inlet)
  }

  /// Ends a wait.
  func poke() {
    // A full pipe wakes as well as a fuller one.
    var byte: UInt8 = 0
    _ = write(inlet, &byte, 1)
  }

  /// Takes out what was written.
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 256)
    while read(outlet, &bytes, bytes.count) > 0 {}
  }
}
