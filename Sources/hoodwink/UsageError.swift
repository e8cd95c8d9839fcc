import ArgumentParser
import Environments
import Foundation

/// What is wrong with a command line, said so that it need not be looked up: ArgumentParser names a missing option before a mistyped
/// one, no verb that was meant, and of a value only that it is invalid.
struct UsageError {
  let arguments: [String]
  let verbs: [ParsableCommand.Type]

  /// One line, from ArgumentParser's message.
  func explanation(_ message: String) -> String {
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return message }
    guard let verb = verbs.first(where: { $0.configuration.commandName == first }) else {
      let known = verbs.compactMap { $0.configuration.commandName }
      return "no verb \"\(first)\"\(NearestNames.hint(for: first, among: known))"
    }
    // Wide enough that nothing is wrapped.
    let help = Hoodwink.helpMessage(for: verb, columns: 10_000)
    let known = help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) }
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let name = String(argument.prefix { $0 != "=" })
      if !known.contains(name) {
        let question = NearestNames(to: name, among: Set(known)).question.map { "; \($0)" } ?? ""
        return "unknown option '\(name)'\(question)"
      }
    }
    // Of a choice ArgumentParser lists the values; of anything else the option's own help says what it should be.
    if message.hasSuffix("'"), let start = message.range(of: "is invalid for '") {
      let label = message[start.upperBound...].dropLast()
      if let text = Self.text(of: String(label), in: help) { return "\(message). \(text)" }
    }
    return message
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
