/// The names that somebody may have meant who wrote one that does not exist.
public struct NearestNames: Hashable, Sendable {
  /// At most three names, the nearest first; equally near ones in alphabetical order.
  public let names: [String]

  /// Finds the names that differ from the given one in a few letters, or that continue it.
  public init(to name: String, among candidates: some Sequence<String>) {
    let near = candidates.compactMap { candidate -> (distance: Int, name: String)? in
      // Who writes FGSM means fgsm.
      let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
      let tolerated = min(max(2, max(name.count, candidate.count) / 3), name.count - 1)
      let continues = !name.isEmpty && candidate.lowercased().hasPrefix(name.lowercased())
      return distance <= tolerated || continues ? (distance, candidate) : nil
    }
    names = near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// The end of an error message: `did you mean 'catch-v1' or 'catch-42-v1'?`; nil if no name is near.
  public var question: String? {
    guard let last = names.last else { return nil }
    let others = names.dropLast().map { "'\($0)'" }.joined(separator: ", ")
    return others.isEmpty ? "did you mean '\(last)'?" : "did you mean \(others) or '\(last)'?"
  }
}

extension NearestNames {
  /// What follows "no such name" in an error: the nearest names that exist, or all of them when none is near.
  public static func hint(for name: String, among candidates: [String]) -> String {
    if let question = NearestNames(to: name, among: candidates).question { return ": \(question)" }
    return candidates.isEmpty ? "" : ": there are \(candidates.joined(separator: ", "))"
  }
}

/// The least number of letters to insert, delete or replace (Levenshtein, 1966), in time of the product of both lengths.
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  // The distances of the prefix of `first` so far to every prefix of `second`.
  var distances = Array(0...second.count)
  for (row, letter) in first.enumerated() {
    var diagonal = distances[0]
    distances[0] = row + 1
    for (column, other) in second.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = distances[column + 1]
      distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
    }
  }
  return distances[second.count]
}
