/// One line of a table of keys: what a person presses and what happens.
public struct KeyBinding<Control: Hashable & Sendable>: Hashable, Sendable {
  /// The keys, any of which will do.
  public let keys: [Key]
  /// What they do.
  public let control: Control
  /// What they do, for the help: one short line.
  public let meaning: String
  /// What they do in one or two words, for the bottom of the screen; nil for keys that are not hinted at.
  public let hint: String?

  /// A line of a table.
  public init(_ keys: Key..., control: Control, meaning: String, hint: String? = nil) {
    self.init(keys: keys, control: control, meaning: meaning, hint: hint)
  }

  /// A line of a table.
  public init(keys: [Key], control: Control, meaning: String, hint: String? = nil) {
    self.keys = keys
    self.control = control
    self.meaning = meaning
    self.hint = hint
  }

  /// The keys as they are written on the keyboard.
  public var names: String { keys.map(\.name).joined(separator: " ") }
}
