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
