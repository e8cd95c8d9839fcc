/// Why there is no window, in a few words: there may be a terminal.
public struct WindowError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The words, without a full stop.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// What can go wrong when something is shown or written: one line for the person who asked for it.
public struct DisplayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, without a line break at its end.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
