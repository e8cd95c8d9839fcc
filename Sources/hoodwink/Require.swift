import ArgumentParser
import Networks

/// - Throws: `ValidationError` that names the option when a value was given that lies outside.
func require<Value>(_ name: String, _ value: Value?, in range: ClosedRange<Value>) throws {
  guard let value, !range.contains(value) else { return }
  let isPositive = range.lowerBound as? Float == .leastNonzeroMagnitude
  let bounds =
    switch range.upperBound as? Float {
    case .some(.greatestFiniteMagnitude):
      isPositive ? "a positive number" : "at least \(range.lowerBound) and finite"
    default:
      isPositive
        ? "above 0 and at most \(range.upperBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }
  throw ValidationError("--\(name) must be \(bounds), not \(value)")
}

/// All schedules run straight from one end to the other: what the ends keep, all between them keep.
func require(_ name: String, _ schedule: Schedule?, in range: ClosedRange<Float>) throws {
  for progress: Float in [0, 1] { try require(name, schedule?.value(at: progress), in: range) }
}
