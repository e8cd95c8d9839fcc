import RandomStreams

/// Squares are set to ±ε.
struct SetSquares: SquareMoves {
  /// Stripes, one pixel wide, a sign for each column and channel.
  func start(_ changes: inout SquareChanges, using random: inout RandomStream) {
    let canvas = changes.canvas
    for channel in 0..<canvas.channels {
      for column in 0..<canvas.width {
        let change = random.sign() * changes.budget
        for row in 0..<canvas.height { changes[row, column, channel] = change }
      }
    }
  }

  func next(_ changes: inout SquareChanges, side: Float, using random: inout RandomStream) {
    let canvas = changes.canvas
    let side = min(max(Int(side.rounded()), 1), min(canvas.height, canvas.width))
    let pixels = canvas.window(side: side, using: &random).pixels
    let budget = changes.budget
    var signs = (0..<canvas.channels).map { _ in random.sign() }
    let isNew = signs.indices.contains { channel in
      pixels.contains { row, column in
        let wanted = changes.held(signs[channel] * budget, row, column, channel)
        return abs(changes[row, column, channel] - wanted) > 1e-3 * budget
      }
    }
    if !isNew { signs = signs.map { -$0 } }
    for channel in signs.indices {
      for pixel in pixels { changes[pixel.row, pixel.column, channel] = signs[channel] * budget }
    }
  }
}

extension RandomStream {
  /// −1 or 1.
  fileprivate mutating func sign() -> Float { chance(0.5) ? 1 : -1 }
}
