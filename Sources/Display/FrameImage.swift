/// One frame of an observation as an image: floats in [0, 1] that know what their channels mean.
public struct FrameImage: Hashable, Sendable {
  /// What the channels of a frame stand for, and so how they become one color.
  public enum ChannelMeaning: String, Hashable, Sendable {
    /// One channel of intensity, drawn as gray.
    case gray
    /// Three channels: red, green and blue.
    case rgb
    /// Any number of planes that each say where one kind of thing is, as in MinAtar. See ``FrameImage/color(row:column:)``.
    case planes

  }

  /// The number of rows, at least 1.
  public let height: Int
  /// The number of columns, at least 1.
  public let width: Int
  /// The number of channels, at least 1.
  public let channels: Int
  /// What the channels stand for.
  public let meaning: ChannelMeaning
  /// The intensities, of shape [height, width, channels]; what is outside of [0, 1] is clipped when it is drawn.
  public let values: [Float]

  /// An image of `values` of shape [height, width, channels].
  ///
  /// The count of the values must fit the shape, and the number of channels the meaning (1 for gray, 3 for RGB).
  public init(height: Int, width: Int, channels: Int, meaning: ChannelMeaning, values: [Float]) {
    precondition(height >= 1 && width >= 1 && channels >= 1, "A frame has at least one value.")
    precondition(
      values.count == height * width * channels,
      "\(values.count) values are not a frame of shape [\(height), \(width), \(channels)].")
    precondition(
      meaning == .planes || channels == (meaning == .gray ? 1 : 3),
      "\(channels) channels are not \(meaning.rawValue).")
    self.height = height
    self.width = width
    self.channels = channels
    self.meaning = meaning
    self.values = values
  }

  /// Whether another image has the same rows, columns and channels of the same meaning.
  func hasShape(of other: FrameImage) -> Bool {
    (height, width, channels) == (other.height, other.width, other.channels) && meaning == other.meaning
  }

  /// The color of the pixel in `row` (0 ..< height) and `column` (0 ..< width).
  ///
  /// Planes mix their colors of ``Color/planes`` weighted by their values: a single plane at 1 shows its pure
  /// color, a weaker one a darker shade, and where the values sum to more than 1 they share the pixel, so that
  /// two planes at 1 show the mean of their colors. A pixel that no plane claims is black.
  public func color(row: Int, column: Int) -> Color {
    let first = (row * width + column) * channels
    switch meaning {
    case .gray: return Color(gray: values[first])
    case .rgb: return Color(intensities: values[first], values[first + 1], values[first + 2])
    case .planes:
      var sum: (weight: Float, red: Float, green: Float, blue: Float) = (0, 0, 0, 0)
      for channel in 0..<channels where values[first + channel] > 0 {
        let weight = min(values[first + channel], 1)
        let color = Color.plane(channel)
        sum.weight += weight
        sum.red += weight * Float(color.red)
        sum.green += weight * Float(color.green)
        sum.blue += weight * Float(color.blue)
      }
      let scale = 255 * max(1, sum.weight)
      return Color(intensities: sum.red / scale, sum.green / scale, sum.blue / scale)
    }
  }

  /// The image in which each pixel is the mean of a square of `side` by `side`; the side must be at least 1.
  public func averaged(over side: Int) -> FrameImage {
    precondition(side >= 1, "A mean over \(side) pixels is none.")
    guard side > 1 else { return self }
    let (rows, columns) = ((height + side - 1) / side, (width + side - 1) / side)
    var means: [Float] = []
    means.reserveCapacity(rows * columns * channels)
    for row in 0..<rows {
      for column in 0..<columns {
        // The last squares of a row or a column may be cut.
        let ys = row * side..<min(height, (row + 1) * side)
        let xs = column * side..<min(width, (column + 1) * side)
        for channel in 0..<channels {
          var sum: Float = 0
          for y in ys { for x in xs { sum += values[(y * width + x) * channels + channel] } }
          means.append(sum / Float(ys.count * xs.count))
        }
      }
    }
    return FrameImage(height: rows, width: columns, channels: channels, meaning: meaning, values: means)
  }
}

extension Canvas {
  /// Draws an image with its top left corner at (x, y), each of its pixels as a square of `scale` by `scale`
  /// (nearest neighbor; at least 1).
  public mutating func draw(_ image: FrameImage, x: Int, y: Int, scale: Int = 1) {
    precondition(scale >= 1, "A scale of \(scale) shows no pixel.")
    for row in 0..<image.height {
      for column in 0..<image.width {
        let square = Rectangle(x: x + column * scale, y: y + row * scale, width: scale, height: scale)
        fill(square, with: image.color(row: row, column: column))
      }
    }
  }
}
