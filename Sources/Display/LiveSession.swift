/// Something that is shown step by step while a person presses keys: what every live outlet can show.
public protocol LiveSession: Sendable {
  /// How fast it goes on by itself.
  var pace: Pace { get }

  /// A name for a picture of what is shown, without an ending.
  var pictureName: String { get }

  /// Makes the next step.
  mutating func advance() throws

  /// Takes a key that was pressed or let go.
  /// - Returns: what the outlet has to do.
  mutating func take(_ input: KeyInput) throws -> LiveRequest?

  /// Says something at the bottom of the screen until the next step.
  mutating func notify(_ text: String)

  /// The canvas to be shown.
  /// - Parameter keepsLabels: whether text is kept beside the picture instead of being drawn into it.
  func draw(keepsLabels: Bool) -> Canvas
}
