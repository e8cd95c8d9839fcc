/// Work of a victim: observations that went through it.
public struct Passes: Hashable, Sendable, Codable {
  /// Observations for which scores or actions were computed.
  public var forward: Int
  /// Observations at which a gradient was computed.
  public var backward: Int

  /// A number of passes.
  public init(forward: Int = 0, backward: Int = 0) { (self.forward, self.backward) = (forward, backward) }

  /// The sum of both.
  public static func + (left: Passes, right: Passes) -> Passes {
    Passes(forward: left.forward + right.forward, backward: left.backward + right.backward)
  }
}
