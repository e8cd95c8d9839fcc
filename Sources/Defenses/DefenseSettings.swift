import Attacks
import Networks

/// A defense as a person writes it: `sa-dqn:epsilon=8/255:weight=0.1`. Each defense takes what it knows; what is left is an
/// error.
struct DefenseSettings: Sendable {
  /// The defense's name.
  let name: String
  private var values: [(name: String, text: String)]

  init(_ text: Substring) throws(DefenseError) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false)
    name = String(words[0])
    values = []
    for word in words.dropFirst() {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw DefenseError("\"\(text)\": a parameter is written name=value, not \"\(word)\"")
      }
      guard !values.contains(where: { $0.name == sides[0] }) else {
        throw DefenseError("\"\(text)\": \(sides[0]) is said twice")
      }
      values.append((sides[0], sides[1]))
    }
  }

  /// Whether a parameter is there, not yet taken.
  func says(_ name: String) -> Bool { values.contains { $0.name == name } }

  /// Takes all that is left.
  mutating func takeRest() -> [(name: String, text: String)] {
    defer { values = [] }
    return values
  }

  /// Takes a value that a text describes.
  mutating func take<Value>(
    _ name: String, _ expected: String, _ read: (String) -> Value?
  ) throws(DefenseError) -> Value? {
    guard let index = values.firstIndex(where: { $0.name == name }) else { return nil }
    let text = values.remove(at: index).text
    guard let value = read(text) else {
      throw DefenseError("\(self.name): \(name) is \(expected), not \"\(text)\"")
    }
    return value
  }

  mutating func takeText(_ name: String) throws(DefenseError) -> String? {
    try take(name, "text") { $0 }
  }

  mutating func takeWhole(_ name: String, in range: ClosedRange<Int>) throws(DefenseError) -> Int? {
    try take(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func takeNumber(_ name: String, in range: ClosedRange<Float>) throws(DefenseError) -> Float? {
    try take(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
      Float(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func takeChoice<Value: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ type: Value.Type
  ) throws(DefenseError) -> Value? {
    try take(name, Value.allCases.map(\.rawValue).joined(separator: " or ")) { Value(rawValue: $0) }
  }

  /// Takes a schedule whose values stay in a range.
  mutating func takeSchedule(_ name: String, in range: ClosedRange<Float>) throws(DefenseError) -> Schedule? {
    try take(
      name, "a schedule such as 0.1 or 0..0.1@0.5, from \(range.lowerBound) to \(range.upperBound)"
    ) { text in
      guard let schedule = Schedule(text) else { return nil }
      return [0, 1].allSatisfy { range.contains(schedule.value(at: $0)) } ? schedule : nil
    }
  }

  /// Takes the size of perturbations, as a share of the observations' range.
  /// - Parameter common: the size that stands where none is said.
  /// - Throws: ``DefenseError`` also for 0, for more than the whole range, and where no size is said at all.
  mutating func takeSize(_ common: Epsilon?) throws(DefenseError) -> Epsilon {
    let own = try take("epsilon", "a size such as 8/255 or 0.03") { Epsilon($0) }
    guard let epsilon = own ?? common else {
      throw DefenseError("\(name) needs a size: --epsilon 8/255, or \(name):epsilon=8/255")
    }
    guard epsilon.value > 0, epsilon.value <= 1 else {
      throw DefenseError(
        "\(name): epsilon is above 0, where nothing would be hardened, and at most 1, the whole range, not \(epsilon)"
      )
    }
    return epsilon
  }

  /// Takes a schedule of something without which there is no defense.
  /// - Throws: ``DefenseError`` also for one that is 0 until the end.
  mutating func takeAmounts(_ name: String, in range: ClosedRange<Float>) throws(DefenseError) -> Schedule? {
    guard let schedule = try takeSchedule(name, in: range) else { return nil }
    guard [0, Float(1).nextDown].contains(where: { schedule.value(at: $0) > 0 }) else {
      throw DefenseError("\(self.name): \(name) is 0 over the whole run, so nothing would be hardened")
    }
    return schedule
  }

  /// - Throws: ``DefenseError`` that names a parameter that nobody took.
  func finish(known: [DefenseParameter]) throws(DefenseError) {
    guard let other = values.first else { return }
    throw DefenseError(
      "\(name) has no parameter \"\(other.name)\": it has \(known.map(\.name).joined(separator: ", "))")
  }
}
