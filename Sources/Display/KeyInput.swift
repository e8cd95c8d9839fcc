/// A key that was pressed or let go. Terminals tell only the first: in them every key is let go at once.
public enum KeyInput: Hashable, Sendable {
  /// Pressed; also said again and again by a key that is held.
  case pressed(Key, isRepeat: Bool = false)
  /// Let go.
  case released(Key)
}
