import ArgumentParser

/// Measures how fast Hoodwink is on this machine.
@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measures how fast Hoodwink is on this machine.",
    subcommands: [
      Networks.self, AttackSpeed.self, EnvironmentSteps.self, Training.self, Learning.self, Hardening.self,
    ],
    defaultSubcommand: Networks.self)
}
