import ArgumentParser
import Environments
import Foundation
import Yams

/// What a person wrote down of a training run: a YAML file with options of `train` under their names, and where each stands.
struct Recipe {
  /// The path of the file, as it was named.
  let path: String
  /// The environment's id; nil where the command line is to name it.
  let environment: String?
  /// The content hash of the environment's definition, which a run writes down.
  let environmentHash: String?
  /// The version of the program that wrote it, where one did.
  let version: String?
  /// The hash of the policy to start from, which a run writes down.
  let startHash: String?
  /// The options.
  let options: TrainingOptions
  /// The line of each key.
  private let lines: [String: Int]

  /// Keys that are no options.
  private static let ownKeys = ["hoodwink", "environment", "environment-hash", "start-from-hash"]

  /// Reads a file strictly: every key is known, and every value is one that its option takes.
  /// - Throws: `Failure` with file and line.
  init(contentsOf url: URL, named path: String) throws {
    func failure(_ message: String, _ line: Int?) -> Failure {
      Failure("\(path):\(line.map { "\($0):" } ?? "") \(message)", status: EX_DATAERR)
    }
    guard let data = try? Data(contentsOf: url) else {
      throw Failure("\(path): cannot be read", status: EX_NOINPUT)
    }
    let node: Node?
    do { node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
      switch error as? YamlError {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw failure("not YAML: \(problem)", mark.line)
      case .duplicatedKeysInMapping(let keys, let context):
        throw failure("'\(keys.first.map { "\($0)" } ?? "?")' is there twice", context.mark.line)
      default: throw failure("not YAML", nil)
      }
    }
    guard case .mapping(let mapping)? = node else {
      throw failure("a recipe must be lines of 'option: value'", node?.mark?.line)
    }
    self.path = path
    var lines: [String: Int] = [:]
    var arguments: [String] = []
    var own: [String: String] = [:]
    let help = UsageError.help(of: TrainCommand.self)
    for (key, value) in mapping {
      let (name, line) = (key.scalar?.string ?? "?", key.mark?.line)
      let known = Self.ownKeys + TrainingOptions.names
      guard known.contains(name) else {
        let hint =
          help.contains("--\(name) ")
          ? "a recipe says what is trained: give --\(name) to hoodwink train"
          : NearestNames(to: name, among: known).question
            ?? "the keys are the options of hoodwink train that say what is trained"
        throw failure("unknown key '\(name)'; \(hint)", line)
      }
      lines[name] = line
      // A list is written as options write it.
      let elements = value.sequence.map { $0.map { $0.scalar?.string ?? "?" }.joined(separator: ",") }
      guard let text = elements ?? value.scalar?.string, !text.isEmpty else {
        throw failure("'\(name)' needs a value", line)
      }
      if Self.ownKeys.contains(name) {
        own[name] = text
        continue
      }
      let argument: String
      if TrainingOptions.flags.contains(name) {
        guard let isOn = ["true": true, "false": false][text] else {
          throw failure("'\(name)' must be true or false, not '\(text)'", line)
        }
        argument = isOn ? "--\(name)" : "--no-\(name)"
      } else {
        argument = "--\(name)=\(text)"
      }
      do { _ = try TrainingOptions.parse([argument]) } catch {
        let first = TrainingOptions.message(for: error).split(separator: "\n").first ?? ""
        let message = UsageError.detailed(String(first), by: help)
        // As a person who reads the recipe would say it.
        let plain = message.replacing(#/--([a-z-]+)( <[^>]*>)?/#) { $0.output.1 }
        throw failure(plain, line)
      }
      arguments.append(argument)
    }
    environment = own["environment"]
    environmentHash = own["environment-hash"]
    startHash = own["start-from-hash"]
    version = own["hoodwink"]
    options = try TrainingOptions.parse(arguments)
    self.lines = lines
  }

  /// A text as a YAML string, whatever is in it.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

  /// What is wrong with an option of the recipe, with its line; nil for one that is not there.
  func failure(_ message: String, at name: String) -> Failure? {
    lines[name].map { Failure("\(path):\($0): \(message)", status: EX_DATAERR) }
  }
}
