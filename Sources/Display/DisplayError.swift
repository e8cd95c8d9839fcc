/// What can go wrong when something is shown or written: one line for the person who asked for it.
public struct DisplayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, without a line break at its end.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
