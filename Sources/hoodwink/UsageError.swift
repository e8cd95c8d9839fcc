import ArgumentParser
import Environments
import Foundation

/// What is wrong with a command line, said so that it need not be looked up: ArgumentParser names a missing option before a mistyped
/// one, no verb that was meant, and of a value only that it is invalid.
struct UsageError {
  let arguments: [String]
  let verbs: [ParsableCommand.Type]

  /// - Throws: `Failure` when the verb that is named, or whose help is asked for, does not exist.
  func checkVerb() throws {
    let isHelp = arguments.first == "help"
    guard let name = arguments.dropFirst(isHelp ? 1 : 0).first, !name.hasPrefix("-") else { return }
    let known = verbs.compactMap { $0.configuration.commandName } + ["help"]
    guard !known.contains(name) else { return }
    throw Failure("no verb \"\(name)\"\(NearestNames.hint(for: name, among: known))")
  }

  /// What may be said more than once.
  private static let repeatable = ["--set"]

  /// Of an option that is given twice, or that is turned on and off, ArgumentParser takes the last and says nothing.
  /// - Throws: `Failure` that names the option.
  func checkRepetitions() throws {
    let names = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { String($0.prefix { $0 != "=" }) }
    for (index, name) in names.enumerated() where !Self.repeatable.contains(name) {
      if names[..<index].contains(name) { throw Failure("\(name): given twice; say it once") }
      let opposite = name.hasPrefix("--no-") ? "--" + name.dropFirst(5) : "--no-" + name.dropFirst(2)
      if names[..<index].contains(opposite) {
        throw Failure("\(opposite) and \(name) contradict one another")
      }
    }
  }

  /// One line, from ArgumentParser's message.
  func explanation(_ message: String) -> String {
    guard let verb = verbs.first(where: { $0.configuration.commandName == arguments.first }) else {
      return message
    }
    let help = Self.help(of: verb)
    let known = help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) }
    let own = arguments.prefix { $0 != "--" }
    for argument in own where argument.hasPrefix("--") || argument.wholeMatch(of: /-[a-gi-z]/) != nil {
      let name = String(argument.prefix { $0 != "=" })
      if !known.contains(name) {
        let question = NearestNames(to: name, among: Set(known)).question.map { "; \($0)" } ?? ""
        return "unknown option '\(name)'\(question)"
      }
    }
    // A negative number was taken for an option.
    if let missing = message.wholeMatch(of: /Missing value for '((--[a-z-]+).*)'/),
      let (_, value) = zip(own, own.dropFirst()).first(where: { option, value in
        option == missing.output.2 && value.hasPrefix("-") && Double(value) != nil
      })
    {
      return Self.detailed("The value '\(value)' is invalid for '\(missing.output.1)'", by: help)
    }
    return Self.detailed(message, by: help)
  }

  /// The help of a verb, so wide that nothing is wrapped.
  static func help(of verb: ParsableCommand.Type) -> String {
    Hoodwink.helpMessage(for: verb, columns: 10_000)
  }

  /// A message on a value that is invalid with what the option's own help says it should be. Of a choice ArgumentParser lists the
  /// values itself.
  static func detailed(_ message: String, by help: String) -> String {
    guard message.hasSuffix("'"), let start = message.range(of: "is invalid for '"),
      let text = text(of: String(message[start.upperBound...].dropLast()), in: help)
    else { return message }
    return "\(message). \(text)"
  }

  /// What the help says of an option, on the line of its label or on the next.
  private static func text(of label: String, in help: String) -> String? {
    let lines = help.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    guard let index = lines.firstIndex(where: { $0 == label || $0.hasPrefix(label + "  ") }) else {
      return nil
    }
    if lines[index] != label {
      return lines[index].dropFirst(label.count).trimmingCharacters(in: .whitespaces)
    }
    return index + 1 < lines.count ? lines[index + 1] : nil
  }
}
