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
    var lines: [String: Int] = [:]
    var arguments: [String] = []
    var own: [String: String] = [:]
    for (key, value) in try Self.mapping(in: url, named: path) {
      let (name, line) = (key.scalar?.string ?? "?", key.mark?.line)
      func failure(_ message: String) -> Failure { Self.failure(message, in: path, at: line) }
      guard (Self.ownKeys + TrainingOptions.names).contains(name) else {
        throw failure("unknown key '\(name)'; \(Self.hint(forUnknown: name))")
      }
      lines[name] = line
      // A list is written as options write it.
      let elements = value.sequence.map { $0.map { $0.scalar?.string ?? "?" }.joined(separator: ",") }
      guard let text = elements ?? value.scalar?.string, !text.isEmpty else {
        throw failure("'\(name)' needs a value")
      }
      if Self.ownKeys.contains(name) {
        own[name] = text
      } else if TrainingOptions.flags.contains(name), !["true", "false"].contains(text) {
        throw failure("'\(name)' must be true or false, not '\(text)'")
      } else {
        let argument = Self.argument(name, text)
        do { _ = try TrainingOptions.parse([argument]) } catch { throw failure(Self.message(for: error)) }
        arguments.append(argument)
      }
    }
    self.path = path
    self.lines = lines
    environment = own["environment"]
    environmentHash = own["environment-hash"]
    startHash = own["start-from-hash"]
    version = own["hoodwink"]
    options = try TrainingOptions.parse(arguments)
  }

  /// The keys of a file and their values.
  private static func mapping(in url: URL, named path: String) throws(Failure) -> Node.Mapping {
    guard let data = try? Data(contentsOf: url) else {
      throw Failure("\(path): cannot be read", status: EX_NOINPUT)
    }
    let node: Node?
    do { node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
      switch error as? YamlError {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw failure("not YAML: \(problem)", in: path, at: mark.line)
      case .duplicatedKeysInMapping(let keys, let context):
        throw failure(
          "'\(keys.first.map { "\($0)" } ?? "?")' is there twice", in: path, at: context.mark.line)
      default: throw failure("not YAML", in: path, at: nil)
      }
    }
    guard case .mapping(let mapping)? = node else {
      throw failure("a recipe must be lines of 'option: value'", in: path, at: node?.mark?.line)
    }
    return mapping
  }

  private static func failure(_ message: String, in path: String, at line: Int?) -> Failure {
    Failure("\(path):\(line.map { "\($0):" } ?? "") \(message)", status: EX_DATAERR)
  }

  private static func hint(forUnknown name: String) -> String {
    UsageError.help(of: TrainCommand.self).contains("--\(name) ")
      ? "a recipe says what is trained: give --\(name) to hoodwink train"
      : NearestNames(to: name, among: ownKeys + TrainingOptions.names).question
        ?? "the keys are the options of hoodwink train that say what is trained"
  }

  /// An option as the command line takes it.
  private static func argument(_ name: String, _ text: String) -> String {
    guard TrainingOptions.flags.contains(name) else { return "--\(name)=\(text)" }
    return text == "true" ? "--\(name)" : "--no-\(name)"
  }

  /// What the command line says of an option, as a person who reads the recipe would say it.
  private static func message(for error: any Error) -> String {
    let first = TrainingOptions.message(for: error).split(separator: "\n").first ?? ""
    return UsageError.detailed(String(first), by: UsageError.help(of: TrainCommand.self))
      .replacing(#/--([a-z-]+)( <[^>]*>)?/#) { $0.output.1 }
  }

  /// A text as a YAML string, whatever is in it.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

  /// What is wrong with an option of the recipe, with its line; nil for one that is not there.
  func failure(_ message: String, at name: String) -> Failure? {
    lines[name].map { Failure("\(path):\($0): \(message)", status: EX_DATAERR) }
  }
}
