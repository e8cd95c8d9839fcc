/// What happens at a live outlet.
public enum ScreenInput: Hashable, Sendable {
  /// A key.
  case key(KeyInput)
  /// The outlet was closed, or Ctrl-C was pressed in it.
  case closed
}
