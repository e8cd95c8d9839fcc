import Attacks
import Policies

/// Fewer levels of gray, as a person asks for them.
struct RoundingDefense: NamedDefense {
  let value: InferenceDefense

  static let about = AboutDefense(
    "rounding", .inference, "every agent", "fewer levels of gray (bit-depth reduction; Xu et al. 2018)",
    [DefenseParameter("levels", "8", "levels from the least value to the greatest")])

  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError) {
    value = .rounding(levels: try settings.takeWhole("levels", in: 2...256) ?? 8)
  }

  var settings: [String] { value.settings }
}
