import RandomStreams

/// Table tennis on a gray screen, against an opponent whose paddle is slower than yours.
///
/// - Description: the game of Atari's Pong (1972) with rules of our own; not an emulation. Lengths are in pixels of a
///   court of 84 × 84, times in frames; a step of this environment is one frame, and `pong-v1` repeats each action for
///   four.
/// - Observation: one channel in [0, 1], `size` × `size` pixels: walls 0.4, the opponent (left) 0.6, the agent (right) 0.8,
///   the ball 1. A pixel that a thing covers in part has its part of the gray.
/// - Actions: stay, up, down; the agent's paddle moves 1.5 a frame, between the walls.
/// - Reward: 1 for a point won, −1 for a point lost.
/// - Start: both paddles in the middle, no points; then, as after every point, a serve: the ball leaves the middle line at
///   a height, in a direction and at a slope that are drawn, 1 a frame across.
/// - Rally: the ball bounces off the walls. A paddle sends it back a little faster (1/16 each time, at most 1.75 a frame)
///   and at a slope that grows with the distance from the paddle's middle, to 1.5 a frame at its tips. The opponent follows
///   the ball at most 0.75 a frame while it comes, aiming to hit it a little off its middle (drawn after each hit of the
///   agent), and goes back to the middle otherwise: a steep ball at high speed is beyond its reach.
/// - End: terminated when one side has 21 points.
/// - Arguments: the size, 42 or 84.
public struct Pong: Environment, Codable {
  /// The points that win.
  public static let winningScore = 21

  /// A paddle's move in one frame, in the order of the actions.
  private enum Move: Int {
    case stay, up, down

    /// The change of height at a speed.
    func offset(_ speed: Int) -> Int {
      switch self {
      case .stay: 0
      case .up: -speed
      case .down: speed
      }
    }
  }

  /// One side. Both are alike, so that a second player can take the opponent's place.
  private struct Player: Hashable, Codable {
    var top = Court.middle - Court.paddleHeight / 2
    var score = 0

    var center: Int { top + Court.paddleHeight / 2 }

    mutating func move(by offset: Int) {
      top = min(max(top + offset, Court.wall), Court.size - Court.wall - Court.paddleHeight)
    }
  }

  private struct Ball: Hashable, Codable {
    /// The upper left corner.
    var x = Court.middle - Court.ball / 2
    var y = Court.middle - Court.ball / 2
    /// The change a frame.
    var across = Court.serveSpeed
    var down = 0
  }

  /// Lengths, in sixteenths of a pixel of the court: whole numbers, so that a state is exact.
  private enum Court {
    static let pixel = 16
    static let size = 84 * pixel
    static let middle = size / 2
    static let wall = 2 * pixel
    static let ball = 3 * pixel
    static let paddleWidth = 2 * pixel
    static let paddleHeight = 10 * pixel
    static let left = 6 * pixel
    static let right = size - left - paddleWidth
    static let serveSpeed = 16
    static let greatestSpeed = 28
    static let steepest = 24
    static let agentSpeed = 24
    static let opponentSpeed = 12
  }

  private let size: Int
  private var opponent = Player()
  private var agent = Player()
  private var ball = Ball()
  /// How far from its middle the opponent means to hit the ball.
  private var aim = 0

  /// A game that waits for its first reset.
  ///
  /// - Precondition: the size is 42 or 84.
  public init(size: Int = 84) {
    precondition(PixelView.sizes.contains(size), "the screen has 42 or 84 pixels a side")
    self.size = size
  }

  /// One channel of gray in [0, 1].
  public var observationSpace: BoxSpace {
    BoxSpace(height: size, width: size, channels: 1, rawMaxima: [255])
  }

  /// Stay, up, down.
  public var actions: [String] { ["stay", "up", "down"] }

  /// No points, and the first serve.
  public mutating func reset(using random: inout some Randomness) {
    opponent = Player()
    agent = Player()
    serve(using: &random)
  }

  /// Lets one frame pass.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    guard let move = Move(rawValue: action) else { preconditionFailure("there is no action \(action)") }
    precondition(max(agent.score, opponent.score) < Self.winningScore, "reset before the next step")
    agent.move(by: move.offset(Court.agentSpeed))
    opponent.move(by: opponentsMove())
    moveBall(using: &random)

    var reward: Float = 0
    if ball.x + Court.ball <= 0 {
      agent.score += 1
      reward = 1
    } else if ball.x >= Court.size {
      opponent.score += 1
      reward = -1
    }
    if reward == 0 { return Outcome(reward: 0) }
    if max(agent.score, opponent.score) == Self.winningScore {
      return Outcome(reward: reward, ending: .terminated)
    }
    serve(using: &random)
    return Outcome(reward: reward)
  }

  private mutating func serve(using random: inout some Randomness) {
    ball = Ball()
    let room = 40 * Court.pixel
    ball.y += random.index(below: room + 1) - room / 2
    if random.index(below: 2) == 1 { ball.across = -ball.across }
    ball.down = random.index(below: Court.serveSpeed + 1) - Court.serveSpeed / 2
    drawAim(using: &random)
  }

  private mutating func drawAim(using random: inout some Randomness) {
    let reach = 4 * Court.pixel
    aim = random.index(below: 2 * reach + 1) - reach
  }

  /// Toward the ball as it comes, toward the middle as it goes.
  private func opponentsMove() -> Int {
    let target = ball.across < 0 ? ball.y + Court.ball / 2 + aim : Court.middle
    return min(max(target - opponent.center, -Court.opponentSpeed), Court.opponentSpeed)
  }

  private mutating func moveBall(using random: inout some Randomness) {
    let previous = ball.x
    ball.x += ball.across
    ball.y += ball.down
    let (highest, lowest) = (Court.wall, Court.size - Court.wall - Court.ball)
    if ball.y < highest || ball.y > lowest {
      ball.y = ball.y < highest ? 2 * highest - ball.y : 2 * lowest - ball.y
      ball.down = -ball.down
    }
    // A paddle returns a ball whose leading side passed the paddle's face in this frame.
    let agentsFace = Court.right - Court.ball
    let opponentsFace = Court.left + Court.paddleWidth
    if ball.across > 0, previous <= agentsFace, ball.x > agentsFace, isHit(by: agent) {
      ball.x = 2 * agentsFace - ball.x
      sendBack(from: agent)
      drawAim(using: &random)
    } else if ball.across < 0, previous >= opponentsFace, ball.x < opponentsFace, isHit(by: opponent) {
      ball.x = 2 * opponentsFace - ball.x
      sendBack(from: opponent)
    }
  }

  private func isHit(by player: Player) -> Bool {
    ball.y + Court.ball > player.top && ball.y < player.top + Court.paddleHeight
  }

  private mutating func sendBack(from player: Player) {
    let faster = min(abs(ball.across) + 1, Court.greatestSpeed)
    ball.across = ball.across > 0 ? -faster : faster
    let greatestDistance = (Court.paddleHeight + Court.ball) / 2
    ball.down = (ball.y + Court.ball / 2 - player.center) * Court.steepest / greatestDistance
  }

  /// Draws walls, paddles and ball over black.
  public func observe(into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    let wall = (gray: Float(102), width: Court.size, height: Court.wall)
    draw(x: 0, y: 0, width: wall.width, height: wall.height, gray: wall.gray, into: &frame)
    draw(
      x: 0, y: Court.size - Court.wall, width: wall.width, height: wall.height, gray: wall.gray, into: &frame)
    draw(
      x: Court.left, y: opponent.top, width: Court.paddleWidth, height: Court.paddleHeight, gray: 153,
      into: &frame)
    draw(
      x: Court.right, y: agent.top, width: Court.paddleWidth, height: Court.paddleHeight, gray: 204,
      into: &frame)
    draw(x: ball.x, y: ball.y, width: Court.ball, height: Court.ball, gray: 255, into: &frame)
  }

  /// Draws a rectangle of the court; where others are, the brighter one shows.
  private func draw(
    x: Int, y: Int, width: Int, height: Int, gray: Float, into frame: inout MutableSpan<Float>
  ) {
    let pixel = Court.size / size
    let (left, right) = (max(x, 0), min(x + width, Court.size))
    let (top, bottom) = (max(y, 0), min(y + height, Court.size))
    guard left < right && top < bottom else { return }
    for row in top / pixel...(bottom - 1) / pixel {
      let covered = min(bottom, (row + 1) * pixel) - max(top, row * pixel)
      for column in left / pixel...(right - 1) / pixel {
        let share = covered * (min(right, (column + 1) * pixel) - max(left, column * pixel))
        let value = (gray * Float(share) / Float(pixel * pixel)).rounded() / 255
        let index = row * size + column
        if value > frame[index] { frame[index] = value }
      }
    }
  }
}
