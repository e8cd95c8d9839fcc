import Tensors

/// How observations on a canvas differ from the clean ones, one of them at a time; no entry leaves the range.
struct SquareChanges {
  let canvas: SquareCanvas
  let norm: ThreatModel.Norm
  /// Which observation of the batch is looked at and changed.
  var observation = 0
  private let neighborhood: Neighborhood
  /// Of the whole batch, as are the values: a row at a time, copying costs more than what is changed.
  private let clean: [Float]
  private var values: [Float]

  /// - Parameter points: in the shape of the neighborhood's center.
  init(of points: Tensor, on canvas: SquareCanvas, within neighborhood: Neighborhood) {
    self.canvas = canvas
    self.neighborhood = neighborhood
    norm = neighborhood.threat.norm
    clean = neighborhood.center.elements
    values = (points - neighborhood.center).elements
  }

  /// The observation's largest size of a perturbation.
  var budget: Float { neighborhood.budgets[observation] }

  subscript(row: Int, column: Int, channel: Int) -> Float {
    get { values[index(row, column, channel)] }
    set { values[index(row, column, channel)] = held(newValue, row, column, channel) }
  }

  private func index(_ row: Int, _ column: Int, _ channel: Int) -> Int {
    observation * neighborhood.length + canvas.index(row, column, channel)
  }

  /// What of a change the range lets through.
  func held(_ change: Float, _ row: Int, _ column: Int, _ channel: Int) -> Float {
    let (value, range) = (clean[index(row, column, channel)], neighborhood.threat.range)
    return min(max(change, min(range.lowerBound - value, 0)), max(range.upperBound - value, 0))
  }

  /// The changes in a channel.
  func values(at pixels: [(row: Int, column: Int)], channel: Int) -> [Float] {
    pixels.map { self[$0.row, $0.column, channel] }
  }

  /// All changes of the observation.
  var all: ArraySlice<Float> { values[(observation * neighborhood.length)...].prefix(neighborhood.length) }

  /// All observations of the batch, changed.
  var points: Tensor { neighborhood.center + Tensor(values, shape: neighborhood.center.shape) }
}
