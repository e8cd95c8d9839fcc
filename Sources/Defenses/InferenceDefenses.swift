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

/// The majority over noise, as a person asks for it.
struct SmoothingDefense: NamedDefense {
  let value: InferenceDefense

  static let about = AboutDefense(
    "smoothing", .inference, "every agent",
    "the majority of the actions under Gaussian noise (Cohen et al. 2019)",
    [
      DefenseParameter("sigma", "0.1", "the noise's standard deviation, as epsilon is measured"),
      DefenseParameter("samples", "32", "draws for each decision"),
    ])

  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError) {
    value = .smoothing(
      sigma: try settings.takeNumber("sigma", in: 1e-6...1e3) ?? 0.1,
      samples: try settings.takeWhole("samples", in: 1...100_000) ?? 32)
  }

  var settings: [String] { value.settings }
}
