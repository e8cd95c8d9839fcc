import ArgumentParser
import Foundation
import Networks
import Tensors

/// Forward, attack and training steps of three networks.
struct Networks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forward, attack and training steps of three networks, in examples a second.",
    discussion: """
      Each cell is measured in several rounds, and each round measures us and the peers in turn, so that \
      a machine that slows down slows all of them. The median over rounds is reported.
      """)

  @Option(help: "Only this network.") var network: BenchmarkNetwork?
  @Option(name: .customLong("case"), help: "Only this work.") var work: NetworkCase?
  @Option(help: "Only this batch.") var batch: Int?
  @Option(help: "Rounds of windows a cell.") var rounds = 3
  @Option(help: "Seconds a window.") var seconds = 0.3
  @Option(parsing: .upToNextOption, help: "The command that starts the peers' process.")
  var peers: [String] = []
  @Flag(help: "Write JSON instead of a table.") var json = false

  func validate() throws {
    guard rounds > 0, seconds > 0, batch ?? 1 > 0 else {
      throw ValidationError("rounds, seconds and the batch must be positive")
    }
  }

  func run() throws {
    let others = try peers.isEmpty ? nil : Peers(command: peers)
    defer { others?.stop() }
    var report = NetworkReport(
      peers: others?.names ?? [], remarks: others?.remarks ?? [],
      peakOperationsPerSecond: Stopwatch.peak(seconds: 3 * seconds))
    if !json { print(report.heading) }
    for network in BenchmarkNetwork.allCases where self.network ?? network == network {
      for work in NetworkCase.allCases where self.work ?? work == work {
        for batch in [1, 32, 256] where self.batch ?? batch == batch {
          let cell = try measure(work, network, batch, peers: others)
          report.cells.append(cell)
          if !json { print(report.row(cell)) }
        }
      }
    }
    for network in BenchmarkNetwork.allCases
    where self.network ?? network == network && work ?? .training == .training && batch ?? 256 == 256 {
      let pair = try measureThreads(network)
      report.threads.append(pair)
      if !json { print(report.row(pair)) }
    }
    if json { print(try report.json()) }
  }

  private func measure(
    _ work: NetworkCase, _ network: BenchmarkNetwork, _ batch: Int, peers: Peers?
  ) throws -> NetworkReport.Cell {
    let architecture = try network.architecture()
    let step = try work.work(architecture, batch: batch, workers: .one)
    let rates = try Rates(
      of: step, named: work.rawValue, network, batch: batch, rounds: rounds, seconds: seconds, beside: peers)
    return NetworkReport.Cell(
      network: network, case: work, batch: batch, samplesPerSecond: rates.own,
      operationsPerSample: work.operations(of: architecture), peers: rates.peers)
  }

  /// The training step at batch 256 on one thread and on two, in turn.
  private func measureThreads(_ network: BenchmarkNetwork) throws -> NetworkReport.Pair {
    let architecture = try network.architecture()
    let steps = try [1, 2].map {
      try NetworkCase.training.work(architecture, batch: 256, workers: Workers(threads: $0))
    }
    let rates = Stopwatch.callsPerSecond(of: steps, rounds: rounds, seconds: seconds)
    return NetworkReport.Pair(
      network: network, one: 256 * Stopwatch.median(rates[0]), two: 256 * Stopwatch.median(rates[1]),
      ratio: Stopwatch.median(zip(rates[1], rates[0]).map(/)))
  }
}
