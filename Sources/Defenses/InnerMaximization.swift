/// How a defense in the loss finds the worst that a perturbation could do.
public enum InnerMaximization: String, Hashable, Sendable, CaseIterable {
  /// By interval bounds: nothing in the box is worse, and the true worst may be far from it.
  case interval
  /// By projected gradient ascent: it is there, and something worse may be there as well.
  case pgd
}

extension DefenseSettings {
  /// Takes how the worst is found, and how many steps of ascent look for it.
  mutating func takeMethod() throws(DefenseError) -> (method: InnerMaximization, steps: Int) {
    let method = try takeChoice("method", InnerMaximization.self) ?? .interval
    guard method == .pgd || !says("steps") else {
      throw DefenseError("\(name): steps are those of method=pgd; interval bounds take none")
    }
    return (method, try takeWhole("steps", in: 1...1000) ?? 10)
  }
}
