/// How JSON writes characters that cannot stand in a string as they are.
enum JSONEscapes {
  /// What may follow a backslash, and the character that it stands for.
  static let short: [(mark: Unicode.Scalar, scalar: Unicode.Scalar)] = [
    ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"),
    ("t", "\t"),
  ]
}
