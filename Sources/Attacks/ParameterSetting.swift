/// A parameter and its value as a person writes them.
package struct ParameterSetting: Hashable, Sendable {
  package let name: String
  package let value: String

  package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }

  /// Reads a name with what is set: `pgd:steps=20:restarts=5`.
  /// - Throws: ``AttackError`` for what is no setting.
  package static func read(
    _ text: Substring
  ) throws(AttackError) -> (name: String, settings: [ParameterSetting]) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var settings: [ParameterSetting] = []
    for word in words.dropFirst() {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2 else {
        throw AttackError("\"\(text)\": a parameter is written name=value, not \"\(word)\"")
      }
      settings.append(ParameterSetting(sides[0], sides[1]))
    }
    return (words[0], settings)
  }

  /// - Parameter owner: the name of what is set.
  /// - Throws: ``AttackError`` for what is set twice.
  package static func checkEachIsSetOnce(
    _ settings: [ParameterSetting], of owner: String
  ) throws(AttackError) {
    for (index, setting) in settings.enumerated() {
      guard let earlier = settings[..<index].first(where: { $0.name == setting.name }) else { continue }
      throw AttackError(
        "\(owner): \(setting.name) is set twice, to \(earlier.value) and to \(setting.value)")
    }
  }
}
