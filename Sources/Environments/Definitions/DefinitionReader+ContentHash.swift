import Foundation
import Yams

extension DefinitionReader {
  /// The hash of all values but those of some keys, over the canonical form in UTF-8.
  func contentHash(without ignored: Set<String>) -> String {
    ContentHash(of: canonicalForm(without: ignored).utf8).description
  }

  /// One line a value, `path=value`, sorted by the paths. Numbers are written as `Double`, texts without the white
  /// space around them and with their line breaks escaped: layout makes no difference, content does.
  func canonicalForm(without ignored: Set<String>) -> String {
    lines(of: .mapping(mapping), path: "", without: ignored).sorted().joined(separator: "\n")
  }

  private func lines(of node: Node, path: String, without ignored: Set<String>) -> [String] {
    if case .mapping(let mapping) = node {
      return mapping.flatMap { key, value -> [String] in
        let key = key.scalar?.string ?? ""
        return ignored.contains(key) ? [] : lines(of: value, path: "\(path)/\(key)", without: [])
      }
    }
    if case .sequence(let sequence) = node {
      return sequence.enumerated().flatMap { lines(of: $1, path: "\(path)/\($0)", without: []) }
    }
    let isNumber = node.tag == Tag(.int) || node.tag == Tag(.float)
    if isNumber, let number = node.float { return ["\(path)=\(number)"] }
    let text = (node.scalar?.string ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\n", with: "\\n")
    return ["\(path)=\(escaped)"]
  }
}
