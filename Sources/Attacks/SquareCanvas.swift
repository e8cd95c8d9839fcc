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

/// The pixels of a rectangle of a canvas.
struct SquareWindow: Hashable, Sendable {
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  /// Row by row.
  var pixels: [(row: Int, column: Int)] {
    (top..<(top + height)).flatMap { row in (left..<(left + width)).map { (row, $0) } }
  }

  func contains(_ pixel: (row: Int, column: Int)) -> Bool {
    (top..<(top + height)).contains(pixel.row) && (left..<(left + width)).contains(pixel.column)
  }
}

/// How an observation on a canvas differs from the clean one; no entry leaves the range.
struct SquareChanges {
  let canvas: SquareCanvas
  let norm: ThreatModel.Norm
  let budget: Float
  private let range: ClosedRange<Float>
  /// Of one whole observation.
  private let clean: [Float]
  private var values: [Float]

  init(of point: Tensor, row: Int, on canvas: SquareCanvas, within neighborhood: Neighborhood) {
    self.canvas = canvas
    (norm, range) = (neighborhood.threat.norm, neighborhood.threat.range)
    budget = neighborhood.budgets[row]
    let entries = (row * neighborhood.length)..<((row + 1) * neighborhood.length)
    let clean = neighborhood.center.withElements { clean in entries.map { clean[$0] } }
    values = point.withElements { point in entries.enumerated().map { point[$1] - clean[$0] } }
    self.clean = clean
  }

  subscript(row: Int, column: Int, channel: Int) -> Float {
    get { values[canvas.index(row, column, channel)] }
    set { values[canvas.index(row, column, channel)] = held(newValue, row, column, channel) }
  }

  /// What of a change the range lets through.
  func held(_ change: Float, _ row: Int, _ column: Int, _ channel: Int) -> Float {
    let value = clean[canvas.index(row, column, channel)]
    return min(max(change, min(range.lowerBound - value, 0)), max(range.upperBound - value, 0))
  }

  /// The changes in a channel.
  func values(at pixels: [(row: Int, column: Int)], channel: Int) -> [Float] {
    pixels.map { self[$0.row, $0.column, channel] }
  }

  /// All changes of the observation.
  var all: [Float] { values }

  /// Makes them.
  func apply(to point: inout Tensor, row: Int, within neighborhood: Neighborhood) {
    let first = row * neighborhood.length
    point.withMutableElements { point in
      for index in values.indices { point[first + index] = clean[index] + values[index] }
    }
  }
}
