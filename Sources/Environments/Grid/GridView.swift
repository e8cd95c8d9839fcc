/// What an agent gets to see of a grid world, and in which form.
public struct GridView: Hashable, Sendable {
  /// The forms of an observation.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// MiniGrid's object, color and state of each cell, each divided by the greatest.
    case symbolic
    /// One plane for each object, color, and direction of the agent; see <doc:GridWorlds>.
    case planes
    /// Tiles on 42 × 42 gray pixels.
    case pixels42 = "pixels-42"
    /// Tiles on 84 × 84 gray pixels.
    case pixels84 = "pixels-84"

    /// The number of pixels of a side, where there are any.
    var pixels: Int? {
      switch self {
      case .symbolic, .planes: nil
      case .pixels42: 42
      case .pixels84: 84
      }
    }
  }

  /// How far an agent sees.
  public enum Extent: String, Hashable, Sendable, CaseIterable {
    /// The 7 × 7 cells before it, turned as it is.
    case egocentric
    /// Everything, from above.
    case whole
  }

  /// The form.
  public let form: Form
  /// The extent.
  public let extent: Extent

  /// A form of an extent.
  public init(_ form: Form, _ extent: Extent) {
    self.form = form
    self.extent = extent
  }

  /// The least number of pixels of a tile's side with which all tiles differ.
  static let leastTileSize = 4

  /// The number of pixels of a tile's side in a world of a size; nil where there are no pixels.
  func tileSize(height: Int, width: Int) -> Int? {
    form.pixels.map { $0 / (extent == .whole ? max(height, width) : GridField.size) }
  }
}
