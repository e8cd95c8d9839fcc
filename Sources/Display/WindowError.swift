/// Why there is no window, in a few words: there may be a terminal.
public struct WindowError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The words, without a full stop.
  public let description: String

  init(_ description: String) { self.description = description }
}
