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

extension Sequence {
  /// All lines of a table of keys, for the help.
  func help<Control>() -> [KeyHelp] where Element == KeyBinding<Control> {
    map { KeyHelp(keys: $0.names, meaning: $0.meaning) }
  }

  /// The lines of a table of keys to be hinted at; neighbors with the same hint are one.
  func hints<Control>() -> [KeyHelp] where Element == KeyBinding<Control> {
    reduce(into: []) { hints, line in
      guard let hint = line.hint else { return }
      if let last = hints.last, last.meaning == hint {
        hints[hints.count - 1] = KeyHelp(keys: last.keys + line.keys[0].name, meaning: hint)
      } else {
        hints.append(KeyHelp(keys: line.keys[0].name, meaning: hint))
      }
    }
  }
}
