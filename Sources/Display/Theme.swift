// The screen's colors, most of them of Okabe and Ito's palette: people who see red and green alike tell them apart, and
// vermilion is kept for one meaning.

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
  /// Without the attack.
  public static let clean = Color(0x56B4E9)
  /// With the attack.
  public static let delivered = Color(0xDDE2E9)
  /// The attack changed the action. Nothing else that the composition draws of its own has this color.
  public static let alarm = Color(0xD55E00)
  /// An entry that the attack made larger.
  public static let increase = Color(0xE69F00)
  /// An entry that the attack left as it was.
  public static let unchanged = Color(0x20252D)
  /// An entry that the attack made smaller.
  public static let decrease = Color(0x56B4E9)

  /// The colors of the planes of a frame, none of them near to black or to ``alarm``: any two of them differ for
  /// people with full color vision as for those without red, green or blue cones.
  public static let planes: [Color] = [
    Color(0x56B4E9), Color(0xF0E442), Color(0xEEAA77), Color(0xAA7799), Color(0x33FFEE),
    Color(0x993311), Color(0x2277EE), Color(0x774488), Color(0x2233DD), Color(0x222288),
  ]

  /// The color of plane number `channel` (from 0); after the last color, the first follows.
  public static func plane(_ channel: Int) -> Color {
    planes[channel % planes.count]
  }
}
