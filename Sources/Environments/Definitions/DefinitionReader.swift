import Foundation
import Yams

/// A mapping of a definition in YAML, read strictly: every key is needed or known to be optional, and none is ignored.
struct DefinitionReader {
  private let path: String
  private let line: Int
  let mapping: Node.Mapping

  /// Reads the keys of a file's text.
  init(yaml: String, path: String, keys: [String], optional: [String] = []) throws(EnvironmentError) {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch {
      throw EnvironmentError(yamlError: error, path: path)
    }
    guard let node else { throw EnvironmentError("the file is empty", path: path) }
    try self.init(node, name: "a definition", path: path, line: 1, keys: keys, optional: optional)
  }

  private init(
    _ node: Node, name: String, path: String, line: Int, keys: [String], optional: [String]
  ) throws(EnvironmentError) {
    self.path = path
    self.line = line
    guard case .mapping(let mapping) = node else {
      throw EnvironmentError("\(name) must be a mapping with keys", path: path, line: node.mark?.line)
    }
    self.mapping = mapping
    for (key, _) in mapping {
      let name = key.scalar?.string ?? "?"
      let known = keys + optional
      if known.contains(name) { continue }
      let hint =
        NearestNames(to: name, among: known).question ?? "the keys are " + known.joined(separator: ", ")
      throw EnvironmentError("unknown key '\(name)'; \(hint)", path: path, line: key.mark?.line)
    }
    for key in keys where mapping[key] == nil {
      throw EnvironmentError("missing key '\(key)'", path: path, line: line)
    }
  }

  /// An error at the value of a key.
  func error(_ message: String, at key: String) -> EnvironmentError {
    EnvironmentError(message, path: path, line: mapping[key]?.mark?.line)
  }

  /// An error of the mapping as a whole.
  func error(_ message: String) -> EnvironmentError {
    EnvironmentError(message, path: path, line: line)
  }

  /// Checks the keys that depend on another key's value: those required must be there, and none but those allowed.
  func require(_ required: [String], or allowed: [String], of owner: String) throws(EnvironmentError) {
    for key in required where mapping[key] == nil { throw error("missing key '\(key)' of \(owner)") }
    for (key, _) in mapping {
      let name = key.scalar?.string ?? "?"
      if (required + allowed).contains(name) { continue }
      throw EnvironmentError("\(owner) has no '\(name)'", path: path, line: key.mark?.line)
    }
  }

  /// A mapping below a key.
  func mapping(
    _ key: String, keys: [String], optional: [String] = []
  ) throws(EnvironmentError) -> DefinitionReader {
    let value = try node(key)
    // A mapping's own mark is that of its first key.
    let line = mapping.first { $0.key.scalar?.string == key }?.key.mark?.line ?? self.line
    return try DefinitionReader(
      value, name: "'\(key)'", path: path, line: line, keys: keys, optional: optional)
  }

  /// Whether an optional key is there.
  func has(_ key: String) -> Bool { mapping[key] != nil }

  /// A text, which is not empty.
  func string(_ key: String) throws(EnvironmentError) -> String {
    let node = try node(key)
    guard node.tag == Tag(.str), let text = node.scalar?.string, !text.isEmpty else {
      throw error("'\(key)' must be a text", at: key)
    }
    return text
  }

  /// A whole number in a range.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(EnvironmentError) -> Int {
    let node = try node(key)
    guard node.tag == Tag(.int), let value = node.int else {
      throw error("'\(key)' must be a whole number", at: key)
    }
    guard range.contains(value) else {
      throw error("'\(key)' is \(value); \(range.spelled) is possible", at: key)
    }
    return value
  }

  /// A number in a range.
  func number(_ key: String, in range: ClosedRange<Double>) throws(EnvironmentError) -> Double {
    let node = try node(key)
    guard node.tag == Tag(.int) || node.tag == Tag(.float), let value = node.float else {
      throw error("'\(key)' must be a number", at: key)
    }
    guard range.contains(value) else {
      throw error("'\(key)' is \(value); \(range.lowerBound) to \(range.upperBound) is possible", at: key)
    }
    return value
  }

  /// Yes or no, spelled `true` or `false`.
  func boolean(_ key: String) throws(EnvironmentError) -> Bool {
    let node = try node(key)
    guard node.tag == Tag(.bool), let value = node.bool else {
      throw error("'\(key)' must be true or false", at: key)
    }
    return value
  }

  /// One of a few words.
  func choice<Choice>(
    _ key: String, of type: Choice.Type = Choice.self
  ) throws(EnvironmentError) -> Choice where Choice: RawRepresentable<String> & CaseIterable {
    let word = try string(key)
    guard let choice = Choice(rawValue: word) else {
      let words = Choice.allCases.map(\.rawValue)
      let hint = NearestNames(to: word, among: words).question ?? "there are \(words.joined(separator: ", "))"
      throw error("'\(key)' cannot be '\(word)'; \(hint)", at: key)
    }
    return choice
  }

  /// Two numbers in ascending order: `[-1, 1]`.
  func interval(_ key: String, in range: ClosedRange<Float>) throws(EnvironmentError) -> ClosedRange<Float> {
    let nodes = try node(key).sequence.map(Array.init) ?? []
    let numbers = nodes.compactMap { $0.float.map { Float($0) } }
    guard nodes.count == 2, numbers.count == 2, numbers.allSatisfy(range.contains), numbers[0] < numbers[1]
    else {
      throw error("'\(key)' must be two numbers in ascending order, as in [-1, 1]", at: key)
    }
    return numbers[0]...numbers[1]
  }

  /// A map of a grid world: a literal block, so that a row of the map is a line of the file.
  func map(_ key: String, moves: GridMap.Moves) throws(EnvironmentError) -> GridMap {
    let node = try node(key)
    guard let block = node.scalar, block.style == .literal, let mark = block.mark else {
      throw error("'\(key)' must be a block that starts with '\(key): |', one line a row", at: key)
    }
    var rows = block.string.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if rows.last == "" { rows.removeLast() }
    do {
      return try GridMap(rows: rows, moves: moves)
    } catch {
      throw EnvironmentError(error.message, path: path, line: mark.line + (error.row.map { $0 + 1 } ?? 0))
    }
  }

  private func node(_ key: String) throws(EnvironmentError) -> Node {
    guard let node = mapping[key] else { throw error("missing key '\(key)'", at: key) }
    return node
  }
}

extension EnvironmentError {
  /// The parser's error in one line.
  fileprivate init(yamlError: any Error, path: String) {
    switch yamlError as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init("not YAML: \(problem)", path: path, line: mark.line)
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.map { "'\($0)'" }.joined(separator: ", ")
      self.init("the mapping has \(names) twice", path: path, line: context.mark.line)
    default:
      let text = String(describing: yamlError)
      self.init("not YAML: " + text.replacingOccurrences(of: "\n", with: " "), path: path)
    }
  }
}
