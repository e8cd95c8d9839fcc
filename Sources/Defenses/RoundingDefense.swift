import Attacks
import Policies

/// Fewer levels of gray, as a person asks for them.
struct RoundingDefense: NamedDefense {
  /// How many levels there are from 0 to 1, both included.
  var levels = 8

  var value: InferenceDefense { .rounding(levels: levels) }

  static let about = AboutDefense(
    RoundingDefense.self, "rounding", .inference,
    "fewer levels of gray (bit-depth reduction; Xu et al. 2018)")

  static let parameters: [Parameter<RoundingDefense>] = [
    .whole("levels", \.levels, in: 2...256, "levels from 0 to 1, both included")
  ]
}
