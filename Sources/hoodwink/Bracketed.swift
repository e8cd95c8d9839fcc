import Foundation

/// An interval for people: `[0.25, 0.5]`, and `–` for none.
func bracketed(_ low: Double?, _ high: Double?) -> String {
  guard let low, let high else { return "–" }
  return String(format: "[%.3f, %.3f]", low, high)
}
