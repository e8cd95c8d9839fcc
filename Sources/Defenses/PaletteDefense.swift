import Attacks
import Policies

/// The nearest of a few values, as a person asks for them.
struct PaletteDefense: NamedDefense {
  let value: InferenceDefense

  static let about = AboutDefense(
    "palette", .inference, "every agent", "each entry becomes the nearest of a few values",
    [DefenseParameter("values", "0,1", "the values, separated by commas")])

  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError) {
    let values = try settings.take("values", "at least two numbers in rising order, such as 0,0.5,1") {
      text in
      let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) ?? .nan }
      let isRising = values.count >= 2 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
      return isRising && values.allSatisfy(\.isFinite) ? values : nil
    }
    value = .palette(values ?? [0, 1])
  }

  var settings: [String] { value.settings }
}
