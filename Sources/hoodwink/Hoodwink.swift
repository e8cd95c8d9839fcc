import Agents
import ArgumentParser
import Attacks
import Defenses
import Display
import Environments
import Evaluation
import Foundation
import Networks
import Policies

/// The command-line tool. Results go to standard output, all else to standard error.
@main
struct Hoodwink: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hoodwink",
    abstract: "Train deep-RL policies, attack what they see, and measure whether a defense holds.",
    discussion: """
      Examples:
        hoodwink list environments
        hoodwink train catch-v1 --agent dqn --steps 60000 --output runs/plain
        hoodwink train catch-v1 --agent dqn --defense adversarial --epsilon 32/255 --output runs/hardened
        hoodwink train --resume runs/plain
        hoodwink evaluate runs/plain runs/hardened --attacks noise,fgsm --epsilons 8/255,32/255
        hoodwink watch runs/plain --attack fgsm --epsilon 32/255 --record frames
      """,
    version: TrainingPlan.version,
    subcommands: [
      ListCommand.self, TrainCommand.self, AttackCommand.self, CraftCommand.self, EvaluateCommand.self,
      CertifyCommand.self, SelftestCommand.self, WatchCommand.self, PlayCommand.self, BaselineCommand.self,
      TraceCommand.self,
    ])

  static func main() {
    StandardError.openMissingStreams()
    // A limit on the size of files is an error to be told, not a signal to die of.
    signal(SIGXFSZ, SIG_IGN)
    let outcome = Result {
      try usage.checkVerb()
      try usage.checkRepetitions()
      var command = try parseAsRoot()
      try command.run()
    }
    // What was printed may still wait to be written. A verdict of which a part is lost is none.
    let isWritten = fflush(nil) == 0
    switch outcome {
    case .success where isWritten: break
    case .failure(let error) where isWritten || !(error is ExitCode): end(with: error)
    default: end(with: Failure("standard output cannot be written", status: EX_IOERR))
    }
  }

  private static func end(with error: any Error) -> Never {
    let (message, status) = explain(error)
    guard let message else { exit(withError: error) }
    StandardError.say("hoodwink: \(message)")
    Foundation.exit(status)
  }

  private static var usage: UsageError {
    UsageError(arguments: Array(CommandLine.arguments.dropFirst()), verbs: configuration.subcommands)
  }

  /// One line for an error and the status of sysexits.h; no line for what ArgumentParser prints itself (help, version).
  private static func explain(_ error: any Error) -> (message: String?, status: Int32) {
    switch error {
    case let failure as Failure: (failure.description, failure.status)
    case let error as EnvironmentError: (error.description, EX_DATAERR)
    case let error as PolicyError: (error.description, error.isMissing ? EX_NOINPUT : EX_DATAERR)
    case let error as SafetensorsError: (error.description, error.isUnreadable ? EX_NOINPUT : EX_DATAERR)
    case let error as NetworkError: (error.description, EX_DATAERR)
    case let error as AttackError: (error.description, error.isViolation ? EX_SOFTWARE : EX_USAGE)
    case let error as DefenseError: (error.description, EX_USAGE)
    case let error as ConfigurationError: (error.description, EX_DATAERR)
    case let error as CertificationError:
      (error.description, error.kind == .broken ? EX_SOFTWARE : EX_DATAERR)
    case let error as TrainingError: (error.description, EX_SOFTWARE)
    case let error as RunError: (error.description, status(of: error.kind))
    case let error as DisplayError: (error.description, EX_CANTCREAT)
    case let error as AtomicFile.Failure: (error.description, EX_CANTCREAT)
    case let code as ExitCode: (nil, code.rawValue)
    case _ where exitCode(for: error) == .success: (nil, 0)
    default:
      explainOther(error)
    }
  }

  private static func status(of kind: RunError.Kind) -> Int32 {
    switch kind {
    case .exists: EX_CANTCREAT
    case .isInUse: EX_TEMPFAIL
    case .isMissing: EX_NOINPUT
    case .isDamaged: EX_DATAERR
    }
  }

  private static func explainOther(_ error: any Error) -> (message: String?, status: Int32) {
    // The first paragraph says what is wrong; usage is one --help away.
    let text = message(for: error).split(separator: "\n").first.map(String.init) ?? "\(error)"
    let code = exitCode(for: error)
    if code == .validationFailure {
      return (usage.explanation(text), code.rawValue)
    }
    // A status of 1 is a verdict, never an error.
    return (text, code == .failure ? EX_SOFTWARE : code.rawValue)
  }
}
