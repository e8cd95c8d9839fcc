/// A parameter of an attack that can be set by its name.
public struct AttackParameter<Recipe: AttackRecipe>: Sendable {
  /// The name in commands.
  public let name: String
  /// One line.
  public let summary: String
  /// What can be written.
  let expected: String
  /// The value as it is written.
  let text: @Sendable (Recipe) -> String
  /// Sets the value; false when the text is none.
  let set: @Sendable (inout Recipe, String) -> Bool

  /// A whole number.
  public static func whole(
    _ name: String, _ path: WritableKeyPath<Recipe, Int> & Sendable, in range: ClosedRange<Int>,
    _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary,
      expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      text: { "\($0[keyPath: path])" },
      set: { recipe, text in
        guard let value = Int(text), range.contains(value) else { return false }
        recipe[keyPath: path] = value
        return true
      })
  }

  /// A number.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Recipe, Float> & Sendable, in range: ClosedRange<Float>,
    _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary, expected: "a number from \(range.lowerBound) to \(range.upperBound)",
      text: { "\($0[keyPath: path])" },
      set: { recipe, text in
        guard let value = Float(text), range.contains(value) else { return false }
        recipe[keyPath: path] = value
        return true
      })
  }

  /// A size as epsilon is one, or nothing: what the attack makes of the others.
  public static func size(
    _ name: String, _ path: WritableKeyPath<Recipe, Epsilon?> & Sendable, _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary, expected: "a positive size such as 1/255 or 0.01",
      text: { $0[keyPath: path].map(\.description) ?? "" },
      set: { recipe, text in
        guard let value = Epsilon(text), value.value > 0 else { return false }
        recipe[keyPath: path] = value
        return true
      })
  }

  /// Yes or no.
  public static func flag(
    _ name: String, _ path: WritableKeyPath<Recipe, Bool> & Sendable, _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary, expected: "yes or no", text: { $0[keyPath: path] ? "yes" : "no" },
      set: { recipe, text in
        guard ["yes", "no"].contains(text) else { return false }
        recipe[keyPath: path] = text == "yes"
        return true
      })
  }

  /// One of several words.
  public static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Recipe, Value> & Sendable, _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary, expected: Value.allCases.map(\.rawValue).joined(separator: ", "),
      text: { $0[keyPath: path].rawValue },
      set: { recipe, text in
        guard let value = Value(rawValue: text) else { return false }
        recipe[keyPath: path] = value
        return true
      })
  }

  /// Text.
  public static func text(
    _ name: String, _ path: WritableKeyPath<Recipe, String> & Sendable, _ expected: String, _ summary: String
  ) -> AttackParameter {
    AttackParameter(
      name: name, summary: summary, expected: expected, text: { $0[keyPath: path] },
      set: { recipe, text in
        recipe[keyPath: path] = text
        return !text.isEmpty
      })
  }
}

extension AttackRecipe {
  /// Sets a parameter by its name.
  /// - Throws: ``AttackError`` when there is none of that name, or the text is no value of it.
  mutating func set(_ name: String, to text: String) throws(AttackError) {
    guard let parameter = Self.parameters.first(where: { $0.name == name }) else {
      throw .unknownParameter(name, of: Self.about.name, known: Self.parameters.map(\.name))
    }
    guard parameter.set(&self, text) else {
      throw AttackError("\(Self.about.name): \(name) is \(parameter.expected), not \"\(text)\"")
    }
  }

  /// What is set otherwise than usual, as it is written: `steps=20:restarts=5`.
  var settings: [String] {
    Self.parameters.compactMap { parameter in
      let text = parameter.text(self)
      return text == parameter.text(Self()) ? nil : "\(parameter.name)=\(text)"
    }
  }
}
