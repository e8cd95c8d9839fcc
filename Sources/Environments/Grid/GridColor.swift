import RandomStreams

/// The colors of a grid world's objects; the raw value is MiniGrid's index.
enum GridColor: UInt8, Hashable, Sendable, CaseIterable {
  case red, green, blue, purple, yellow, gray

  /// In the alphabetical order in which MiniGrid draws one.
  private static let alphabetical: InlineArray<6, GridColor> = [.blue, .green, .gray, .purple, .red, .yellow]

  /// Draws one of the six.
  static func drawn(using random: inout some Randomness) -> GridColor {
    alphabetical[random.index(below: 6)]
  }

  /// What people see.
  var color: Picture.Color {
    switch self {
    case .red: .init(222, 45, 38)
    case .green: .init(49, 178, 84)
    case .blue: .init(50, 90, 220)
    case .purple: .init(150, 80, 200)
    case .yellow: .init(245, 215, 60)
    case .gray: .init(140, 140, 140)
    }
  }
}
