/// One setting of an agent under the name that options and recipes give it: how it gets from options into a configuration,
/// and how it is written.
struct Setting<Configuration> {
  /// The name, without dashes before it.
  let name: String
  /// Whether its option takes no value: `--double`, `--no-double`.
  let isFlag: Bool
  /// Whether the options say anything of it.
  let isGiven: (TrainingOptions) -> Bool
  /// Sets it in a configuration, where it is given.
  let apply: (TrainingOptions, inout Configuration) -> Void
  /// As a recipe says it; nil where there is nothing to say.
  let text: (Configuration) -> String?

  /// A setting that always has a value.
  init<Value>(
    _ name: String, _ option: KeyPath<TrainingOptions, Value?>, _ path: WritableKeyPath<Configuration, Value>
  ) {
    self.name = name
    isFlag = Value.self == Bool.self
    isGiven = { $0[keyPath: option] != nil }
    apply = { if let value = $0[keyPath: option] { $1[keyPath: path] = value } }
    text = { Self.written($0[keyPath: path]) }
  }

  /// A setting that can be left open.
  init<Value>(
    _ name: String, _ option: KeyPath<TrainingOptions, Value?>,
    optional path: WritableKeyPath<Configuration, Value?>
  ) {
    self.name = name
    isFlag = Value.self == Bool.self
    isGiven = { $0[keyPath: option] != nil }
    apply = { if let value = $0[keyPath: option] { $1[keyPath: path] = value } }
    text = { $0[keyPath: path].map { Self.written($0) } }
  }

  /// A value as its option reads it: words by their raw values, everything else by its description.
  private static func written(_ value: some Any) -> String {
    if let word = value as? any RawRepresentable, let text = word.rawValue as? String { return text }
    return "\(value)"
  }
}
