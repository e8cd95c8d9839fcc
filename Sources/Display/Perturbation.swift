/// What an attack did to a frame: the delivered frame minus the clean one, amplified until it can be seen.
struct Perturbation {
  private let frame: FrameImage
  /// Delivered minus clean, of the frame's shape.
  private let changes: [Float]
  /// The change that is drawn in full color.
  let range: Float

  /// The changes of one frame. Without a range, the largest change is drawn in full color.
  init(from clean: FrameImage, to delivered: FrameImage, range: Float?) {
    frame = clean
    changes = zip(clean.values, delivered.values).map { clean, delivered in
      let change = delivered - clean
      return change.isNaN ? 0 : change
    }
    largestChange = changes.lazy.map { abs($0) }.max() ?? 0
    let wanted = range ?? largestChange
    self.range = wanted > 0 && wanted.isFinite ? min(wanted, 1) : 1
  }

  /// How much larger a change looks than it is: the full range of a color instead of ``range``.
  var amplification: Float { 1 / range }

  /// The largest change of one entry, whatever its sign.
  let largestChange: Float

  /// How many entries changed.
  var changedEntries: Int { changes.lazy.filter { $0 != 0 }.count }

  /// How many entries there are.
  var entries: Int { changes.count }

  /// The images to draw: one a channel, because signs of different channels would cancel in one pixel.
  var images: [FrameImage] {
    (0..<frame.channels).map { channel in
      image(of: stride(from: channel, to: changes.count, by: frame.channels).map { changes[$0] })
    }
  }

  /// All channels in one image, each pixel the largest change of its channels: for thumbnails.
  var thumbnail: FrameImage {
    image(
      of: stride(from: 0, to: changes.count, by: frame.channels).map { first in
        changes[first..<first + frame.channels].max { abs($0) < abs($1) } ?? 0
      })
  }

  private func image(of changes: [Float]) -> FrameImage {
    FrameImage(
      height: frame.height, width: frame.width, channels: 3, meaning: .rgb,
      values: changes.flatMap { change in
        let color = Self.color(of: change / range)
        return [color.red, color.green, color.blue].map { Float($0) / 255 }
      })
  }

  /// The color of a change in units of the range, -1 to 1: from ``Color/decrease`` over ``Color/unchanged`` to
  /// ``Color/increase``.
  static func color(of change: Float) -> Color {
    .unchanged.mixed(with: change < 0 ? .decrease : .increase, share: min(abs(change), 1))
  }
}
