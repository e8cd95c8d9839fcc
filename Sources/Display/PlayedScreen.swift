/// What a person sees who plays: all that ``Composition`` draws of it.
struct PlayedScreen: Hashable, Sendable {
  /// The environment's id.
  var environment: String
  /// The seed of the episode.
  var seed: UInt64
  /// How many steps were made.
  var step: Int
  /// The sum of the rewards so far.
  var episodeReturn: Double
  /// How the episode ended; nil while it goes on.
  var ending: String?
  /// The world as a person would look at it.
  var world: FrameImage
  /// What an agent would see.
  var seen: FrameImage
  /// The names of the actions.
  var actions: [String]
  /// The action that was taken last; nil at the beginning.
  var action: Int?
  /// How it goes on, for the lower left corner.
  var status: String
  /// Whether it stands still.
  var isPaused: Bool
  /// What just happened that cannot be seen otherwise. It takes the place of the hints.
  var notice: String?
  /// The most useful keys, shown at the bottom.
  var hints: [KeyHelp]
  /// The keys of the overlay; nil where it is closed.
  var help: [KeyHelp]?
}
