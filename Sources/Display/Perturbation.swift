/// What an attack did to a frame: the delivered frame minus the clean one, amplified until it can be seen.
struct Perturbation {
  /// The frame's rows.
  let height: Int
  /// The frame's columns.
  let width: Int
  /// The frame's channels.
  let channels: Int
  /// What the channels stand for.
  let meaning: FrameImage.ChannelMeaning
  /// Delivered minus clean, of shape [height, width, channels].
  let changes: [Float]
  /// The change that is drawn as black (negative) or white (positive).
  let range: Float

  /// The perturbation of a step. Epsilon fills the range; changes of one entry beyond 1 do not exist.
  init(_ step: WatchedStep) {
    height = step.clean.height
    width = step.clean.width
    channels = step.clean.channels
    meaning = step.clean.meaning
    changes = zip(step.clean.values, step.delivered.values).map { clean, delivered in delivered - clean }
    range = step.epsilon > 0 ? min(step.epsilon, 1) : 1
  }

  /// How much larger a change looks than it is: from 0.5 for a range of 1 (a half of the gray scale a sign) upward.
  var amplification: Float { 0.5 / range }

  /// The largest change of one entry, whatever its sign.
  var largestChange: Float { changes.lazy.map { abs($0) }.max() ?? 0 }

  /// How many entries changed.
  var changedEntries: Int { changes.lazy.filter { $0 != 0 }.count }

  /// The images to draw, with zero as mid-gray: one in gray or RGB, and one in gray for each of several planes,
  /// because signs of different planes would cancel in one pixel.
  var images: [FrameImage] {
    let amplified = changes.map { 0.5 + amplification * $0 }
    guard meaning == .planes else {
      return [
        FrameImage(height: height, width: width, channels: channels, meaning: meaning, values: amplified)
      ]
    }
    return (0..<channels).map { channel in
      FrameImage(
        height: height, width: width, channels: 1, meaning: .gray,
        values: stride(from: channel, to: amplified.count, by: channels).map { amplified[$0] })
    }
  }
}
