/// What a session asks of its outlet.
public enum LiveRequest: Hashable, Sendable {
  /// To end.
  case quit
  /// To save what is shown.
  case screenshot
}
