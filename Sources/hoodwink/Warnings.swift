/// Warnings for people, once each.
func warn(_ warnings: [String]) {
  var seen: Set<String> = []
  for warning in warnings where seen.insert(warning).inserted {
    StandardError.say("hoodwink: warning: \(warning)")
  }
}
