import Attacks
import Policies

/// Fewer levels of gray, as a person asks for them.
struct RoundingDefense: NamedDefense {
  /// How many levels there are from 0 to 1, both included.
  var levels = 8

  var value: InferenceDefense { .rounding(levels: levels) }

  static let about = AboutDefense(
    "rounding", .inference, "every agent", "fewer levels of gray (bit-depth reduction; Xu et al. 2018)",
    parameters)

  static let parameters: [Parameter<RoundingDefense>] = [
    .whole("levels", \.levels, in: 2...256, "levels from 0 to 1, both included")
  ]
}
