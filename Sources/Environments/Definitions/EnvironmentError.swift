/// What is wrong with an environment's definition, or with the name of one, in a single line.
public struct EnvironmentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file that is wrong, as it was named by the caller; nil if no file is.
  public let path: String?
  /// The line that is wrong, counted from 1; nil if no single one is.
  public let line: Int?
  /// What is wrong, without the place.
  public let message: String

  /// An error at a place, or without one.
  public init(_ message: String, path: String? = nil, line: Int? = nil) {
    // What a file says may be quoted here, line breaks and all.
    self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    self.path = path
    self.line = line
  }

  /// The place, as far as it is known, and the message: `path:line: message`.
  public var description: String {
    [path, line.map(String.init)].compactMap { $0.map { "\($0):" } }.joined() + (path == nil ? "" : " ")
      + message
  }
}
