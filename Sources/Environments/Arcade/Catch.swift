import RandomStreams

/// Catch a falling ball with a paddle.
///
/// - Description: bsuite's Catch (Osband et al., "Behaviour Suite for Reinforcement Learning", 2020, there 10 rows and
///   5 columns; after Mnih et al., "Recurrent Models of Visual Attention", 2014). The generator is not bsuite's, so
///   neither are the columns that a seed gives.
/// - Observation: one channel in [0, 1]: 1 where the ball or the paddle is, else 0. A cell is a square of
///   `pixelsPerCell` × `pixelsPerCell` pixels.
/// - Actions: left, stay, right; the paddle moves one cell, but not through the walls.
/// - Reward: 1 for a ball that is caught, −1 for one that is missed, 0 before.
/// - Start: the ball in a random column of the top row, the paddle in the middle of the bottom row.
/// - End: terminated when the ball reaches the bottom row, after one step less than there are rows.
/// - Arguments: the number of rows and columns, and the pixels of a cell's side.
public struct Catch: Environment, Codable {
  private let rows: Int
  private let columns: Int
  private let pixelsPerCell: Int
  private var ballRow = 0
  private var ballColumn = 0
  private var paddleColumn: Int

  /// A game that waits for its first reset.
  ///
  /// - Precondition: there are at least two rows, enough to catch every ball (half as many steps as columns), and all
  ///   arguments are positive.
  public init(rows: Int, columns: Int, pixelsPerCell: Int = 1) {
    precondition(rows > 1 && columns > 0 && pixelsPerCell > 0, "the board has room for a ball to fall")
    precondition(Self.canCatchEveryBall(rows: rows, columns: columns), "every ball can be caught")
    self.rows = rows
    self.columns = columns
    self.pixelsPerCell = pixelsPerCell
    paddleColumn = columns / 2
  }

  /// Whether the paddle gets from the middle to both walls while a ball falls.
  static func canCatchEveryBall(rows: Int, columns: Int) -> Bool { columns / 2 <= rows - 1 }

  /// One channel in [0, 1], with `pixelsPerCell` × `pixelsPerCell` pixels a cell.
  public var observationSpace: BoxSpace {
    BoxSpace(
      height: rows * pixelsPerCell, width: columns * pixelsPerCell, channels: 1, rawMaxima: [255])
  }

  /// Left, stay, right.
  public var actions: [String] { ["left", "stay", "right"] }

  /// Lets a new ball fall, from a column that is drawn.
  public mutating func reset(using random: inout some Randomness) {
    ballRow = 0
    ballColumn = random.index(below: columns)
    paddleColumn = columns / 2
  }

  /// Moves the paddle, then lets the ball fall one row; draws nothing.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    precondition((0..<3).contains(action), "there is no action \(action)")
    precondition(ballRow < rows - 1, "the ball has landed: reset before the next step")
    paddleColumn = min(max(paddleColumn + action - 1, 0), columns - 1)
    ballRow += 1
    guard ballRow == rows - 1 else { return Outcome(reward: 0) }
    return Outcome(reward: paddleColumn == ballColumn ? 1 : -1, ending: .terminated)
  }

  /// Draws the ball and the paddle in white on black.
  public func observe(into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    draw(row: ballRow, column: ballColumn, into: &frame)
    draw(row: rows - 1, column: paddleColumn, into: &frame)
  }

  private func draw(row: Int, column: Int, into frame: inout MutableSpan<Float>) {
    let width = columns * pixelsPerCell
    for y in row * pixelsPerCell..<(row + 1) * pixelsPerCell {
      for x in column * pixelsPerCell..<(column + 1) * pixelsPerCell {
        frame[y * width + x] = 1
      }
    }
  }
}
