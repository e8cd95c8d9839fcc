import Environments
import Tensors

// Frames of observations as images.

extension FrameImage.ChannelMeaning {
  /// What the channels of a space stand for: one is gray, three with the levels of colors are colors, all else planes.
  init(of space: BoxSpace) {
    self =
      space.channels == 1
      ? .gray : space.channels == 3 && space.rawMaxima == [255, 255, 255] ? .rgb : .planes
  }
}

extension FrameImage {
  /// An environment's drawing of itself.
  public init(_ picture: Picture) {
    self.init(
      height: picture.height, width: picture.width, channels: 3, meaning: .rgb,
      values: picture.pixels.flatMap { [$0.red, $0.green, $0.blue].map { Float($0) / 255 } })
  }

  /// The frames of one observation, scaled to [0, 1], the newest last.
  static func frames(of observation: Tensor, _ space: BoxSpace, _ meaning: ChannelMeaning) -> [FrameImage] {
    let (channels, depth) = (space.channels, observation.shape[-1])
    let width = space.high - space.low
    return observation.withElements { elements in
      stride(from: 0, to: depth, by: channels).map { first in
        var values: [Float] = []
        values.reserveCapacity(space.count)
        for pixel in 0..<space.height * space.width {
          for channel in first..<first + channels {
            values.append((elements[pixel * depth + channel] - space.low) / width)
          }
        }
        return FrameImage(
          height: space.height, width: space.width, channels: channels, meaning: meaning, values: values)
      }
    }
  }
}
