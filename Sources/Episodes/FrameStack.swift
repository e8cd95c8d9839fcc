import Environments
import Tensors

/// The last frames of each lane, as the agent saw them: [lanes, height, width, frames·channels], the newest last.
public struct FrameStack: Sendable {
  /// One frame.
  public let frame: BoxSpace
  /// How many frames an observation holds.
  public let frames: Int
  /// The observations of all lanes.
  public private(set) var observations: Tensor

  /// An empty stack: all zeros.
  /// - Precondition: at least one lane and one frame.
  public init(lanes: Int, frame: BoxSpace, frames: Int) {
    precondition(lanes > 0 && frames > 0, "a stack needs lanes and frames")
    self.frame = frame
    self.frames = frames
    observations = .zeros([lanes, frame.height, frame.width, frame.channels * frames])
  }

  /// Goes on with other observations, those of a stack like this one.
  /// - Precondition: they have the same shape.
  mutating func restore(_ observations: Tensor) {
    precondition(
      observations.shape == self.observations.shape,
      "\(observations.shape) are no observations of \(self.observations.shape)")
    self.observations = observations
  }

  private var pixels: Int { frame.height * frame.width }
  private var depth: Int { frame.channels * frames }

  /// Starts an episode: every place of the lane's stack holds its first frame, as in Gymnasium.
  public mutating func start(_ lane: Int, with first: [Float]) {
    let (pixels, depth, channels) = (pixels, depth, frame.channels)
    observations.withMutableElements { stack in
      for pixel in 0..<pixels {
        let target = (lane * pixels + pixel) * depth
        for index in 0..<depth { stack[target + index] = first[pixel * channels + index % channels] }
      }
    }
  }

  /// Puts a new clean frame on top; the oldest falls out.
  public mutating func push(_ lane: Int, _ newest: [Float]) {
    let (pixels, depth, channels) = (pixels, depth, frame.channels)
    observations.withMutableElements { stack in
      if frames == 1 {
        let start = lane * newest.count
        for index in newest.indices { stack[start + index] = newest[index] }
        return
      }
      for pixel in 0..<pixels {
        let target = (lane * pixels + pixel) * depth
        for index in 0..<(depth - channels) { stack[target + index] = stack[target + index + channels] }
        for channel in 0..<channels {
          stack[target + depth - channels + channel] = newest[pixel * channels + channel]
        }
      }
    }
  }

  /// Writes the newest frame of some lanes back as it was delivered, so that later observations hold what the agent saw.
  /// - Parameter delivered: one row for each of `lanes`.
  public mutating func writeBack(_ delivered: Tensor, lanes: [Int]) {
    let (pixels, depth, channels) = (pixels, depth, frame.channels)
    observations.withMutableElements { stack in
      delivered.withElements { delivered in
        for (row, lane) in lanes.enumerated() {
          for pixel in 0..<pixels {
            let (source, target) = ((row * pixels + pixel) * depth, (lane * pixels + pixel) * depth)
            for index in (depth - channels)..<depth { stack[target + index] = delivered[source + index] }
          }
        }
      }
    }
  }
}
