import Environments
import Networks

/// What can be set of an attack or a defense by its name.
public struct Parameter<Subject>: Sendable {
  /// The name in commands.
  public let name: String
  /// One line.
  public let summary: String
  /// What can be written.
  let expected: String
  /// The value as it is written.
  package let text: @Sendable (Subject) -> String
  /// Sets the value; false when the text is none.
  let assign: @Sendable (inout Subject, String) -> Bool
  /// Whether the value plays a part, everything else being as it is.
  package private(set) var isWritten: @Sendable (Subject) -> Bool = { _ in true }

  /// - Parameters:
  ///   - expected: what can be written, in words.
  ///   - text: the value as it is written.
  ///   - assign: sets the value; false when the text is none.
  package init(
    _ name: String, _ summary: String, expected: String, text: @escaping @Sendable (Subject) -> String,
    assign: @escaping @Sendable (inout Subject, String) -> Bool
  ) {
    (self.name, self.summary, self.expected) = (name, summary, expected)
    (self.text, self.assign) = (text, assign)
  }

  /// The same, written only where it plays a part.
  package func written(where isWritten: @escaping @Sendable (Subject) -> Bool) -> Parameter {
    var parameter = self
    parameter.isWritten = isWritten
    return parameter
  }

  /// What people are told.
  /// - Parameter usual: the subject where nothing is set.
  package func about(_ usual: Subject) -> AboutParameter {
    AboutParameter(name: name, usual: text(usual), summary: summary)
  }

  /// Sets one of several.
  /// - Parameter owner: the name of what they are parameters of.
  /// - Throws: ``AttackError`` when there is none of that name, or the text is no value of it.
  package static func set(
    _ setting: ParameterSetting, among parameters: [Parameter], of subject: inout Subject, named owner: String
  ) throws(AttackError) {
    guard let parameter = parameters.first(where: { $0.name == setting.name }) else {
      let known = parameters.map(\.name)
      throw AttackError(
        known.isEmpty
          ? "\(owner) has no parameters, and so no \"\(setting.name)\""
          : "\(owner) has no parameter \"\(setting.name)\"\(NearestNames.hint(for: setting.name, among: known))"
      )
    }
    guard parameter.assign(&subject, setting.value) else {
      throw AttackError(parameter.refusal(of: setting.value, named: owner))
    }
  }

  /// What a text is refused with that is no value.
  func refusal(of text: String, named owner: String) -> String {
    "\(owner): \(name) is \(expected), not \"\(text)\""
  }

  /// A whole number.
  public static func whole(
    _ name: String, _ path: WritableKeyPath<Subject, Int> & Sendable, in range: ClosedRange<Int>,
    _ summary: String
  ) -> Parameter {
    value(name, path, in: range, summary, kind: "a whole number")
  }

  /// A number.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Subject, Float> & Sendable, in range: ClosedRange<Float>,
    _ summary: String
  ) -> Parameter {
    value(name, path, in: range, summary, kind: "a number")
  }

  private static func value<Value: LosslessStringConvertible & Comparable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Subject, Value> & Sendable, in range: ClosedRange<Value>,
    _ summary: String, kind: String
  ) -> Parameter {
    Parameter(
      name, summary, expected: "\(kind) from \(range.lowerBound) to \(range.upperBound)",
      text: { "\($0[keyPath: path])" },
      assign: { subject, text in
        guard let value = Value(text), range.contains(value) else { return false }
        subject[keyPath: path] = value
        return true
      })
  }

  /// A size as epsilon is one, or nothing: what the attack makes of the others.
  public static func size(
    _ name: String, _ path: WritableKeyPath<Subject, Epsilon?> & Sendable, _ summary: String
  ) -> Parameter {
    Parameter(
      name, summary, expected: "a positive size such as 1/255 or 0.01",
      text: { $0[keyPath: path].map(\.description) ?? "" },
      assign: { subject, text in
        guard let value = Epsilon(text), value.value > 0 else { return false }
        subject[keyPath: path] = value
        return true
      })
  }

  /// Yes or no.
  public static func flag(
    _ name: String, _ path: WritableKeyPath<Subject, Bool> & Sendable, _ summary: String
  ) -> Parameter {
    Parameter(
      name, summary, expected: "yes or no", text: { $0[keyPath: path] ? "yes" : "no" },
      assign: { subject, text in
        guard ["yes", "no"].contains(text) else { return false }
        subject[keyPath: path] = text == "yes"
        return true
      })
  }

  /// One of several words.
  public static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Subject, Value> & Sendable, _ summary: String
  ) -> Parameter {
    Parameter(
      name, summary, expected: Value.allCases.map(\.rawValue).joined(separator: ", "),
      text: { $0[keyPath: path].rawValue },
      assign: { subject, text in
        guard let value = Value(rawValue: text) else { return false }
        subject[keyPath: path] = value
        return true
      })
  }

  /// A value that changes over a run and stays in a range.
  package static func schedule(
    _ name: String, _ path: WritableKeyPath<Subject, Schedule> & Sendable, in range: ClosedRange<Float>,
    _ summary: String
  ) -> Parameter {
    Parameter(
      name, summary,
      expected: "a schedule such as 0.1 or 0..0.1@0.5, from \(range.lowerBound) to \(range.upperBound)",
      text: { "\($0[keyPath: path])" },
      assign: { subject, text in
        guard let schedule = Schedule(text), [0, 1].allSatisfy({ range.contains(schedule.value(at: $0)) })
        else { return false }
        subject[keyPath: path] = schedule
        return true
      })
  }

  /// Text.
  public static func text(
    _ name: String, _ path: WritableKeyPath<Subject, String> & Sendable, _ expected: String, _ summary: String
  ) -> Parameter {
    Parameter(
      name, summary, expected: expected, text: { $0[keyPath: path] },
      assign: { subject, text in
        subject[keyPath: path] = text
        return !text.isEmpty
      })
  }
}
