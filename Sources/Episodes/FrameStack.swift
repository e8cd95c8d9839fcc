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
  init(lanes: Int, frame: BoxSpace, frames: Int) {
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
  mutating func start(_ lane: Int, with first: [Float]) {
    let (pixels, depth, channels) = (pixels, depth, frame.channels)
    observations.withMutableElements { stack in
      for pixel in 0..<pixels {
        let target = (lane * pixels + pixel) * depth
        for index in 0..<depth { stack[target + index] = first[pixel * channels + index % channels] }
      }
    }
  }

  /// Puts a new clean frame on top; the oldest falls out.
  mutating func push(_ lane: Int, _ newest: [Float]) {
    let (pixels, depth, channels) = (pixels, depth, frame.channels)
    observations.withMutableElements { stack in
      if frames == 1 {
        let start = lane * newest.count
        for index in newest.indices { stack[start + index] = newest[index] }
        return
      }
      // All of the lane at once, which is faster: what comes down from the next pixel is written over by the newest frame.
      let start = lane * pixels * depth
      let rest = pixels * depth - channels
      for index in start..<(start + rest) { stack[index] = stack[index &+ channels] }
      for pixel in 0..<pixels {
        let target = start &+ (pixel &+ 1) &* depth &- channels
        for channel in 0..<channels { stack[target &+ channel] = newest[pixel &* channels &+ channel] }
      }
    }
  }

  /// Writes the observations of some lanes back as they were delivered, so that later ones hold what the agent saw.
  /// - Parameters:
  ///   - delivered: one row for each of `lanes`, changed in its newest frame alone.
  ///   - lanes: in ascending order.
  mutating func writeBack(_ delivered: Tensor, lanes: [Int]) {
    if lanes.count == observations.shape[0] {
      observations = delivered
    } else {
      observations.replaceRows(at: lanes, with: delivered)
    }
  }
}
