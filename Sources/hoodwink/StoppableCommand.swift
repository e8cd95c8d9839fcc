import ArgumentParser
import Dispatch

/// A command whose long work asks an ``Interruption``, and ends with `CancellationError` when it was asked to stop.
protocol StoppableCommand: ParsableCommand {
  func run(until interruption: Interruption) throws
}

extension StoppableCommand {
  func run() throws {
    let interruption = Interruption()
    do { try run(until: interruption) } catch is CancellationError { throw interruption.failure }
  }
}
