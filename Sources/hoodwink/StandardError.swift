import Foundation

/// What people read beside the results. Nothing that goes wrong there may end what they wait for: a terminal can be closed,
/// a disk full, a reader gone.
enum StandardError {
  /// Writes a text as it is.
  static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  /// Writes a line; on a terminal in place of a progress line that has not ended.
  static func say(_ line: String) { write((isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : "") + line + "\n") }

  /// Opens something in place of standard streams that the caller closed, so that no file of ours gets their numbers and
  /// what is written to them: nothing, but a device that is full in place of standard output, whose loss is an error.
  static func openMissingStreams() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
      if number == STDOUT_FILENO, open("/dev/full", O_WRONLY) == number { continue }
      _ = open("/dev/null", O_RDWR)
    }
  }
}
