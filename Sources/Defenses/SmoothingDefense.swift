import Attacks
import Policies

/// The majority over noise, as a person asks for it.
struct SmoothingDefense: NamedDefense {
  /// The noise's standard deviation.
  var sigma: Float = 0.1
  /// Draws for each decision.
  var samples = 32

  var value: InferenceDefense { .smoothing(sigma: sigma, samples: samples) }

  static let about = AboutDefense(
    SmoothingDefense.self, "smoothing", .inference,
    "the majority of the actions under Gaussian noise (Cohen et al. 2019)")

  static let parameters: [Parameter<SmoothingDefense>] = [
    .number("sigma", \.sigma, in: 1e-6...1e3, "the noise's standard deviation, in the observation's units"),
    .whole("samples", \.samples, in: 1...100_000, "draws for each decision"),
  ]
}
