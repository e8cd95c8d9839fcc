/// A color of a screen: red, green and blue in sRGB, 8 bits each.
public struct Color: Hashable, Sendable {
  /// Red, 0 to 255.
  public var red: UInt8
  /// Green, 0 to 255.
  public var green: UInt8
  /// Blue, 0 to 255.
  public var blue: UInt8

  /// A color of its three parts, each 0 to 255.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A color as it is written on the web: `Color(0xF0E442)`. Bits above the lowest 24 are not looked at.
  public init(_ hexadecimal: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: hexadecimal >> 16), green: UInt8(truncatingIfNeeded: hexadecimal >> 8),
      blue: UInt8(truncatingIfNeeded: hexadecimal))
  }

  /// The color of three intensities (red, green, blue) in [0, 1], rounded to the nearest of 256 levels; what is outside is clipped,
  /// and what is not a number is 0.
  public init(intensities red: Float, _ green: Float, _ blue: Float) {
    self.init(red: Self.level(red), green: Self.level(green), blue: Self.level(blue))
  }

  /// The gray of an intensity in [0, 1], rounded to the nearest of 256 levels; what is outside is clipped, and
  /// what is not a number is 0.
  public init(gray intensity: Float) {
    self.init(intensities: intensity, intensity, intensity)
  }

  /// The color on the way to another, part by part: this one at a share of 0, the other at 1.
  func mixed(with other: Color, share: Float) -> Color {
    func mix(_ part: KeyPath<Color, UInt8>) -> UInt8 {
      let (from, to) = (Float(self[keyPath: part]), Float(other[keyPath: part]))
      return UInt8((from + share * (to - from)).rounded())
    }
    return Color(red: mix(\.red), green: mix(\.green), blue: mix(\.blue))
  }

  private static func level(_ intensity: Float) -> UInt8 {
    // `max(0, .nan)` may be nan, and converting nan to an integer traps: a comparison is false for nan.
    intensity > 0 ? UInt8((min(intensity, 1) * 255).rounded()) : 0
  }
}
