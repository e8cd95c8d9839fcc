import Attacks
import Policies

/// The nearest of a few values, as a person asks for them.
struct PaletteDefense: NamedDefense {
  /// In rising order.
  var values: [Float] = [0, 1]

  var value: InferenceDefense { .palette(values) }

  static let about = AboutDefense(
    PaletteDefense.self, "palette", .inference,
    "each entry becomes the nearest of a few values")

  static let parameters: [Parameter<PaletteDefense>] = [
    Parameter(
      "values", "the values, separated by commas",
      expected: "at least two numbers in rising order, such as 0,0.5,1",
      text: { $0.values.map { "\($0)" }.joined(separator: ",") },
      assign: { defense, text in
        let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) ?? .nan }
        let isRising = values.count >= 2 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
        guard isRising, values.allSatisfy(\.isFinite) else { return false }
        defense.values = values
        return true
      })
  ]
}
