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
