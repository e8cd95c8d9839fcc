import Attacks
import Policies

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
