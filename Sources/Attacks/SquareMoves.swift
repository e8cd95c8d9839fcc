import RandomStreams

/// How the Square Attack begins, and how it goes on: what depends on the norm.
protocol SquareMoves {
  /// The first changes.
  func start(_ changes: inout SquareChanges, using random: inout RandomStream)

  /// Changes a square of about the given side.
  func next(_ changes: inout SquareChanges, side: Float, using random: inout RandomStream)
}
