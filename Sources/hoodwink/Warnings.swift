/// Warnings of an attacker for people, once each.
func warn(_ warnings: [String]) {
  var seen: Set<String> = []
  for warning in warnings where seen.insert(warning).inserted {
    StandardError.say("hoodwink: warning: \(warning)")
  }
}

/// What is made of names, and a warning for each of which nothing can be: what cannot be read hides nothing else.
func readable<Value>(_ names: [String], _ make: (String) throws -> Value) -> [Value] {
  names.compactMap { name in
    do { return try make(name) } catch {
      warn(["\(error)"])
      return nil
    }
  }
}
