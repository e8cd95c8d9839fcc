import Foundation

/// What ``Networks`` measured, as a table or as JSON.
struct NetworkReport: Encodable {
  /// One network's work on one batch, on one thread.
  struct Cell: Encodable {
    let network: BenchmarkNetwork
    let `case`: NetworkCase
    let batch: Int
    let samplesPerSecond: Double
    let operationsPerSample: Double
    let peers: [String: Double]

    /// Our rate over that of the fastest peer.
    var ratio: Double? { peers.values.max().map { samplesPerSecond / $0 } }

    /// The same without JAX's synchronous dispatch: over the fastest peer as it comes.
    var ratioToDefaults: Double? {
      peers.filter { $0.key != "jax-sync" }.values.max().map { samplesPerSecond / $0 }
    }
  }

  /// A network's training step at batch 256 on one thread and on two.
  struct Pair: Encodable {
    let network: BenchmarkNetwork
    let one: Double
    let two: Double
    let ratio: Double
  }

  let peers: [String]
  let remarks: [String]
  let peakOperationsPerSecond: Double
  var cells: [Cell] = []
  var threads: [Pair] = []

  init(peers: [String], remarks: [String], peakOperationsPerSecond: Double) {
    (self.peers, self.remarks) = (peers, remarks)
    self.peakOperationsPerSecond = peakOperationsPerSecond
  }

  /// What stands above the table.
  var heading: String {
    let peak = String(format: "%.1f", peakOperationsPerSecond / 1e9)
    let columns =
      left("network", 11) + left("case", 9) + right("batch", 5) + right("hoodwink", 12) + right("of peak", 9)
      + peers.map { right($0, 15) }.joined()
      + (peers.isEmpty ? "" : right("best peer ×", 13) + right("without sync ×", 16))
    return
      (remarks + ["matrix products of 512×512: \(peak) GFLOP/s", "examples a second, one thread", columns])
      .joined(separator: "\n")
  }

  /// A row of the table.
  func row(_ cell: Cell) -> String {
    let share = cell.samplesPerSecond * cell.operationsPerSample / peakOperationsPerSecond
    return left(cell.network.rawValue, 11) + left(cell.case.rawValue, 9) + right("\(cell.batch)", 5)
      + right(rate(cell.samplesPerSecond), 12) + right(String(format: "%.0f%%", 100 * share), 9)
      + peers.map { right(cell.peers[$0].map(rate) ?? "", 15) }.joined()
      + (cell.ratio.map { right(String(format: "%.2f", $0), 13) } ?? "")
      + (cell.ratioToDefaults.map { right(String(format: "%.2f", $0), 16) } ?? "")
  }

  /// A row below the table.
  func row(_ pair: Pair) -> String {
    "\(pair.network.rawValue) training 256: one thread \(rate(pair.one)), two \(rate(pair.two)), "
      + String(format: "ratio %.2f", pair.ratio)
  }

  private func rate(_ value: Double) -> String { String(Int(value.rounded())) }

  private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
