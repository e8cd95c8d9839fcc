import RandomStreams
import Tensors

/// Where the Square Attack paints: the smallest rectangle of a frame around what may change, in the channels that may.
struct SquareCanvas: Sendable {
  let height: Int
  let width: Int
  let channels: Int
  private let top: Int
  private let left: Int
  private let firstChannel: Int
  private let frameWidth: Int
  private let depth: Int

  init(of neighborhood: Neighborhood) {
    let shape = neighborhood.center.shape
    let (rows, columns) = neighborhood.threat.region.bounds(height: shape[1], width: shape[2])
    (top, height, left, width) = (rows.lowerBound, rows.count, columns.lowerBound, columns.count)
    (frameWidth, depth) = (shape[2], shape[3])
    channels = neighborhood.threat.frames == .newest ? neighborhood.frameChannels : depth
    firstChannel = depth - channels
  }

  /// An entry's place in an observation.
  func index(_ row: Int, _ column: Int, _ channel: Int) -> Int {
    ((top + row) * frameWidth + left + column) * depth + firstChannel + channel
  }

  /// A square anywhere on the canvas.
  func window(side: Int, using random: inout RandomStream) -> SquareWindow {
    SquareWindow(
      top: random.index(below: height - side + 1), left: random.index(below: width - side + 1),
      height: side, width: side)
  }
}
