import Agents
import ArgumentParser
import Networks

/// The network, as options.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "mlp, conv, minatar-cnn or nature-cnn. (what suits the observation)", valueName: "name"))
  var network: NetworkChoice.Name?

  @Option(
    help: ArgumentHelp(
      "The filters of each convolution, such as 32,64. (the network's own)", valueName: "n,n"))
  var filters: Widths?

  @Option(
    help: ArgumentHelp("The hidden layers' units, such as 64,64. (the network's own)", valueName: "n,n"))
  var hidden: Widths?

  @Option(help: "relu, tanh, sigmoid or maxout. (relu)")
  var activation: NetworkChoice.Nonlinearity?

  @Flag(inversion: .prefixedNo, help: "Normalize the sums of hidden layers. (no-layer-norm)")
  var layerNorm: Bool?

  @Option(
    help: ArgumentHelp(
      "Units of an LSTM behind the hidden layers, ppo and reinforce only. (none)", valueName: "n"))
  var lstm: Int?

  func validate() throws { try require("lstm", lstm, in: 1...65_536) }

  static func settings<Configuration: AgentConfiguration>() -> [Setting<Configuration>] {
    [
      Setting("network", \.network.network, optional: \.network.name),
      Setting("filters", \.network.filters, optional: \.network.filterWidths),
      Setting("hidden", \.network.hidden, optional: \.network.hiddenWidths),
      Setting("activation", \.network.activation, \.network.activation),
      Setting("layer-norm", \.network.layerNorm, \.network.layerNorm),
      Setting("lstm", \.network.lstm, optional: \.network.lstm),
    ]
  }

  /// How wide each layer is: `64,64`.
  struct Widths: ExpressibleByArgument, CustomStringConvertible {
    let units: [Int]

    init(units: [Int]) { self.units = units }

    var description: String { units.map(String.init).joined(separator: ",") }

    init?(argument: String) {
      let units = parts(of: argument).map { Int($0) }
      guard units.allSatisfy({ $0.map { (1...65_536).contains($0) } == true }) else { return nil }
      self.units = units.compactMap(\.self)
    }
  }
}

extension NetworkChoice {
  /// The filters as options have them.
  fileprivate var filterWidths: NetworkOptions.Widths? {
    get { filters.map { .init(units: $0) } }
    set { filters = newValue?.units }
  }

  /// The hidden layers as options have them.
  fileprivate var hiddenWidths: NetworkOptions.Widths? {
    get { hidden.map { .init(units: $0) } }
    set { hidden = newValue?.units }
  }
}

extension NetworkChoice.Name: ExpressibleByArgument {}
extension NetworkChoice.Nonlinearity: ExpressibleByArgument {}
