/// What a piece of work reaches and what the peers reach with the same, measured in turn: examples a second, medians over
/// rounds.
struct Rates {
  /// Ours.
  let own: Double
  /// Those of the peers that take part, by name.
  let peers: [String: Double]

  /// Measures.
  /// - Parameters:
  ///   - work: on one batch.
  ///   - name: what peers know it by.
  ///   - rounds: how often.
  ///   - seconds: of each turn.
  init(
    of work: () -> Void, named name: String, _ network: BenchmarkNetwork, batch: Int, rounds: Int,
    seconds: Double,
    beside peers: Peers?
  ) throws {
    var own: [Double] = []
    var others: [String: [Double]] = [:]
    for _ in 0..<rounds {
      own.append(Double(batch) * Stopwatch.callsPerSecond(seconds: seconds, work))
      guard let peers else { continue }
      for peer in peers.names {
        if let rate = try peers.samplesPerSecond(peer, name, network, batch: batch, seconds: seconds) {
          others[peer, default: []].append(rate)
        }
      }
    }
    self.own = Stopwatch.median(own)
    self.peers = others.mapValues(Stopwatch.median)
  }
}
