/// A key and what it does, for people.
public struct KeyHelp: Hashable, Sendable {
  /// The keys as they are written on the keyboard.
  public let keys: String
  /// What they do.
  public let meaning: String

  /// A line of help.
  public init(keys: String, meaning: String) {
    self.keys = keys
    self.meaning = meaning
  }
}
