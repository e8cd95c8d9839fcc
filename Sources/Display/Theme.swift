// The screen's colors. People who see red and green alike tell them apart, and orange is kept for one meaning.

extension Color {
  /// The background.
  public static let background = Color(0x14171C)
  /// What lies a step above the background: the panels, the unused part of them.
  public static let surface = Color(0x20252D)
  /// Rules and frames.
  public static let line = Color(0x3D4653)
  /// Text that is read first.
  public static let text = Color(0xECEFF3)
  /// Text that explains.
  public static let secondaryText = Color(0x97A1AE)
  /// What the policy makes of the clean observation.
  public static let clean = Color(0x56B4E9)
  /// What the policy makes of the observation as delivered.
  public static let delivered = Color(0xDDE2E9)
  /// The attack changed the action. Nothing else that the composition draws of its own has this color.
  public static let alarm = Color(0xE69F00)

  /// The colors of the planes of a frame, none of them near to black or to ``alarm``: any two of them differ for
  /// people with full color vision as for those without red, green or blue cones.
  public static let planes: [Color] = [
    Color(0x56B4E9), Color(0xF0E442), Color(0xAA6699), Color(0xAA0000), Color(0x99FFFF),
    Color(0x7766FF), Color(0xBBBB99), Color(0x773377), Color(0xDD5533), Color(0x5533CC),
  ]

  /// The color of plane number `channel` (from 0); after the last color, the first follows.
  public static func plane(_ channel: Int) -> Color {
    planes[channel % planes.count]
  }
}
