/// A key that a person presses, whatever the outlet.
public enum Key: Hashable, Sendable {
  /// A printable character, letters in lower case.
  case character(Character)
  /// The space bar.
  case space
  /// Return or Enter.
  case enter
  /// The tabulator.
  case tab
  /// Escape.
  case escape
  /// The arrows.
  case left, right, up, down

  /// As it is written on the keyboard.
  public var name: String {
    switch self {
    case .character(let character): String(character)
    case .space: "space"
    case .enter: "enter"
    case .tab: "tab"
    case .escape: "esc"
    case .left: "←"
    case .right: "→"
    case .up: "↑"
    case .down: "↓"
    }
  }
}

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
