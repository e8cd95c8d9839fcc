/// How a defense in the loss finds the worst that a perturbation could do.
public enum Method: String, Hashable, Sendable, CaseIterable {
  /// By interval bounds: nothing in the box is worse, and the true worst may be far from it.
  case interval
  /// By projected gradient ascent: it is there, and something worse may be there as well.
  case pgd
}
