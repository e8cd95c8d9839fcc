import RandomStreams

/// The Square Attack's moves under the L2 norm (Andriushchenko et al. 2020, algorithm 3) and the L1 norm (Croce & Hein 2021,
/// section 5): a square takes the budget of another, and what nothing has used.
///
///     for two windows W₁, W₂ and each channel i, with ν what has changed, η the shape and ρ = ±1
///     available   = (‖ν over W₁ ∪ W₂, i‖ᵖ + (εᵖ − ‖ν‖ᵖ)/c)^(1/p)
///     ν over W₂, i = 0       ν over W₁, i = available · u/‖u‖,  u = ρ·η/‖η‖ + ν over W₁, i / its norm
///
/// with p = 2 or 1. The shape η is a peak beside a trough of the same size, lying or standing at random.
struct MovedSquares: SquareMoves {
  /// Tiles of the shape, a fifth of the canvas wide, a sign for each and each channel, of the size of the budget.
  func start(_ changes: inout SquareChanges, using random: inout RandomStream) {
    let canvas = changes.canvas
    let side = max(min(canvas.height, canvas.width) / 5, 1)
    let tiles = stride(from: 0, through: canvas.height - side, by: side).flatMap { top in
      stride(from: 0, through: canvas.width - side, by: side).map { left in
        SquareWindow(top: top, left: left, height: side, width: side)
      }
    }
    let share = changes.budget / Self.root(Float(tiles.count * canvas.channels), changes.norm)
    for tile in tiles {
      let shape = Self.shape(side: side, changes.norm, using: &random)
      for channel in 0..<canvas.channels {
        let size = (random.chance(0.5) ? 1 : -1) * share
        for (pixel, value) in zip(tile.pixels, shape) {
          changes[pixel.row, pixel.column, channel] = size * value
        }
      }
    }
  }

  func next(_ changes: inout SquareChanges, side: Float, using random: inout RandomStream) {
    let (canvas, norm) = (changes.canvas, changes.norm)
    let odd = max(Int(side.rounded()), 3) | 1
    let side = min(odd, min(canvas.height, canvas.width))
    let (target, source) = (
      canvas.window(side: side, using: &random), canvas.window(side: side, using: &random)
    )
    let (painted, emptied) = (target.pixels, source.pixels.filter { !target.contains($0) })
    let shape = Self.shape(side: side, norm, using: &random)
    let unused =
      max(Self.power(changes.budget, norm) - Self.powers(changes.all, norm), 0) / Float(canvas.channels)
    for channel in 0..<canvas.channels {
      let sign: Float = random.chance(0.5) ? 1 : -1
      let old = changes.values(at: painted, channel: channel)
      let (own, other) = (
        Self.powers(old, norm), Self.powers(changes.values(at: emptied, channel: channel), norm)
      )
      let available = Self.root(own + other + unused, norm)
      let scale = own > 0 ? 1 / Self.root(own, norm) : 0
      let mixed = zip(shape, old).map { sign * $0 + scale * $1 }
      let size = Self.size(mixed, norm)
      for pixel in emptied { changes[pixel.row, pixel.column, channel] = 0 }
      for (pixel, value) in zip(painted, mixed) {
        changes[pixel.row, pixel.column, channel] = size > 0 ? value / size * available : 0
      }
    }
  }

  /// η/‖η‖ of the paper's equation 2, row by row: a peak in one half, a trough in the other.
  static func shape(side: Int, _ norm: ThreatModel.Norm, using random: inout RandomStream) -> [Float] {
    let half = side / 2
    let (peak, trough) = (hill(side, half), hill(side, side - half))
    let isStanding = random.chance(0.5)
    let values = (0..<side).flatMap { row in
      (0..<side).map { column -> Float in
        let (along, across) = isStanding ? (row, column) : (column, row)
        return across < half ? peak[along * half + across] : -trough[along * (side - half) + across - half]
      }
    }
    let size = size(values, norm)
    return values.map { $0 / size }
  }

  /// Σ over k = 0…M of 1/(n + 1 − k)², n = ⌊length/2⌋ and M how far from the border, seen from the middle, a place lies.
  private static func hill(_ length: Int, _ width: Int) -> [Float] {
    let n = length / 2
    return (0..<length).flatMap { row in
      (0..<width).map { column in
        let depth = n - max(abs(row - n), abs(column - width / 2))
        return depth < 0 ? 0 : (0...depth).reduce(0) { $0 + 1 / Float((n + 1 - $1) * (n + 1 - $1)) }
      }
    }
  }

  private static func power(_ value: Float, _ norm: ThreatModel.Norm) -> Float {
    norm == .l2 ? value * value : abs(value)
  }

  private static func powers(_ values: some Sequence<Float>, _ norm: ThreatModel.Norm) -> Float {
    values.reduce(0) { $0 + power($1, norm) }
  }

  private static func root(_ power: Float, _ norm: ThreatModel.Norm) -> Float {
    norm == .l2 ? power.squareRoot() : power
  }

  private static func size(_ values: [Float], _ norm: ThreatModel.Norm) -> Float {
    root(powers(values, norm), norm)
  }
}
